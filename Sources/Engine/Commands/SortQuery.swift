import Core

/// The options of SORT.
struct SortQuery {
  /// What the order is by; nil for the elements themselves.
  private(set) var by: SortPattern?
  /// The elements stay in the order in which the key has them: BY with a pattern without a star.
  private(set) var isUnsorted = false
  private(set) var gets: [SortPattern] = []
  private(set) var isDescending = false
  private(set) var isAlphabetic = false
  /// The argument that names where the result is stored.
  private(set) var destination: Int?
  private var offset: Int64 = 0
  private var count: Int64 = -1

  /// `[BY pattern] [LIMIT offset count] [GET pattern ...] [ASC | DESC] [ALPHA] [STORE destination]`
  /// in any order, from the third argument on.
  init(_ call: Call, canStore: Bool) throws(CommandError) {
    var index = 2
    while index < call.count { index += try parse(call, index, canStore: canStore) }
  }

  /// Takes the option at argument `index` and returns how many arguments it has.
  private mutating func parse(
    _ call: Call, _ index: Int, canStore: Bool
  ) throws(CommandError) -> Int {
    if parseWord(call[index]) { return 1 }
    let following = call.count - index - 1
    if following >= 2, call[index].isKeyword("LIMIT") {
      offset = try call.integer(index + 1)
      count = try call.integer(index + 2)
      return 3
    }
    guard following >= 1, parseValue(call, index, canStore: canStore) else { throw .syntax }
    return 2
  }

  /// Takes an option of one word.
  private mutating func parseWord(_ word: ByteView) -> Bool {
    if word.isKeyword("ASC") {
      isDescending = false
    } else if word.isKeyword("DESC") {
      isDescending = true
    } else if word.isKeyword("ALPHA") {
      isAlphabetic = true
    } else {
      return false
    }
    return true
  }

  /// Takes an option with one value.
  private mutating func parseValue(_ call: Call, _ index: Int, canStore: Bool) -> Bool {
    if call[index].isKeyword("BY") {
      let pattern = SortPattern(call[index + 1])
      by = pattern
      if !pattern.hasStar { isUnsorted = true }
    } else if call[index].isKeyword("GET") {
      gets.append(SortPattern(call[index + 1]))
    } else if canStore, call[index].isKeyword("STORE") {
      destination = index + 1
    } else {
      return false
    }
    return true
  }

  /// A set has no order of its own: what is stored must not depend on how it lies in memory.
  mutating func settle(for type: ValueType) {
    guard isUnsorted, type == .set, destination != nil else { return }
    isUnsorted = false
    isAlphabetic = true
    by = nil
  }

  /// Which of so many elements are wanted.
  func range(of length: Int) -> Range<Int> {
    let start = min(max(offset, 0), Int64(length))
    let wanted = count < 0 ? Int64(length) : min(count, Int64(length))
    return Int(start)..<Int(min(start + wanted, Int64(length)))
  }
}
