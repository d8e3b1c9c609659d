import Testing

@testable import Engine

@Suite struct DeadlineQueueTests {
  private func drain(_ queue: inout DeadlineQueue) -> [UInt64] {
    var found: [UInt64] = []
    while let first = queue.first {
      found.append(first.number)
      queue.removeFirst()
    }
    return found
  }

  @Test func theEarliestComesFirstAndEqualsInOrderOfArrival() {
    var queue = DeadlineQueue()
    #expect(queue.first == nil)
    queue.removeFirst()
    for (number, at) in [5, 3, 9, 3, 1, 5].enumerated() {
      queue.insert(.init(at: UInt64(at), number: UInt64(number)))
    }
    #expect(drain(&queue) == [4, 1, 3, 0, 5, 2])
  }

  @Test(arguments: [0, 1, 2, 3, 100, 1000]) func whatHasEndedIsRemoved(count: Int) {
    var queue = DeadlineQueue()
    var model: [(at: UInt64, number: UInt64)] = []
    for number in 0..<UInt64(count) {
      let at = UInt64.random(in: 0..<50)
      queue.insert(.init(at: at, number: number))
      if number % 3 != 0 { model.append((at, number)) }
    }
    queue.removeEnded { $0 % 3 == 0 }
    #expect(queue.count == model.count)
    #expect(drain(&queue) == model.sorted { $0 < $1 }.map(\.number))
  }
}
