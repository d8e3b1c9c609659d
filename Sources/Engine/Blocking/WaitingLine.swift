/// The calls that wait for one key, in order of arrival.
///
///     places:  | left | left | 5 | 6 | left | 9 |        ascending numbers of calls
///                              ^ head
///
/// Call numbers only grow, so the array is sorted: who leaves is found by binary search and only
/// marked, and who comes next is the first place beyond a number, whatever has happened meanwhile.
/// No index outlives a change.
///
/// Complexity: O(1) to join, O(log n) to leave, amortized; at least half of a long array waits.
///
/// The alternative that lost: a linked list, which leaves in O(1), but has nodes that may be gone
/// while somebody stands on them.
struct WaitingLine {
  /// A call's number, doubled; odd when it has left.
  private var places: [UInt64] = []
  private var head = 0
  /// Calls that wait.
  private(set) var count = 0

  /// REQUIRES: `number` is not below any that has joined. Twice is once.
  mutating func join(_ number: UInt64) {
    if places.last == number << 1 { return }
    places.append(number << 1)
    count += 1
  }

  mutating func leave(_ number: UInt64) {
    let index = firstIndex(notBelow: number << 1)
    guard index < places.count, places[index] == number << 1 else { return }
    places[index] |= 1
    count -= 1
    while head < places.count, places[head] & 1 == 1 { head += 1 }
    if places.count > 2 * count + 16 {
      places = places[head...].filter { $0 & 1 == 0 }
      head = 0
    }
  }

  /// The first that waits and came after `number`.
  func next(after number: UInt64) -> UInt64? {
    var index = max(head, firstIndex(notBelow: (number + 1) << 1))
    while index < places.count {
      if places[index] & 1 == 0 { return places[index] >> 1 }
      index += 1
    }
    return nil
  }

  private func firstIndex(notBelow place: UInt64) -> Int {
    var (low, high) = (head, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle] < place { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
