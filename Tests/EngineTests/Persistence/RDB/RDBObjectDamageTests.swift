import CAlloc
import Core
import Testing

@testable import Engine

/// Values that were damaged on the way: an error or a value, and nothing is left behind.
@Suite struct RDBObjectDamageTests {
  typealias Samples = RDBSamples

  /// Larger values beside the small ones: tables, trees, several nodes.
  private static let samples: [RDBObjectReaderTests.Sample] = {
    let names = (0..<6).map { "name-\($0)" }
    let pairs = names.flatMap { [$0, "\($0.count)"] }
    let shown = ReadValues.Shown("", [])
    return RDBObjectReaderTests.samples + [
      .init(type: 2, bytes: [6] + Samples.strings(names), shown: shown),
      .init(type: 16, bytes: Samples.string(Samples.listpack(pairs)), shown: shown),
      .init(type: 17, bytes: Samples.string(Samples.listpack(pairs)), shown: shown),
      .init(type: 4, bytes: [6] + Samples.strings(pairs), shown: shown),
      .init(type: 12, bytes: Samples.string(Samples.ziplist(pairs)), shown: shown),
    ]
  }()

  /// A value is whole when everything that walks it comes to an end.
  private static func take(
    _ values: ReadValues, _ sample: RDBObjectReaderTests.Sample, _ bytes: [UInt8]
  ) -> Bool {
    let result = values.read(sample.type, bytes, version: sample.version) { slot in
      let shown = values.shown(slot)
      _ = values.keyspace[0].digest(slot)
      let payload = DumpPayload.make(slot.entry, .redis)
      return (shown, Array(payload.view))
    }
    guard case .success((let shown, let payload)) = result else { return false }
    // What was let in once is let in again, as the same.
    let again = values.read(payload[0], Array(payload[1...].dropLast(10))) { values.shown($0) }
    guard case .success(let copy) = again else {
      preconditionFailure("type \(sample.type): \(bytes) is not read again: \(payload)")
    }
    precondition(copy.elements == shown.elements, "type \(sample.type): \(bytes)")
    return true
  }

  private static func checkDamage(_ values: ReadValues, _ limit: Int?) {
    if let limit {
      values.keyspace.state.pointee.collectionLimits.set.countMax = limit
      values.keyspace.state.pointee.collectionLimits.hash.countMax = limit
      values.keyspace.state.pointee.collectionLimits.sortedSet.countMax = limit
      values.keyspace.state.pointee.collectionLimits.intsetCountMax = limit
    }
    // The table of keys keeps its first segment.
    precondition(take(values, samples[0], samples[0].bytes))
    let before = apus_alloc_used
    for sample in samples {
      precondition(take(values, sample, sample.bytes))
      for end in sample.bytes.indices {
        precondition(!take(values, sample, Array(sample.bytes[..<end])), "\(sample) cut at \(end)")
      }
      for index in sample.bytes.indices {
        for mask: UInt8 in [0xFF, 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01] {
          var damaged = sample.bytes
          damaged[index] ^= mask
          _ = take(values, sample, damaged)
        }
      }
      precondition(apus_alloc_used == before, "type \(sample.type) leaks")
    }
  }

  /// Each cut and each flipped bit of each form, in compact forms and beyond them.
  @Test func everyByteAndEveryCut() async {
    // Alone in its process, because other tests allocate meanwhile.
    await #expect(processExitsWith: .success) { Self.checkDamage(ReadValues(), nil) }
    await #expect(processExitsWith: .success) { Self.checkDamage(ReadValues(), 2) }
  }

  // MARK: Attacks by name

  private static let lie: [UInt8] = [0x81, 0x80, 0, 0, 0, 0, 0, 0, 0]

  /// A few bytes that claim to be 2^63: nothing is allocated for them.
  @Test func claimedLengthBombs() async {
    await #expect(processExitsWith: .success) {
      let values = ReadValues()
      precondition(values.show(0, [1, 0x61]) == .success(.init("inline", ["a"])))
      for type in UInt8(0)...25 {
        for claim in [
          Self.lie, [0x81] + [UInt8](repeating: 255, count: 8), [0x80, 255, 255, 255, 255],
        ] {
          for head in [[], Samples.number64(5000), [0xC3], [1], [1, 1, 0x61], [1, 2]] {
            let before = apus_alloc_used
            let result = values.show(type, head + claim, version: type == 22 ? 80 : 12)
            if case .success = result { preconditionFailure("\(type), \(head)") }
            precondition(apus_alloc_used == before)
          }
        }
      }
    }
  }

  /// CVE-2026-25243: a zipmap's lengths in their long form, right and beyond the end.
  @Test func zipmapWithOverlongLengths() {
    let values = ReadValues()
    let right: [UInt8] = [1, 0xFE, 1, 0, 0, 0, 0x61, 0xFE, 1, 0, 0, 0, 0, 0x62, 0xFF]
    #expect(values.show(9, Samples.string(right)) == .success(.init("listpack", ["a=b"])))
    for index in [2, 8] {
      for lie: [UInt8] in [[255, 255, 255, 255], [0, 0, 0, 128], [3, 0, 0, 0], [9, 0, 0, 0]] {
        let bytes = right[..<index] + lie + right[(index + 4)...]
        let shown = values.show(9, Samples.string(Array(bytes)))
        #expect(shown == .failure(.corrupt("")), "\(bytes)")
      }
    }
  }

  /// CVE-2026-63639 and others: streams with one entry pending for two consumers. We have none.
  @Test func streamsAreRefused() {
    for type: UInt8 in [15, 19, 21] {
      let shown = ReadValues().show(type, [UInt8](repeating: 0, count: 100))
      #expect(shown == .failure(.unsupported(type: type)))
    }
  }

  /// CVE-2026-25588 and others: what modules have written.
  @Test func valuesOfModulesAreRefused() {
    for type: UInt8 in [6, 7] {
      let shown = ReadValues().show(type, [0x81] + [UInt8](repeating: 0xAB, count: 100))
      #expect(shown == .failure(.unsupported(type: type)))
    }
  }

  /// Lengths of strings within a listpack whose sum with their head overflows 32 bits.
  @Test func listpackStringsOfFourGigabytes() {
    for length: [UInt8] in [[255, 255, 255, 255], [0xFA, 255, 255, 255], [0, 0, 0, 128]] {
      for type: UInt8 in [16, 17, 20] {
        let entry = [0xF0] + length + [0x61]
        let bytes = Samples.string(Samples.listpack([entry, [1]]))
        #expect(ReadValues().show(type, bytes) == .failure(.corrupt("")))
      }
    }
  }

  /// A field deadline further away than Redis' form can tell, from a Valkey that takes it: what we
  /// write of it is read again.
  @Test func farFieldDeadlinesAreReadAgain() {
    let values = ReadValues()
    for deadline: Int64 in [1 << 45, 1 << 46, 1 << 60, .max] {
      let bytes = [1] + Samples.strings(["a", "1"]) + Samples.number64(deadline)
      let payload = values.read(22, bytes, version: 80) { slot in
        Array(DumpPayload.make(slot.entry, .redis).view)
      }
      guard case .success(let dumped) = payload else {
        Issue.record("\(deadline) is refused")
        continue
      }
      let again = values.show(dumped[0], Array(dumped[1...].dropLast(10)))
      let shown = min(deadline, HashValue.deadlineMax)
      #expect(again == .success(.init("expiringHash", ["a=1@\(shown)"])))
    }
  }
}
