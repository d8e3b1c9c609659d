/// First key, last key and step: how COMMAND described keys before there were key specifications,
/// and how clients that do not know them find keys.
///
/// Derived as in Redis: one range is taken as it is; of several, those that follow each other with
/// step 1 are joined. Whatever this leaves out makes the command's keys "movable".
package struct LegacyKeyRange: Equatable {
  package private(set) var first = 0
  /// Negative: counted from the end of the arguments.
  package private(set) var last = 0
  package private(set) var step = 0
  /// Whether there are keys that the range does not cover.
  package private(set) var isPartial = false

  package init(_ keys: [KeySpec]) {
    if keys.count == 1, let index = keys[0].index,
      case .range(let last, let step, _) = keys[0].find
    {
      isPartial = keys[0].flags.contains(.incomplete)
      set(index, last >= 0 ? index + last : last, step)
      return
    }
    var first = Int.max
    var last = 0
    for key in keys {
      guard let index = key.index, case .range(let keyLast, 1, _) = key.find,
        last == 0 || last == index - 1
      else {
        isPartial = true
        continue
      }
      if key.flags.contains(.incomplete) { isPartial = true }
      first = min(first, index)
      let end = keyLast >= 0 ? index + keyLast : keyLast
      // A range that ends with the arguments reaches beyond any other.
      last = end < 0 ? end : max(last, end)
    }
    if first != .max { set(first, last, 1) }
  }

  private mutating func set(_ first: Int, _ last: Int, _ step: Int) {
    self.first = first
    self.last = last
    self.step = step
  }
}

extension KeySpec {
  fileprivate var index: Int? {
    if case .index(let index) = begin { return index }
    return nil
  }
}

extension CommandSpec {
  /// The flags that COMMAND INFO shows: the declared ones and `movablekeys`.
  package var shownFlags: CommandFlags {
    LegacyKeyRange(keys).isPartial ? flags.union(.movableKeys) : flags
  }
}
