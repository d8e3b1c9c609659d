import Core

/// The elements that SORT works on, copied, with what each is compared by.
///
/// All text lies in two buffers, so that a million elements are no million allocations. Copied,
/// because the lookups of BY and GET may expire keys, and STORE may replace the key that is sorted.
struct SortItems {
  private struct Item {
    var text: Range<Int>
    /// nil: there is none, which comes before all.
    var weight: Range<Int>?
    var score = 0.0
  }

  private var texts: [UInt8] = []
  private var weights: [UInt8] = []
  private var items: [Item] = []

  var count: Int { items.count }

  mutating func append(_ element: ListpackElement) {
    let start = texts.count
    element.withText { texts.append(contentsOf: $0.buffer) }
    items.append(Item(text: start..<texts.count))
  }

  /// Lends the element at `index` to `body`.
  func withText<Result>(_ index: Int, _ body: (ByteView) -> Result) -> Result {
    texts.withView { body($0.slice(items[index].text)) }
  }

  /// Keeps only these.
  mutating func keep(_ range: Range<Int>) { items = Array(items[range]) }

  /// Sorts by the elements or by what `query` names. Returns false, with the order undefined, if
  /// something that should be a number is none.
  mutating func sort(_ query: SortQuery, in database: Database) -> Bool {
    for index in items.indices {
      guard weigh(index, query, database) else { return false }
    }
    let sign = query.isDescending ? -1 : 1
    let isAlphabetic = query.isAlphabetic
    let hasWeights = query.by != nil
    texts.withView { texts in
      weights.withView { weights in
        items.sort { left, right in
          let order =
            !isAlphabetic
            ? Self.compareScores(left, right, texts)
            : hasWeights
              ? Self.compareWeights(left, right, weights)
              : Self.compare(texts.slice(left.text), texts.slice(right.text))
          return order * sign < 0
        }
      }
    }
    return true
  }

  private mutating func weigh(_ index: Int, _ query: SortQuery, _ database: Database) -> Bool {
    guard let by = query.by else {
      if query.isAlphabetic { return true }
      guard let score = withText(index, Self.number) else { return false }
      items[index].score = score
      return true
    }
    let found = withText(index) { element in
      by.lookUp(element, in: database) { value in value.map { Array<UInt8>($0) } }
    }
    guard let found else { return true }
    if query.isAlphabetic {
      items[index].weight = weights.count..<weights.count + found.count
      weights += found
      return true
    }
    guard let score = found.withView(Self.number) else { return false }
    items[index].score = score
    return true
  }

  /// As `strtod` takes it: blanks before the number are skipped, and nothing is zero.
  private static func number(_ text: ByteView) -> Double? {
    if text.isEmpty { return 0 }
    let start = (0..<text.count).first { !isBlank(text[$0]) } ?? text.count
    return text.slice(start, text.count).parseDouble()
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private static func compareScores(_ left: Item, _ right: Item, _ texts: ByteView) -> Int {
    if left.score != right.score { return left.score < right.score ? -1 : 1 }
    return compare(texts.slice(left.text), texts.slice(right.text))
  }

  private static func compareWeights(_ left: Item, _ right: Item, _ weights: ByteView) -> Int {
    guard let first = left.weight else { return right.weight == nil ? 0 : -1 }
    guard let second = right.weight else { return 1 }
    return compare(weights.slice(first), weights.slice(second))
  }

  private static func compare(_ left: ByteView, _ right: ByteView) -> Int {
    left.isBefore(right) ? -1 : right.isBefore(left) ? 1 : 0
  }
}

extension ByteView {
  fileprivate func slice(_ range: Range<Int>) -> ByteView {
    slice(range.lowerBound, range.upperBound)
  }
}
