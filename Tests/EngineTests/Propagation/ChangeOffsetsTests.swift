import Testing

@testable import Engine

@Suite("Where keys changed in the stream") struct ChangeOffsetsTests {
  /// Hashes of four different parts.
  private let hashes: [UInt64] = [0, 1 << 48, 77 << 48, .max]

  @Test func whileOffNothingIsAwaited() {
    var changes = ChangeOffsets()
    changes.didChange(0, streamEnd: 10)
    changes.didChangeAll(streamEnd: 10)
    changes.didLook(0)
    #expect(changes.takeAwaited(streamEnd: 0) == 0)
  }

  @Test func aLookAwaitsTheLastChangeOfItsPart() {
    var changes = ChangeOffsets()
    changes.turnOn(streamEnd: 10)
    defer { changes.turnOff() }
    changes.didChange(hashes[1], streamEnd: 10)
    changes.didChange(hashes[1] + 5, streamEnd: 20)
    #expect(changes.takeAwaited(streamEnd: 30) == 30)
    for hash in hashes {
      changes.didLook(hash)
      #expect(changes.takeAwaited(streamEnd: 30) == (hash == hashes[1] ? 21 : 0))
    }
  }

  @Test func severalLooksAwaitTheLatest() {
    var changes = ChangeOffsets()
    changes.turnOn(streamEnd: 0)
    defer { changes.turnOff() }
    for (number, hash) in hashes.enumerated() {
      changes.didChange(hash, streamEnd: UInt64(10 * (4 - number)))
    }
    for hash in hashes { changes.didLook(hash) }
    #expect(changes.takeAwaited(streamEnd: 0) == 41)
    #expect(changes.takeAwaited(streamEnd: 0) == 0)
  }

  @Test func whoAppendsAwaitsItsOwn() {
    var changes = ChangeOffsets()
    changes.turnOn(streamEnd: 100)
    defer { changes.turnOff() }
    #expect(changes.takeAwaited(streamEnd: 100) == 0)
    #expect(changes.takeAwaited(streamEnd: 130) == 130)
    #expect(changes.takeAwaited(streamEnd: 130) == 0)
  }

  @Test func aChangeOfAllIsAwaitedByAll() {
    var changes = ChangeOffsets()
    changes.turnOn(streamEnd: 0)
    defer { changes.turnOff() }
    changes.didChangeAll(streamEnd: 7)
    for hash in hashes {
      changes.didLook(hash)
      #expect(changes.takeAwaited(streamEnd: 0) == 8)
    }
    changes.didLookAtAll(streamEnd: 9)
    #expect(changes.takeAwaited(streamEnd: 0) == 9)
  }

  @Test func onAgainNothingIsKnown() {
    var changes = ChangeOffsets()
    changes.turnOn(streamEnd: 0)
    changes.didChange(0, streamEnd: 7)
    changes.turnOn(streamEnd: 9)
    defer { changes.turnOff() }
    changes.didLook(0)
    #expect(changes.takeAwaited(streamEnd: 9) == 0)
  }
}
