import CAlloc
import Core
import Testing

@testable import Engine

/// Every form of value that files have, right and wrong.
@Suite struct RDBObjectReaderTests {
  typealias Shown = ReadValues.Shown
  typealias Samples = RDBSamples

  /// A value as it stands in a file, and what it is read as.
  struct Sample {
    let type: UInt8
    var version = 12
    let bytes: [UInt8]
    let shown: Shown
  }

  private static let many = (0..<10).map { "member-\($0)" }

  /// One of each form and more.
  static let samples: [Sample] = strings + lists + sets + sortedSets + hashes + deadlines

  private static let strings = [
    Sample(type: 0, bytes: Samples.string([0x68, 0x69]), shown: Shown("inline", ["hi"])),
    Sample(type: 0, bytes: [0], shown: Shown("inline", [""])),
    Sample(type: 0, bytes: [0xC1, 0x39, 0x30], shown: Shown("integer", ["12345"])),
    Sample(type: 0, bytes: Samples.string(Array("12345".utf8)), shown: Shown("integer", ["12345"])),
    Sample(type: 0, bytes: Samples.string(Array("007".utf8)), shown: Shown("inline", ["007"])),
    Sample(
      type: 0, bytes: [0xC3, 7, 12, 2, 0x61, 0x62, 0x63, 0xE0, 0, 2],
      shown: Shown("inline", ["abcabcabcabc"])),
  ]

  private static let lists = [
    Sample(
      type: 1, bytes: Samples.strings("a", "1", ""), shown: Shown("listpack", ["a", "1", ""])),
    Sample(
      type: 10, bytes: Samples.string(Samples.ziplist(["a", "-5", "b"])),
      shown: Shown("listpack", ["a", "-5", "b"])),
    Sample(
      type: 14,
      bytes: [2] + Samples.string(Samples.ziplist(["a"])) + Samples.string(Samples.ziplist(["b"])),
      shown: Shown("listpack", ["a", "b"])),
    Sample(
      type: 18, bytes: [1, 2] + Samples.string(Samples.listpack(["a", "7"])),
      shown: Shown("listpack", ["a", "7"])),
    Sample(
      type: 18,
      bytes: [3, 2] + Samples.string(Samples.listpack(["a", "7"])) + [1] + Samples.string([0x62])
        + [2] + Samples.string(Samples.listpack(["c"])),
      shown: Shown("quicklist", ["a", "7", "b", "c"])),
    // A node of nothing between others.
    Sample(
      type: 18,
      bytes: [2, 2] + Samples.string(Samples.listpack([String]())) + [2]
        + Samples.string(Samples.listpack(["c"])), shown: Shown("listpack", ["c"])),
  ]

  private static let sets = [
    Sample(type: 2, bytes: Samples.strings("b", "a"), shown: Shown("listpack", ["a", "b"])),
    Sample(type: 2, bytes: Samples.strings("3", "1"), shown: Shown("intset", ["1", "3"])),
    Sample(type: 2, bytes: [2, 0xC0, 3, 1, 0x78], shown: Shown("listpack", ["3", "x"])),
    Sample(
      type: 11, bytes: Samples.string(Samples.intset(2, [-5, 3, 400])),
      shown: Shown("intset", ["-5", "3", "400"])),
    Sample(
      type: 11, bytes: Samples.string(Samples.intset(8, [3, 1 << 40])),
      shown: Shown("intset", ["1099511627776", "3"])),
    Sample(
      type: 20, bytes: Samples.string(Samples.listpack(["b", "1", "a"])),
      shown: Shown("listpack", ["1", "a", "b"])),
  ]

  private static let sortedSets = [
    Sample(
      type: 3, bytes: [3, 1, 0x62, 3] + Array("2.5".utf8) + [1, 0x61, 254, 1, 0x63, 255],
      shown: Shown("listpack", ["c:-inf", "b:2.5", "a:inf"])),
    Sample(
      type: 5,
      bytes: [2, 1, 0x62] + Samples.double(1) + [0xC0, 7] + Samples.double(-0.5),
      shown: Shown("listpack", ["7:-0.5", "b:1.0"])),
    Sample(
      type: 12, bytes: Samples.string(Samples.ziplist(["a", "1", "b", "2.5"])),
      shown: Shown("listpack", ["a:1.0", "b:2.5"])),
    Sample(
      type: 17, bytes: Samples.string(Samples.listpack(["a", "1", "b", "2.5"])),
      shown: Shown("listpack", ["a:1.0", "b:2.5"])),
  ]

  private static let hashes = [
    Sample(type: 4, bytes: [2] + Samples.strings(["a", "1", "b", "x"]), shown: plain),
    Sample(type: 9, bytes: Samples.string(Samples.zipmap(["a", "1", "b", "x"])), shown: plain),
    Sample(type: 13, bytes: Samples.string(Samples.ziplist(["a", "1", "b", "x"])), shown: plain),
    Sample(type: 16, bytes: Samples.string(Samples.listpack(["a", "1", "b", "x"])), shown: plain),
  ]

  private static let plain = Shown("listpack", ["a=1", "b=x"])

  private static let deadlines = [
    Sample(
      type: 22, version: 80,
      bytes: [2] + Samples.strings(["a", "1"]) + Samples.number64(-1) + Samples.strings(["b", "x"])
        + Samples.number64(5000), shown: Shown("expiringHash", ["a=1", "b=x@5000"])),
    Sample(
      type: 22, version: 80, bytes: [1] + Samples.strings(["a", "1"]) + Samples.number64(-1),
      shown: Shown("listpack", ["a=1"])),
    Sample(
      type: 22,
      bytes: [2, 0] + Samples.strings(["a", "1"]) + Samples.number(5000)
        + Samples.strings(["b", "x"]), shown: Shown("expiringHash", ["a=1", "b=x@5000"])),
    Sample(
      type: 23, bytes: Samples.string(Samples.listpack(["b", "x", "5000", "a", "1", "0"])),
      shown: Shown("expiringHash", ["a=1", "b=x@5000"])),
    Sample(
      type: 24,
      bytes: Samples.number64(5000) + [3, 0] + Samples.strings(["a", "1"]) + [1]
        + Samples.strings(["b", "x"]) + [11] + Samples.strings(["c", "y"]),
      shown: Shown("expiringHash", ["a=1", "b=x@5000", "c=y@5010"])),
    Sample(
      type: 25,
      bytes: Samples.number64(5000)
        + Samples.string(Samples.listpack(["b", "x", "5000", "a", "1", "0"])),
      shown: Shown("expiringHash", ["a=1", "b=x@5000"])),
  ]

  @Test func everyForm() {
    let values = ReadValues()
    for sample in Self.samples {
      let shown = values.show(sample.type, sample.bytes, version: sample.version)
      #expect(shown == .success(sample.shown), "type \(sample.type): \(sample.bytes)")
    }
  }

  /// Streams, values of modules and what nobody has written.
  @Test func typesThatAreNot() {
    let values = ReadValues()
    let known: Set<UInt8> = Set(Self.samples.map(\.type))
    for type in UInt8(0)...255 where !known.contains(type) {
      let shown = values.show(type, [UInt8](repeating: 1, count: 50))
      #expect(shown == .failure(.unsupported(type: type)), "\(type)")
    }
    #expect(known.union([6, 7, 8, 15, 19, 21]) == Set(0...25))
  }

  // MARK: Wrong ones

  private func expect(
    _ type: UInt8, _ bytes: [UInt8], version: Int = 12, _ error: RDBError,
    location: SourceLocation = #_sourceLocation
  ) {
    let shown = ReadValues().show(type, bytes, version: version)
    #expect(shown == .failure(error), "\(type)", sourceLocation: location)
  }

  @Test func emptyValues() {
    let nothing = Samples.string(Samples.listpack([String]()))
    for type: UInt8 in [1, 2, 3, 4, 5, 14, 18] { expect(type, [0], .empty) }
    expect(22, [0], .empty)
    expect(22, [0], version: 80, .empty)
    for type: UInt8 in [10, 12, 13] { expect(type, Samples.string(Samples.ziplist([])), .empty) }
    for type: UInt8 in [16, 17, 20, 23] { expect(type, nothing, .empty) }
    expect(9, Samples.string(Samples.zipmap([])), .empty)
    expect(24, Samples.number64(5000) + [0], .empty)
    expect(25, Samples.number64(5000) + nothing, .empty)
    expect(
      14, [2] + [[UInt8]](repeating: Samples.string(Samples.ziplist([])), count: 2).joined(), .empty
    )
    expect(18, [1, 2] + nothing, .empty)
    // An intset of nothing is never written.
    expect(11, Samples.string(Samples.intset(2, [])), .corrupt(""))
  }

  @Test func duplicateMembers() {
    let pairs = ["a", "1", "b", "2", "a", "3"]
    let corrupt = RDBError.corrupt("")
    expect(2, Samples.strings("a", "b", "a"), corrupt)
    expect(2, Samples.strings("1", "1"), corrupt)
    // The same integer in two forms.
    expect(2, [2, 0xC0, 1, 1, 0x31], corrupt)
    expect(11, Samples.string(Samples.intset(2, [1, 1])), corrupt)
    expect(20, Samples.string(Samples.listpack(["a", "b", "a"])), corrupt)
    expect(20, Samples.string(Samples.listpack([[1], Samples.textEntry("1")])), corrupt)
    expect(
      20, Samples.string(Samples.listpack([Samples.overlongEntry("a"), Samples.entry("a")])),
      corrupt)
    expect(3, [2, 1, 0x61, 1, 0x31, 1, 0x61, 1, 0x32], corrupt)
    expect(5, [2, 1, 0x61] + Samples.double(1) + [1, 0x61] + Samples.double(2), corrupt)
    expect(12, Samples.string(Samples.ziplist(pairs)), corrupt)
    expect(17, Samples.string(Samples.listpack(pairs)), corrupt)
    expect(4, [3] + Samples.strings(pairs), corrupt)
    expect(9, Samples.string(Samples.zipmap(pairs)), corrupt)
    expect(13, Samples.string(Samples.ziplist(pairs)), corrupt)
    expect(16, Samples.string(Samples.listpack(pairs)), corrupt)
    let triples = ["a", "1", "5000", "a", "2", "0"]
    expect(23, Samples.string(Samples.listpack(triples)), corrupt)
    expect(25, Samples.number64(5000) + Samples.string(Samples.listpack(triples)), corrupt)
    for first: UInt8 in [0, 1] {
      let fields = [2, first] + Samples.strings(["a", "1"]) + [0] + Samples.strings(["a", "2"])
      expect(24, Samples.number64(5000) + fields, corrupt)
      expect(22, fields, corrupt)
    }
    let field = Samples.strings(["a", "1"])
    expect(
      22, [2] + field + Samples.number64(-1) + field + Samples.number64(5000), version: 80, corrupt)
  }

  /// Beyond the bounds of compact forms, too.
  @Test func duplicatesAmongMany() {
    for count in [100, 127, 128, 129, 200, 511, 512, 513, 600] {
      let names = (0..<count).map { "member-\($0)" }
      let repeated = names + ["member-\(count / 2)"]
      expect(2, Samples.number(count + 1) + Samples.strings(repeated), .corrupt(""))
      expect(20, Samples.string(Samples.listpack(repeated)), .corrupt(""))
      let pairs = repeated.flatMap { [$0, "7"] }
      expect(16, Samples.string(Samples.listpack(pairs)), .corrupt(""))
      expect(17, Samples.string(Samples.listpack(pairs)), .corrupt(""))
      expect(4, Samples.number(count + 1) + Samples.strings(pairs), .corrupt(""))
      let whole = ReadValues().show(16, Samples.string(Samples.listpack(Array(pairs.dropLast(2)))))
      #expect(
        whole
          == .success(Shown(count <= 512 ? "listpack" : "table", names.map { "\($0)=7" }.sorted()))
      )
    }
  }

  @Test func scoresThatAreNoNumbers() {
    let corrupt = RDBError.corrupt("")
    expect(3, [1, 1, 0x61, 253], corrupt)
    expect(3, [1, 1, 0x61, 3] + Array("nan".utf8), corrupt)
    for bits: UInt64 in [0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0000, 0x7FF0_0000_0000_0001] {
      expect(5, [1, 1, 0x61] + Samples.double(Double(bitPattern: bits)), corrupt)
    }
    for text in ["nan", "-nan", "x", "", "1x", " 1"] {
      expect(12, Samples.string(Samples.ziplist(["a", text])), corrupt)
      expect(17, Samples.string(Samples.listpack(["a", text])), corrupt)
      // Behind one that is out of order, so that it is found while the set is built anew.
      expect(17, Samples.string(Samples.listpack(["b", "2", "a", "1", "c", text])), corrupt)
    }
  }

  @Test func oddElements() {
    let three = ["a", "1", "b"]
    for type: UInt8 in [12, 13] {
      expect(type, Samples.string(Samples.ziplist(three)), .corrupt(""))
    }
    for type: UInt8 in [16, 17] {
      expect(type, Samples.string(Samples.listpack(three)), .corrupt(""))
    }
    expect(23, Samples.string(Samples.listpack(["a", "1", "0", "b"])), .corrupt(""))
    expect(25, Samples.number64(1) + Samples.string(Samples.listpack(["a", "1"])), .corrupt(""))
    expect(9, Samples.string([1, 1, 0x61, 0xFF]), .corrupt(""))
  }

  @Test func intsetsThatAreWrong() {
    for bytes in [
      Samples.intset(2, [3, 1]), Samples.intset(3, [1]), Samples.intset(0, [1]),
      Samples.intset(2, [1, 2]) + [0], Array(Samples.intset(2, [1, 2]).dropLast()),
      Samples.little(2, 4) + Samples.little(-1, 4) + [1, 0],
      Samples.little(8, 4) + Samples.little(1 << 29, 4) + [1, 0, 0, 0, 0, 0, 0, 0],
    ] {
      expect(11, Samples.string(bytes), .corrupt(""))
    }
  }

  @Test func nodesOfAnUnknownKind() {
    for kind: UInt8 in [0, 3, 4, 63] {
      expect(18, [1, kind] + Samples.string(Samples.listpack(["a"])), .corrupt(""))
    }
  }

  @Test func fieldDeadlinesThatCannotBe() {
    let field = Samples.strings(["a", "1"])
    for deadline in [-2, Int64.min] {
      expect(22, [1] + field + Samples.number64(deadline), version: 80, .corrupt(""))
    }
    for (earliest, distance) in [
      (Int64.max, [2]), (.max, [1]), (-1, [1]), (.min, [1]), (0, [0x81] + Samples.number64(-1)),
      (0, [0x81, 0x7F, 255, 255, 255, 255, 255, 255, 255]), (1 << 46, [1]),
    ] as [(Int64, [UInt8])] {
      expect(24, Samples.number64(earliest) + [1] + distance + field, .corrupt(""))
    }
    expect(22, [1, 0x81, 0x7F, 255, 255, 255, 255, 255, 255, 255] + field, .corrupt(""))
    for text in ["-1", "x", "9223372036854775807", "70368744177664", ""] {
      expect(23, Samples.string(Samples.listpack(["a", "1", text])), .corrupt(""))
    }
  }

  // MARK: Built anew

  @Test func sortedSetsOutOfOrder() {
    let values = ReadValues()
    for (texts, shown) in [
      (["b", "2", "a", "1"], ["a:1.0", "b:2.0"]), (["b", "1", "a", "1"], ["a:1.0", "b:1.0"]),
      (["a", "1", "b", "1.50"], ["a:1.0", "b:1.5"]), (["a", "1e2"], ["a:100.0"]),
      (["a", "inf", "b", "-inf"], ["b:-inf", "a:inf"]),
      (["a", "9007199254740993"], ["a:9007199254740992.0"]),
    ] {
      let bytes = Samples.string(Samples.listpack(texts))
      #expect(values.show(17, bytes) == .success(Shown("listpack", shown)))
    }
  }

  /// Text of an integer, and text in a longer form than it needs: where members are looked for by
  /// their bytes, they would not be found.
  @Test func entriesNotAsWeWouldHaveThem() {
    let values = ReadValues()
    for form in [Samples.textEntry("12"), Samples.overlongEntry("12"), [0xC0, 12], [0xF1, 12, 0]] {
      for value in [Samples.textEntry("5"), Samples.overlongEntry("v"), Samples.entry("v")] {
        let hash = Samples.string(Samples.listpack([form, value]))
        expectFound(values, 16, hash, "12")
      }
      expectFound(values, 20, Samples.string(Samples.listpack([Samples.entry("x"), form])), "12")
      expectFound(values, 17, Samples.string(Samples.listpack([form, [1]])), "12")
    }
    for form in [Samples.overlongEntry("name"), [0xE0, 4] + Array("name".utf8)] {
      expectFound(values, 16, Samples.string(Samples.listpack([form, [1]])), "name")
      expectFound(values, 20, Samples.string(Samples.listpack([form, [1]])), "name")
      expectFound(values, 17, Samples.string(Samples.listpack([form, [1]])), "name")
    }
  }

  private func expectFound(
    _ values: ReadValues, _ type: UInt8, _ bytes: [UInt8], _ name: String,
    location: SourceLocation = #_sourceLocation
  ) {
    let isFound = values.read(type, bytes) { slot in
      Array(name.utf8).withView { name in
        switch slot.entry.type {
        case .hash: HashValue(values.keyspace[0], slot).find(name) != nil
        case .set: values.keyspace[0].set(slot).contains(name)
        default: values.keyspace[0].sortedSet(slot).score(name) != nil
        }
      }
    }
    #expect(isFound == .success(true), "\(type): \(bytes)", sourceLocation: location)
  }

  @Test func tooManyForTheCompactForm() {
    let values = ReadValues()
    values.keyspace.state.pointee.collectionLimits.set.countMax = 5
    values.keyspace.state.pointee.collectionLimits.hash.countMax = 5
    values.keyspace.state.pointee.collectionLimits.sortedSet.countMax = 5
    values.keyspace.state.pointee.collectionLimits.intsetCountMax = 5
    let pairs = Self.many.flatMap { [$0, "1"] }
    let scored = Self.many.map { "\($0):1.0" }
    let fields = Self.many.map { "\($0)=1" }
    func expect(_ type: UInt8, _ bytes: [UInt8], _ encoding: String, _ elements: [String]) {
      #expect(values.show(type, bytes) == .success(Shown(encoding, elements)), "\(type)")
    }
    expect(2, [10] + Samples.strings(Self.many), "table", Self.many)
    expect(20, Samples.string(Samples.listpack(Self.many)), "table", Self.many)
    expect(
      11, Samples.string(Samples.intset(2, Array(0..<10))), "table", (0..<10).map { "\($0)" })
    expect(12, Samples.string(Samples.ziplist(pairs)), "scoreTree", scored)
    expect(17, Samples.string(Samples.listpack(pairs)), "scoreTree", scored)
    expect(4, [10] + Samples.strings(pairs), "table", fields)
    expect(9, Samples.string(Samples.zipmap(pairs)), "table", fields)
    expect(13, Samples.string(Samples.ziplist(pairs)), "table", fields)
    expect(16, Samples.string(Samples.listpack(pairs)), "table", fields)
    let long = String(repeating: "x", count: 100)
    expect(4, [1] + Samples.strings(["a", long]), "table", ["a=\(long)"])
    expect(4, [1] + Samples.strings([long, "a"]), "table", ["\(long)=a"])
    expect(2, [1] + Samples.strings([long]), "table", [long])
    expect(5, [1] + Samples.strings([long]) + Samples.double(2), "scoreTree", ["\(long):2.0"])
  }

  /// A listpack may say that nobody has counted its elements. To count them must not change the
  /// bytes that were read, of which the file's checksum is still to be computed.
  @Test func uncountedListpacks() {
    let values = ReadValues()
    let entries = ["a", "1", "b", "2"].map(Samples.entry)
    let triples = ["a", "1", "0", "b", "2", "5000"].map(Samples.entry)
    let uncounted = Samples.string(Samples.listpack(entries, count: 65535))
    let uncountedTriples = Samples.string(Samples.listpack(triples, count: 65535))
    for (type, bytes) in [
      (16, uncounted), (17, uncounted), (20, uncounted), (18, [1, 2] + uncounted),
      (23, uncountedTriples), (25, Samples.number64(5000) + uncountedTriples),
    ] as [(UInt8, [UInt8])] {
      let expected = bytes.withView { RDBFormat.checksum($0) }
      var source = bytes
      var reader = RDBReader(byteCount: bytes.count) { (target, count) throws(RDBError) in
        target.copyMemory(from: source, byteCount: source.count)
        defer { source = [] }
        return source.count
      }
      var objects = RDBObjectReader(values.keyspace.state, version: 12)
      let heading = RDBObjectReader.Heading(key: ByteView("key"), deadline: nil, accessClock: 0)
      let entry = try? objects.entry(type: type, heading, &reader)
      #expect(entry != nil, "\(type)")
      entry?.free { Allocation.free($0, $1) }
      #expect(reader.checksum() == expected, "\(type)")
    }
  }
}
