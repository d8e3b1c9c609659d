import Testing

@testable import Core

/// A heap beside an array that says what must be in it.
@Suite struct DeadlineHeapTests {
  private static func record(_ deadline: Int64) -> HashField {
    HashField(ByteView("field"), ByteView("value"), deadline: deadline)
  }

  private func check(
    _ heap: DeadlineHeap, _ model: [HashField], _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(heap.count == model.count, sourceLocation: location)
    let earliest = model.map(\.deadline).min() ?? .max
    #expect(heap.earliestDeadline == earliest, sourceLocation: location)
    for now in [earliest, earliest &+ 10, 500, Int64.max] where now > .min {
      let due = model.count { $0.deadline <= now }
      #expect(heap.dueCount(now) == due, sourceLocation: location)
      #expect(heap.areAllDue(now) == (due == model.count), sourceLocation: location)
    }
    let places = Set(model.map(\.place))
    #expect(places == Set(0..<model.count), sourceLocation: location)
  }

  @Test(arguments: [0, 1, 2] as [UInt64]) func randomOperations(_ seed: UInt64) {
    var random = SplitMixGenerator(seed: seed)
    var heap = DeadlineHeap()
    var model: [HashField] = []
    // It grows over several pages, then shrinks to nothing.
    for step in 0..<6000 {
      let isGrowing = step < 3000
      let choice = Int.random(in: 0..<10, using: &random)
      if model.isEmpty || (isGrowing ? choice < 6 : choice < 2) {
        let record = Self.record(Int64.random(in: 0..<1000, using: &random))
        heap.insert(record)
        model.append(record)
      } else if isGrowing ? choice < 7 : choice < 8 {
        let index = Int.random(in: 0..<model.count, using: &random)
        let record = choice.isMultiple(of: 2) ? heap.first : model[index]
        heap.remove(record)
        model.removeAll { $0.address == record.address }
        record.free()
      } else {
        let index = Int.random(in: 0..<model.count, using: &random)
        if choice == 9 {
          model[index].deadline = Int64.random(in: 0..<1000, using: &random)
          heap.didChange(model[index])
        } else {
          let copy = Self.record(model[index].deadline)
          heap.replace(model[index], with: copy)
          model[index].free()
          model[index] = copy
        }
      }
      if step % 100 == 0 || model.count < 10 { check(heap, model) }
    }
    check(heap, model)
    for record in model { record.free() }
    heap.free { Allocation.free($0, $1) }
  }

  @Test func comesOutInOrder() {
    var random = SplitMixGenerator(seed: 9)
    var heap = DeadlineHeap()
    for _ in 0..<2000 { heap.insert(Self.record(Int64.random(in: 0..<100_000, using: &random))) }
    var last: Int64 = 0
    while heap.count > 0 {
      let record = heap.first
      #expect(record.deadline >= last)
      last = record.deadline
      heap.remove(record)
      record.free()
    }
    heap.free { Allocation.free($0, $1) }
  }
}
