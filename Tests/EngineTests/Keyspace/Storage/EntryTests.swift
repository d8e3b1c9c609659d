import Core
import Testing

@testable import Engine

/// All shapes: with and without deadline, each kind of payload, short and long keys.
@Suite struct EntryTests {
  struct Sample: CustomTestStringConvertible, Sendable {
    let keyCount: Int
    let value: String
    let encoding: Encoding
    let deadline: Int64?
    var testDescription: String { "\(keyCount) \(encoding) \(deadline ?? -1)" }
  }

  static let samples: [Sample] = [0, 1, 7, 8, 9, 254, 255, 256, 5000].flatMap { keyCount in
    [nil, 1_234_567_890_123].flatMap { (deadline: Int64?) in
      [
        ("", Encoding.inline), ("short", .inline), (String(repeating: "x", count: 4096), .inline),
        ("-42", .integer), (String(repeating: "y", count: 5000), .block),
      ].map { Sample(keyCount: keyCount, value: $0.0, encoding: $0.1, deadline: deadline) }
    }
  }

  private func make(_ sample: Sample) -> Entry {
    var shape = Entry.Shape(encoding: sample.encoding, keyByteCount: sample.keyCount)
    shape.hasDeadline = sample.deadline != nil
    if sample.encoding == .inline { shape.inlineByteCount = sample.value.utf8.count }
    let entry = key(sample).withView { Entry.make(shape, key: $0, accessClock: 0xabcdef) }
    if let deadline = sample.deadline { entry.deadline = deadline }
    Array(sample.value.utf8).withView { value in
      switch sample.encoding {
      case .inline:
        let target = UnsafeMutablePointer(mutating: entry.inlineValue.base)
        target.update(from: value.buffer.baseAddress ?? UnsafePointer(target), count: value.count)
      case .integer: entry.payload = UInt64(bitPattern: Int64(sample.value) ?? 0)
      case .block: entry.payload = StringBlock(copying: value).payload
      default: Issue.record("no string")
      }
    }
    return entry
  }

  private func key(_ sample: Sample) -> [UInt8] {
    (0..<sample.keyCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
  }

  private func expect(
    _ entry: Entry, holds sample: Sample, key: [UInt8], deadline: Int64?,
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(Array(entry.key) == key, sourceLocation: location)
    #expect(entry.encoding == sample.encoding, sourceLocation: location)
    #expect(entry.accessClock == 0xabcdef, sourceLocation: location)
    #expect((entry.hasDeadline ? entry.deadline : nil) == deadline, sourceLocation: location)
    #expect(entry.byteCount == entry.shape.byteCount, sourceLocation: location)
    let value =
      switch entry.encoding {
      case .inline: String(entry.inlineValue)
      case .integer: String(Int64(bitPattern: entry.payload))
      case .block: String(StringBlock(payload: entry.payload).view)
      default: "no string"
      }
    #expect(value == sample.value, sourceLocation: location)
  }

  private func free(_ entry: Entry) { entry.free { Allocation.free($0, $1) } }

  @Test(arguments: samples) func holdsWhatWasPutIn(_ sample: Sample) {
    let entry = make(sample)
    // The low bits of an address hold flags in a slot.
    #expect(UInt(bitPattern: entry.base) & 7 == 0)
    expect(entry, holds: sample, key: key(sample), deadline: sample.deadline)
    free(entry)
  }

  @Test(arguments: samples) func deadlinesComeAndGo(_ sample: Sample) {
    var entry = make(sample)
    if sample.deadline != nil {
      entry = entry.removingDeadlineField()
      expect(entry, holds: sample, key: key(sample), deadline: nil)
    }
    entry = entry.addingDeadlineField()
    entry.deadline = 77
    expect(entry, holds: sample, key: key(sample), deadline: 77)
    entry = entry.removingDeadlineField()
    expect(entry, holds: sample, key: key(sample), deadline: nil)
    free(entry)
  }

  @Test(arguments: samples) func otherKeys(_ sample: Sample) {
    var entry = make(sample)
    for count in [0, 3, 254, 255, 256, 100_000] {
      let newKey = [UInt8](repeating: 9, count: count)
      let twin = newKey.withView {
        entry.duplicated(
          key: $0,
          TableContext(
            seedWords: (
              0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb,
              0xd6e8_feb8_6659_fd93
            )))
      }
      expect(twin, holds: sample, key: newKey, deadline: sample.deadline)
      if sample.encoding == .block { #expect(twin.payload != entry.payload) }
      free(twin)
      entry = newKey.withView { entry.renamed($0) }
      expect(entry, holds: sample, key: newKey, deadline: sample.deadline)
    }
    free(entry)
  }

  @Test func flagsAreCopied() {
    let entry = make(Self.samples[1])
    entry.flags |= Entry.Flags.isRaw
    let twin = Array("k".utf8).withView {
      entry.duplicated(
        key: $0,
        TableContext(
          seedWords: (
            0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb,
            0xd6e8_feb8_6659_fd93
          )))
    }
    #expect(twin.flags & Entry.Flags.isRaw != 0)
    free(twin)
    free(entry)
  }
}
