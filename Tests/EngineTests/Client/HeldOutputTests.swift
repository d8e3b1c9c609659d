import Testing

@testable import Engine

@Suite("Replies that wait for the log") struct HeldOutputTests {
  @Test func nothingWaitsAtFirst() {
    var held = HeldOutput()
    #expect(!held.isHolding)
    held.didSend(10)
    #expect(held.sendableByteCount == .max)
  }

  @Test func whatIsNewWaits() {
    var held = HeldOutput()
    held.hold(until: 100, byteCount: 30, sendingByteCount: 0)
    #expect(held.sendableByteCount == 0)
    held.release(upTo: 99, byteCount: 30)
    #expect(held.sendableByteCount == 0)
    held.release(upTo: 100, byteCount: 30)
    #expect(!held.isHolding)
  }

  @Test func whatTheSocketHasGoesOn() {
    var held = HeldOutput()
    held.hold(until: 100, byteCount: 30, sendingByteCount: 20)
    #expect(held.sendableByteCount == 20)
    held.didSend(15)
    #expect(held.sendableByteCount == 5)
    held.didSend(5)
    held.release(upTo: 100, byteCount: 10)
    #expect(!held.isHolding)
  }

  @Test func nothingNewNeedsNoHold() {
    var held = HeldOutput()
    held.hold(until: 100, byteCount: 20, sendingByteCount: 20)
    #expect(!held.isHolding)
  }

  @Test func theFirstPartGoesOutWhateverComesBehind() {
    var held = HeldOutput()
    held.hold(until: 100, byteCount: 10, sendingByteCount: 0)
    held.hold(until: 200, byteCount: 25, sendingByteCount: 0)
    held.hold(until: 300, byteCount: 40, sendingByteCount: 0)
    held.release(upTo: 250, byteCount: 40)
    #expect(held.sendableByteCount == 10)
    held.didSend(10)
    held.hold(until: 400, byteCount: 45, sendingByteCount: 0)
    #expect(held.sendableByteCount == 0)
    held.release(upTo: 300, byteCount: 45)
    #expect(held.sendableByteCount == 30)
    held.release(upTo: 400, byteCount: 45)
    #expect(!held.isHolding)
  }

  @Test func laterRepliesWaitForTheLatestOfThem() {
    var held = HeldOutput()
    held.hold(until: 100, byteCount: 10, sendingByteCount: 0)
    held.hold(until: 300, byteCount: 20, sendingByteCount: 0)
    held.hold(until: 0, byteCount: 30, sendingByteCount: 0)
    held.release(upTo: 100, byteCount: 30)
    #expect(held.sendableByteCount == 10)
    held.release(upTo: 299, byteCount: 30)
    #expect(held.isHolding)
    held.release(upTo: 300, byteCount: 30)
    #expect(!held.isHolding)
  }

  @Test func aLaterTurnWithoutOutputHoldsNothingMore() {
    var held = HeldOutput()
    held.hold(until: 100, byteCount: 10, sendingByteCount: 0)
    held.hold(until: 200, byteCount: 10, sendingByteCount: 0)
    held.release(upTo: 100, byteCount: 10)
    #expect(!held.isHolding)
  }

  @Test func allIsReleasedAtOnceWhenTheLogHasCaughtUp() {
    var held = HeldOutput()
    held.hold(until: 100, byteCount: 10, sendingByteCount: 0)
    held.hold(until: 200, byteCount: 20, sendingByteCount: 0)
    held.release(upTo: 200, byteCount: 20)
    #expect(!held.isHolding)
  }

  /// Whatever the order of turns, sends and releases: no byte goes out before its offset, and all
  /// go out in the end.
  @Test(arguments: 0..<50) func noByteIsEarly(seed: Int) {
    var random = KeyspaceRandom(state: UInt64(seed) + 1)
    var held = HeldOutput()
    /// Offset that each unsent byte waits for.
    var unsent: [Int] = []
    var (end, released) = (0, 0)
    for _ in 0..<400 {
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        end += Int.random(in: 0...5, using: &random)
        unsent += [Int](repeating: end, count: Int.random(in: 0...8, using: &random))
        if end > released || held.isHolding {
          held.hold(until: end, byteCount: unsent.count, sendingByteCount: 0)
        }
      case 1:
        released = Int.random(in: released...end, using: &random)
        held.release(upTo: released, byteCount: unsent.count)
      default:
        let sendable = min(unsent.count, held.sendableByteCount)
        let count = Int.random(in: 0...sendable, using: &random)
        #expect(unsent.prefix(count).allSatisfy { $0 <= released })
        unsent.removeFirst(count)
        held.didSend(count)
      }
    }
    for _ in 0..<2 { held.release(upTo: end, byteCount: unsent.count) }
    #expect(!held.isHolding)
  }
}
