import CPrimitives
import Testing

@testable import Core

@Suite struct LZFTests {
  private static let guardByte: UInt8 = 0xA5
  private static let guardCount = 64

  /// What a compressor remembers, never cleared, as a writer's.
  private final class State {
    let memory: UnsafeMutableRawPointer

    init() {
      memory = .allocate(byteCount: Int(APUS_LZF_STATE_SIZE), alignment: 16)
      memory.initializeMemory(as: UInt8.self, repeating: 0, count: Int(APUS_LZF_STATE_SIZE))
    }

    func fill(using random: inout SplitMixGenerator) {
      for offset in stride(from: 0, to: Int(APUS_LZF_STATE_SIZE), by: 8) {
        memory.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
      }
    }

    deinit { memory.deallocate() }
  }

  /// Runs `body` with so much room; nil if it has written beyond it.
  private func bounded(
    _ room: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int
  ) -> [UInt8]? {
    let block = UnsafeMutablePointer<UInt8>.allocate(capacity: room + Self.guardCount)
    defer { block.deallocate() }
    block.initialize(repeating: Self.guardByte, count: room + Self.guardCount)
    let count = body(block)
    let isWhole = (0..<Self.guardCount).allSatisfy { block[room + $0] == Self.guardByte }
    guard isWhole, count <= room else { return nil }
    return Array(UnsafeBufferPointer(start: block, count: count))
  }

  private func compress(_ bytes: [UInt8], room: Int, _ state: State) -> [UInt8]? {
    bounded(room) { target in
      bytes.withView {
        apus_lzf_compress($0.base, $0.count, target, room, OpaquePointer(state.memory))
      }
    }
  }

  /// As `compress`, from a block of the exact size.
  private func expand(_ bytes: [UInt8], room: Int) -> [UInt8]? {
    let block = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
    defer { block.deallocate() }
    block.initialize(from: bytes, count: bytes.count)
    return bounded(room) { apus_lzf_expand(block, bytes.count, $0, room) }
  }

  private static let inputs: [[UInt8]] = {
    var random = SplitMixGenerator(seed: 17)
    func noise(_ count: Int, _ bound: UInt8 = 255) -> [UInt8] {
      (0..<count).map { _ in UInt8.random(in: 0...bound, using: &random) }
    }
    func repeated(_ text: String, _ count: Int) -> [UInt8] {
      Array(Array(repeating: Array(text.utf8), count: count).joined())
    }
    var all = (0...40).map { noise($0, 3) } + (1...40).map { noise($0) }
    for count in [263, 264, 265, 266, 267, 300, 527, 528, 529, 8191, 8192, 8193, 8200] {
      all.append([UInt8](repeating: 0x61, count: count))
      all.append(noise(count, 1))
    }
    for period in 1...20 { all.append(repeated(String("abcdefghijklmnopqrst".prefix(period)), 40)) }
    // Repetitions as far apart as a distance reaches, and further.
    for distance in [8190, 8191, 8192, 8193, 8194] {
      let head = noise(40)
      all.append(head + noise(distance - 40) + head)
    }
    all.append(repeated("{\"name\":\"value\",\"count\":17},", 4000))
    all.append(noise(70_000) + repeated("tail", 2000))
    all.append(noise(200_000, 7))
    all.append([UInt8](repeating: 0, count: 300_000))
    return all
  }()

  @Test func roundTrips() {
    let state = State()
    // Twice, so that the state is full of what other inputs left.
    for round in 0..<2 {
      for input in Self.inputs {
        let packed = compress(input, room: input.count + input.count / 32 + 8, state)
        #expect(packed.flatMap { expand($0, room: input.count) } == input, "\(round)")
      }
    }
  }

  @Test func compressesWhatRepeats() throws {
    let state = State()
    let packed = try #require(
      compress([UInt8](repeating: 7, count: 26_400), room: 26_400, state))
    #expect(packed.count < 26_400 / 80)
    #expect(packed.count * Int(APUS_LZF_EXPANSION_MAX) >= 26_400)
  }

  /// Whatever room there is: all of it or nothing, and never a byte beyond.
  @Test func roomTooSmall() throws {
    let state = State()
    for input in Self.inputs where input.count <= 800 {
      let whole = try #require(compress(input, room: input.count + 64, State()))
      for room in 0...(whole.count + 2) {
        let packed = try #require(compress(input, room: room, state), "wrote beyond \(room)")
        if packed.isEmpty {
          #expect(room <= whole.count || input.isEmpty)
        } else {
          #expect(expand(packed, room: input.count) == input)
        }
      }
      #expect(compress(input, room: whole.count, State()) == whole)
      for room in 0..<input.count {
        let expanded = try #require(expand(whole, room: room), "wrote beyond \(room)")
        #expect(expanded.isEmpty)
      }
    }
  }

  @Test func damagedInput() throws {
    let state = State()
    for input in Self.inputs where (1...600).contains(input.count) {
      let whole = try #require(compress(input, room: input.count + 64, state))
      for end in 0..<whole.count {
        _ = try #require(expand(Array(whole[..<end]), room: input.count), "cut at \(end)")
      }
      for index in whole.indices {
        for mask: UInt8 in [0xFF, 0x01, 0x20, 0x80, 0x1F] {
          var damaged = whole
          damaged[index] ^= mask
          for room in [input.count, input.count / 2, input.count + 300] {
            _ = try #require(expand(damaged, room: room), "byte \(index) ^ \(mask)")
          }
        }
      }
    }
  }

  @Test func referencesBeforeTheBeginning() {
    for bytes: [UInt8] in [
      [0x20, 0], [0x3F, 0xFF], [0xE0, 0, 0], [0, 0x61, 0x20, 1], [0xFF, 255, 9],
    ] {
      #expect(expand(bytes, room: 1000) == [])
    }
    for bytes: [UInt8] in [[0x20], [0xE0], [0xE0, 0], [5, 1, 2], [0, 0x61, 0x20], [0x1F]] {
      #expect(expand(bytes, room: 1000) == [])
    }
    // A copy that overlaps what it copies.
    #expect(expand([0, 0x61, 0xE0, 0, 0], room: 10) == [UInt8](repeating: 0x61, count: 10))
  }
}
