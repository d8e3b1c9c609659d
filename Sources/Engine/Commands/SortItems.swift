import Core

/// The elements that SORT works on, with what each is compared by.
///
/// Both are borrowed from the keyspace: a value that thousands of elements name must not be copied
/// thousands of times. Lifetime: until anything is changed, and be it that a key expires.
struct SortItems {
  private struct Item {
    let element: StringContent
    /// nil: there is none, which comes before all.
    var weight: StringContent?
    var score = 0.0
  }

  private var items: [Item] = []

  var count: Int { items.count }

  mutating func append(_ element: ListpackElement) {
    items.append(Item(element: StringContent(element)))
  }

  subscript(index: Int) -> StringContent { items[index].element }

  /// Keeps only these.
  mutating func keep(_ range: Range<Int>) { items = Array(items[range]) }

  /// Sorts by the elements or by what `query` names. Returns false, with the order undefined, if
  /// something that should be a number is none.
  mutating func sort(_ query: SortQuery, in database: Database) -> Bool {
    for index in items.indices {
      guard weigh(index, query, database) else { return false }
    }
    let sign = query.isDescending ? -1 : 1
    let compare =
      !query.isAlphabetic
      ? Self.compareScores : query.by == nil ? Self.compareElements : Self.compareWeights
    items.sort { compare($0, $1) * sign < 0 }
    return true
  }

  private mutating func weigh(_ index: Int, _ query: SortQuery, _ database: Database) -> Bool {
    let element = items[index].element
    guard let by = query.by else { return query.isAlphabetic || weigh(index, by: element) }
    guard let weight = by.value(for: element, in: database) else { return true }
    if !query.isAlphabetic { return weigh(index, by: weight) }
    items[index].weight = weight
    return true
  }

  private mutating func weigh(_ index: Int, by content: StringContent) -> Bool {
    guard let score = Self.number(content) else { return false }
    items[index].score = score
    return true
  }

  private static func number(_ content: StringContent) -> Double? {
    if case .integer(let number) = content { return Double(number) }
    return content.withBytes(number)
  }

  /// As `strtod` takes it: blanks before the number are skipped, and nothing is zero.
  private static func number(_ text: ByteView) -> Double? {
    if text.isEmpty { return 0 }
    let start = (0..<text.count).first { !isBlank(text[$0]) } ?? text.count
    return text.slice(start, text.count).parseDouble()
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private static func compareScores(_ left: Item, _ right: Item) -> Int {
    if left.score != right.score { return left.score < right.score ? -1 : 1 }
    return compareElements(left, right)
  }

  private static func compareElements(_ left: Item, _ right: Item) -> Int {
    compare(left.element, right.element)
  }

  private static func compareWeights(_ left: Item, _ right: Item) -> Int {
    guard let first = left.weight else { return right.weight == nil ? 0 : -1 }
    guard let second = right.weight else { return 1 }
    return compare(first, second)
  }

  private static func compare(_ left: StringContent, _ right: StringContent) -> Int {
    left.withBytes { left in
      right.withBytes { right in
        // Elements that name the same value are not compared byte by byte.
        if left.isSame(as: right) { return 0 }
        return left.isBefore(right) ? -1 : left == right ? 0 : 1
      }
    }
  }
}
