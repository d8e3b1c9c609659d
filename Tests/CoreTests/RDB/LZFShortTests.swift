import CPrimitives
import Glibc
import Testing

@testable import Core

/// Strings of all lengths around those that are compressed the fast way, between pages that nobody
/// may touch.
@Suite struct LZFShortTests {
  /// A page with one on each side that ends the process that reads or writes it.
  private final class GuardedPage {
    static let byteCount = Int(sysconf(Int32(_SC_PAGESIZE)))
    let base: UnsafeMutablePointer<UInt8>
    private let mapping: UnsafeMutableRawPointer

    init() {
      mapping = mmap(
        nil, 3 * Self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      mprotect(mapping, Self.byteCount, PROT_NONE)
      mprotect(mapping + 2 * Self.byteCount, Self.byteCount, PROT_NONE)
      base = (mapping + Self.byteCount).assumingMemoryBound(to: UInt8.self)
    }

    deinit { munmap(mapping, 3 * Self.byteCount) }

    /// So many bytes at the page's beginning or at its end.
    func place(_ count: Int, atEnd: Bool) -> UnsafeMutablePointer<UInt8> {
      atEnd ? base + Self.byteCount - count : base
    }
  }

  /// Compresses and expands with each of the areas at one edge of a page of its own.
  private struct RoundTrip {
    let source = GuardedPage(), target = GuardedPage(), state: OpaquePointer

    /// What is compressed; empty if it does not fit `room`.
    func compress(_ bytes: [UInt8], room: Int, atEnd: Bool) -> [UInt8] {
      let input = source.place(bytes.count, atEnd: atEnd)
      input.update(from: bytes, count: bytes.count)
      let output = target.place(room, atEnd: atEnd)
      let count = apus_lzf_compress(input, bytes.count, output, room, state)
      return Array(UnsafeBufferPointer(start: output, count: min(count, room)))
    }

    func expand(_ bytes: [UInt8], count: Int, atEnd: Bool) -> [UInt8] {
      let input = source.place(bytes.count, atEnd: atEnd)
      input.update(from: bytes, count: bytes.count)
      let output = target.place(count, atEnd: atEnd)
      let made = apus_lzf_expand(input, bytes.count, output, count)
      return Array(UnsafeBufferPointer(start: output, count: made))
    }
  }

  private static let slack = Int(APUS_LZF_SLACK)

  /// Strings of one length and of many kinds.
  private static func strings(
    _ count: Int, using random: inout SplitMixGenerator
  ) -> [[UInt8]] {
    var all: [[UInt8]] = [UInt8(1), 2, 3, 15, 255].map { bound in
      (0..<count).map { _ in UInt8.random(in: 0...bound, using: &random) }
    }
    all.append([UInt8](repeating: 0, count: count))
    for period in [2, 3, 4, 5, 7, 31, 33, 64] {
      all.append((0..<count).map { UInt8(truncatingIfNeeded: $0 % period &* 37) })
    }
    let words = ["user:", "name=", "session", "2026-11-", "{\"id\":", "true,", "a"]
    for _ in 0..<4 {
      var text: [UInt8] = []
      while text.count < count {
        text += words.randomElement(using: &random)!.utf8
        text += String(Int.random(in: 0..<100, using: &random)).utf8
      }
      all.append(Array(text[..<count]))
    }
    // Nothing repeats but the two ends.
    let half = (0..<count / 2).map { UInt8(truncatingIfNeeded: $0) }
    all.append(
      half + (half.count..<count - half.count).map { UInt8(truncatingIfNeeded: $0) } + half)
    return all
  }

  private func withState(_ body: (UnsafeMutableRawPointer) throws -> Void) rethrows {
    let memory = Allocation.allocateZeroed(Int(APUS_LZF_STATE_SIZE))
    defer { Allocation.free(memory, Int(APUS_LZF_STATE_SIZE)) }
    try body(memory)
  }

  @Test func allLengthsAndKinds() {
    var random = SplitMixGenerator(seed: 23)
    withState { state in
      let trip = RoundTrip(state: OpaquePointer(state))
      for count in 1...300 {
        for input in Self.strings(count, using: &random) {
          for (room, atEnd) in [(count + Self.slack, true), (count + Self.slack, false)] {
            let packed = trip.compress(input, room: room, atEnd: atEnd)
            #expect(!packed.isEmpty && packed.count <= count + count / 32 + 1)
            #expect(trip.expand(packed, count: count, atEnd: atEnd) == input)
          }
        }
      }
    }
  }

  /// Whatever stands in the slots and in the window, it is looked at and no more.
  @Test func anyState() {
    var random = SplitMixGenerator(seed: 29)
    withState { state in
      let trip = RoundTrip(state: OpaquePointer(state))
      for count in 1...300 {
        for offset in stride(from: 0, to: Int(APUS_LZF_STATE_SIZE), by: 8) {
          state.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
        }
        for input in Self.strings(count, using: &random) {
          let packed = trip.compress(input, room: count + Self.slack, atEnd: true)
          #expect(trip.expand(packed, count: count, atEnd: true) == input)
        }
      }
    }
  }

  /// Less room than the fast way needs: all of it or nothing, at the very edge.
  @Test func anyRoom() {
    var random = SplitMixGenerator(seed: 31)
    withState { state in
      let trip = RoundTrip(state: OpaquePointer(state))
      for count in [21, 22, 40, 64, 65, 100, 255, 256, 257] {
        for input in Self.strings(count, using: &random) {
          for room in 0...(count + Self.slack + 1) {
            let packed = trip.compress(input, room: room, atEnd: true)
            if packed.isEmpty {
              #expect(room < count + count / 32 + 1)
            } else {
              #expect(trip.expand(packed, count: count, atEnd: true) == input)
            }
          }
        }
      }
    }
  }

  /// As short as by looking at every position.
  @Test func compressesShortText() {
    let text = Array(#"{"id":17,"name":"user17","active":true},{"id":18,"name":"user18"}"#.utf8)
    withState { state in
      let trip = RoundTrip(state: OpaquePointer(state))
      let packed = trip.compress(text, room: text.count + Self.slack, atEnd: true)
      #expect(packed.count <= 52)
      let run = trip.compress([UInt8](repeating: 7, count: 256), room: 320, atEnd: true)
      #expect(run.count <= 8)
    }
  }
}
