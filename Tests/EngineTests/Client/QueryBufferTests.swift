import Core
import Testing

@testable import Engine

@Suite struct QueryBufferTests {
  private func bytes(_ buffer: QueryBuffer) -> [UInt8] {
    Array(UnsafeBufferPointer(start: buffer.base, count: buffer.count))
  }

  @Test func appendsAndDropsLikeAnArray() {
    var buffer = QueryBuffer()
    var model: [UInt8] = []
    for step in 0..<500 {
      let piece = (0..<(step * 37 % 400)).map { UInt8(truncatingIfNeeded: $0 + step) }
      piece.withView { buffer.append($0) }
      model += piece
      let dropped = step % 3 == 0 ? model.count * (step % 5) / 4 : 0
      if dropped <= model.count {
        buffer.dropFirst(dropped)
        model.removeFirst(dropped)
      }
      #expect(bytes(buffer) == model && buffer.count <= buffer.capacity)
    }
    buffer.removeAll()
  }

  @Test func droppingMovesNothing() {
    var buffer = QueryBuffer()
    [UInt8](repeating: 1, count: 4096).withView { buffer.append($0) }
    let start = buffer.base
    let capacity = buffer.capacity
    buffer.dropFirst(3000)
    #expect(buffer.base == start.map { $0 + 3000 } && buffer.count == 1096)
    // What was dropped is room again.
    for _ in 0..<1000 {
      [UInt8](repeating: 2, count: 1000).withView { buffer.append($0) }
      buffer.dropFirst(1000)
    }
    #expect(buffer.capacity == capacity && bytes(buffer) == [UInt8](repeating: 2, count: 1096))
    buffer.removeAll()
  }

  @Test func anEmptyOneOwnsNothing() {
    var buffer = QueryBuffer()
    ByteView("abc").appended(to: &buffer)
    #expect(buffer.base != nil && buffer.free == buffer.capacity - 3)
    buffer.dropFirst(3)
    #expect(buffer.base == nil && buffer.capacity == 0 && buffer.isEmpty)
    buffer.removeAll()
    #expect(buffer.base == nil)
  }

  @Test func growsByDoubling() {
    var buffer = QueryBuffer()
    var moves = 0
    for _ in 0..<100_000 {
      let capacity = buffer.capacity
      ByteView("0123456789").appended(to: &buffer)
      if buffer.capacity != capacity { moves += 1 }
    }
    #expect(moves < 12)
    buffer.removeAll()
  }
}

extension ByteView {
  fileprivate func appended(to buffer: inout QueryBuffer) { buffer.append(self) }
}
