import Core

/// Deadlines of keys that exist.
extension Database {
  /// When the key expires, in unix milliseconds; nil for never.
  func deadline(_ slot: Slot) -> Int64? {
    guard slot.isVolatile else { return nil }
    return hasFieldDeadlines(slot) ? keyDeadline(slot) : slot.entry.deadline
  }

  /// Sets when the key expires, in unix milliseconds. The slot stays valid, its entry may move.
  func setDeadline(_ slot: Slot, _ deadline: Int64) {
    if hasFieldDeadlines(slot) { return setKeyDeadline(slot, deadline) }
    let wasVolatile = slot.isVolatile
    if !wasVolatile { slot.setEntry(slot.entry.addingDeadlineField(), isVolatile: true) }
    slot.entry.deadline = deadline
    storage.pointee.table.didChangeDeadline(slot, wasVolatile: wasVolatile)
  }

  /// Makes the key live for ever; false if it did. The slot stays valid, its entry may move.
  @discardableResult
  func removeDeadline(_ slot: Slot) -> Bool {
    guard slot.isVolatile else { return false }
    if hasFieldDeadlines(slot) { return removeKeyDeadline(slot) }
    slot.setEntry(slot.entry.removingDeadlineField(), isVolatile: false)
    storage.pointee.table.didChangeDeadline(slot, wasVolatile: true)
    return true
  }
}
