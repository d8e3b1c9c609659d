/// When blocked calls end that were not served: a binary heap, the earliest on top.
///
/// A call that ends otherwise stays in the heap until its time comes or `removeEnded` finds that
/// most have ended: nearly all calls are served, and to be found in a heap they would have to know
/// their places.
struct DeadlineQueue {
  struct Deadline {
    /// Monotonic nanoseconds.
    let at: UInt64
    /// The call's number.
    let number: UInt64

    /// Calls of equal deadlines end in order of arrival.
    func isBefore(_ other: Deadline) -> Bool {
      at != other.at ? at < other.at : number < other.number
    }
  }

  private var heap: [Deadline] = []

  var count: Int { heap.count }
  var first: Deadline? { heap.first }

  mutating func insert(_ deadline: Deadline) {
    heap.append(deadline)
    var index = heap.count - 1
    while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func removeFirst() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    sink(from: 0)
  }

  /// Removes the deadlines of calls that have ended.
  mutating func removeEnded(_ hasEnded: (UInt64) -> Bool) {
    heap.removeAll { hasEnded($0.number) }
    for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(from: index) }
  }

  private mutating func sink(from start: Int) {
    var index = start
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
      if least == index { return }
      heap.swapAt(index, least)
      index = least
    }
  }
}
