/// The commands of a load, in an order that repeats: each as often as its weight says, spread
/// evenly. The n-th request of a connection is known from n alone, so that nothing has to be
/// remembered about requests whose replies are still to come.
public struct Mix {
  public struct Entry {
    public let template: RequestTemplate
    public let expectation: Expectation
    public let weight: Int

    public init(template: RequestTemplate, expectation: Expectation, weight: Int = 1) {
      self.template = template
      self.expectation = expectation
      self.weight = weight
    }
  }

  public let entries: [Entry]
  let order: UnsafePointer<Entry>
  let orderCount: Int
  let requestByteCountMax: Int
  private let connectionStep: Int

  public static let weightTotalMax = 10_000

  /// Connections begin at different places, so that not all send the rare command at once, or, for
  /// commands that belong together such as a transaction's, all at the first.
  public init(_ entries: [Entry], startsAtFirst: Bool = false) throws {
    let total = entries.reduce(0) { $0 + min(max($1.weight, 0), Self.weightTotalMax + 1) }
    guard !entries.isEmpty, entries.allSatisfy({ $0.weight >= 1 }) else {
      throw LoadError("every command of a mix needs a weight of at least 1")
    }
    guard total <= Self.weightTotalMax else {
      throw LoadError("the weights of a mix must add up to at most \(Self.weightTotalMax)")
    }
    self.entries = entries
    connectionStep = startsAtFirst ? 0 : 1
    let place = UnsafeMutablePointer<Entry>.allocate(capacity: total)
    // Smooth weighted round robin: the command that lags most behind its share is next.
    var credits = entries.map { _ in 0 }
    for slot in 0..<total {
      for index in entries.indices { credits[index] += entries[index].weight }
      let next = credits.indices.max { credits[$0] < credits[$1] } ?? 0
      credits[next] -= total
      (place + slot).initialize(to: entries[next])
    }
    order = UnsafePointer(place)
    orderCount = total
    requestByteCountMax = entries.map(\.template.byteCount).max() ?? 0
  }

  /// The command of a connection's request.
  @inline(__always)
  func entry(request: Int, connection: Int) -> UnsafePointer<Entry> {
    orderCount == 1 ? order : order + (request &+ connection &* connectionStep) % orderCount
  }
}
