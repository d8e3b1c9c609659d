import Core

/// What GEOSEARCH, GEORADIUS and their forms are told, checked in Redis' order.
struct GeoQuery {
  /// Which of the commands it is, by what its arguments are.
  enum Form {
    /// GEORADIUS and GEORADIUSBYMEMBER: the middle and the radius stand in front.
    case aroundPlace(canStore: Bool)
    case aroundMember(canStore: Bool)
    /// GEOSEARCH and GEOSEARCHSTORE: all are options.
    case search
    case searchStore
  }

  private enum Outline {
    case none
    case circle(radius: Double)
    case box(width: Double, height: Double)
    case polygon([GeoPoint])
  }

  private enum Middle {
    case none
    case place(GeoPoint)
    /// nil for that of a key that does not exist.
    case member(GeoPoint?)
  }

  private var outline = Outline.none
  private var middle = Middle.none
  private var any = false
  private var count: Int64 = 0
  private var explicitOrder: GeoHits.Order?

  private(set) var metresPerUnit = 1.0
  private(set) var withDistances = false
  private(set) var withHashes = false
  private(set) var withPlaces = false
  /// The argument that names the key to store the results in.
  private(set) var destination: Int?
  /// Scores of stored results are distances.
  private(set) var storesDistances = false

  /// Parses a call whose index is `set`, nil for a key that does not exist.
  init(_ call: Call, _ form: Form, _ set: SortedSetValue?) throws(CommandError) {
    var index: Int
    switch form {
    case .aroundPlace:
      middle = .place(try Geo.place(call, 2))
      try parseRadius(call, 4)
      index = 6
    case .aroundMember:
      try parseMember(call, 2, set)
      // What no key's members surround is not looked at, as in Redis.
      if set != nil { try parseRadius(call, 3) }
      index = 5
    case .search: index = 2
    case .searchStore:
      destination = 1
      index = 3
    }
    while index < call.count { index += try parse(call, index, form, set) }
    try check(call, form)
  }

  // MARK: Results

  /// What is searched for; nil if there is no middle, because the key does not exist.
  func shape() -> GeoShape? {
    if case .polygon(let vertices) = outline { return .polygon(vertices) }
    let place: GeoPoint
    switch middle {
    case .place(let found), .member(.some(let found)): place = found
    case .none, .member(.none): return nil
    }
    switch outline {
    case .circle(let radius): return .circle(place, radius: radius, metresPerUnit: metresPerUnit)
    case .box(let width, let height):
      return .box(place, width: width, height: height, metresPerUnit: metresPerUnit)
    case .none, .polygon: return nil
    }
  }

  /// How many results are wanted.
  var limit: Int { count == 0 ? .max : Int(count) }

  /// After how many the search ends.
  var searchLimit: Int { any ? limit : .max }

  /// The nearest come first if not all are wanted.
  var order: GeoHits.Order { explicitOrder ?? (count != 0 && !any ? .ascending : .found) }

  // MARK: Options

  /// Takes the option at an argument and returns how many arguments it has.
  private mutating func parse(
    _ call: Call, _ index: Int, _ form: Form, _ set: SortedSetValue?
  ) throws(CommandError) -> Int {
    if parseWord(call[index]) { return 1 }
    let following = call.count - index - 1
    if following >= 1, call[index].isKeyword("COUNT") {
      count = try call.integer(index + 1)
      if count <= 0 { throw .text("ERR COUNT must be > 0") }
      return 2
    }
    switch form {
    case .aroundPlace(let canStore), .aroundMember(let canStore):
      guard canStore, following >= 1 else { throw .syntax }
      return try parseStore(call, index)
    case .searchStore where call[index].isKeyword("STOREDIST"):
      storesDistances = true
      return 1
    case .search, .searchStore:
      if let taken = try parseMiddle(call, index, following, set) { return taken }
      return try parseOutline(call, index, following)
    }
  }

  /// Takes an option of one word.
  private mutating func parseWord(_ word: ByteView) -> Bool {
    if word.isKeyword("WITHDIST") {
      withDistances = true
    } else if word.isKeyword("WITHHASH") {
      withHashes = true
    } else if word.isKeyword("WITHCOORD") {
      withPlaces = true
    } else if word.isKeyword("ANY") {
      any = true
    } else if word.isKeyword("ASC") {
      explicitOrder = .ascending
    } else if word.isKeyword("DESC") {
      explicitOrder = .descending
    } else {
      return false
    }
    return true
  }

  private mutating func parseStore(_ call: Call, _ index: Int) throws(CommandError) -> Int {
    storesDistances = call[index].isKeyword("STOREDIST")
    guard storesDistances || call[index].isKeyword("STORE") else { throw .syntax }
    destination = index + 1
    return 2
  }

  private mutating func parseMiddle(
    _ call: Call, _ index: Int, _ following: Int, _ set: SortedSetValue?
  ) throws(CommandError) -> Int? {
    if call[index].isKeyword("FROMMEMBER") {
      if case .place = middle { throw .syntax }
      guard following >= 1, !isPolygon else { throw .syntax }
      try parseMember(call, index + 1, set)
      return 2
    }
    guard call[index].isKeyword("FROMLONLAT") else { return nil }
    if case .member = middle { throw .syntax }
    guard following >= 2, !isPolygon else { throw .syntax }
    middle = .place(try Geo.place(call, index + 1))
    return 3
  }

  private mutating func parseMember(
    _ call: Call, _ index: Int, _ set: SortedSetValue?
  ) throws(CommandError) {
    guard let set else {
      middle = .member(nil)
      return
    }
    guard let place = set.place(call[index]) else {
      throw .text("ERR could not decode requested zset member")
    }
    middle = .member(place)
  }

  // MARK: Shapes

  var isPolygon: Bool { if case .polygon = outline { true } else { false } }

  /// A search may be told its shape again, but not another kind of shape.
  private mutating func parseOutline(
    _ call: Call, _ index: Int, _ following: Int
  ) throws(CommandError) -> Int {
    let word = call[index]
    switch outline {
    case .none, .circle:
      if following >= 2, word.isKeyword("BYRADIUS") {
        try parseRadius(call, index + 1)
        return 3
      }
    case .box, .polygon: break
    }
    switch outline {
    case .none, .box:
      if following >= 3, word.isKeyword("BYBOX") {
        try parseBox(call, index + 1)
        return 4
      }
    case .circle, .polygon: break
    }
    switch (outline, middle) {
    case (.none, .none), (.polygon, .none):
      if following >= 2, word.isKeyword("BYPOLYGON") {
        let vertices = try Self.vertices(call, index + 1)
        outline = .polygon(vertices)
        return 2 + 2 * vertices.count
      }
    default: break
    }
    throw .syntax
  }

  private mutating func parseRadius(_ call: Call, _ index: Int) throws(CommandError) {
    guard let radius = call[index].parseDouble() else { throw .text("ERR need numeric radius") }
    if radius < 0 { throw .text("ERR radius cannot be negative") }
    metresPerUnit = try GeoUnit.metres(call[index + 1])
    outline = .circle(radius: radius)
  }

  private mutating func parseBox(_ call: Call, _ index: Int) throws(CommandError) {
    guard let width = call[index].parseDouble() else { throw .text("ERR need numeric width") }
    guard let height = call[index + 1].parseDouble() else {
      throw .text("ERR need numeric height")
    }
    if width < 0 || height < 0 { throw .text("ERR height or width cannot be negative") }
    metresPerUnit = try GeoUnit.metres(call[index + 2])
    outline = .box(width: width, height: height)
  }

  /// The vertices from the argument on that says how many they are.
  private static func vertices(_ call: Call, _ index: Int) throws(CommandError) -> [GeoPoint] {
    guard let number = call[index].parseInteger(), Int64(Int32.min)...Int64(Int32.max) ~= number
    else { throw .text("ERR invalid number of vertices") }
    guard number >= 3, number <= Int64((call.count - index - 1) / 2) else {
      throw .text("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices")
    }
    var vertices: [GeoPoint] = []
    vertices.reserveCapacity(Int(number))
    for vertex in 0..<Int(number) { vertices.append(try Geo.place(call, index + 1 + 2 * vertex)) }
    return vertices
  }

  // MARK: What must be there

  private func check(_ call: Call, _ form: Form) throws(CommandError) {
    if destination != nil, withDistances || withHashes || withPlaces {
      if case .searchStore = form { throw Self.incompatible("GEOSEARCHSTORE", call) }
      throw Self.incompatible("STORE option in GEORADIUS", call)
    }
    switch form {
    case .search, .searchStore:
      if case .none = middle, !isPolygon {
        throw call.fail(
          "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ", echoing: call[0])
      }
      if case .none = outline {
        throw call.fail(
          "ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for ",
          echoing: call[0])
      }
    case .aroundPlace, .aroundMember: break
    }
    if any, count == 0 { throw .text("ERR the ANY argument requires COUNT argument") }
  }

  private static func incompatible(_ what: String, _ call: Call) -> CommandError {
    call.fail("ERR \(what) is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
  }
}
