import CAlloc
import Core
import Testing

@testable import Engine

/// Whole files: what was saved is loaded, what is wrong is refused.
@Suite struct RDBLoadTests {
  typealias Sets = RDBDataSets
  typealias Samples = RDBSamples

  private func error(
    _ bytes: [UInt8], _ options: RDBLoad.Options = .init(), into keyspace: Keyspace? = nil
  ) -> String? {
    switch Sets.load(bytes, into: keyspace ?? Sets.keyspace(), options) {
    case .success: nil
    case .failure(let failure): failure.text
    }
  }

  private func expect(
    _ bytes: [UInt8], _ part: String, _ options: RDBLoad.Options = .init(),
    location: SourceLocation = #_sourceLocation
  ) {
    let text = error(bytes, options)
    #expect(text?.contains(part) == true, "\(text ?? "loaded")", sourceLocation: location)
  }

  // MARK: Round trips

  @Test(arguments: [RDBDialect.redis, .valkey]) func roundTrip(_ dialect: RDBDialect) throws {
    let server = Sets.server()
    let original = server.server.pointee.keyspace
    let libraries = [Array("#!lua name=one\n".utf8), [UInt8](repeating: 0x61, count: 5000)]
    for compresses in [false, true] {
      let bytes = Sets.bytes(
        Sets.snapshot(original, dialect, libraries: libraries), compresses: compresses)
      #expect(bytes.starts(with: Array((dialect == .redis ? "REDIS0012" : "VALKEY080").utf8)))
      let copy = Sets.keyspace(now: original.state.pointee.now)
      let notes = try Sets.load(bytes, into: copy).get()
      #expect(copy.digest == original.digest)
      #expect(notes.libraries == libraries)
      #expect(notes.field("redis-bits") == "64")
      #expect(notes.loadedCount == (0..<16).reduce(0) { $0 + original[$1].count })
      for index in 0..<16 {
        #expect(copy[index].count == original[index].count)
        #expect(copy[index].volatileCount == original[index].volatileCount)
        #expect(
          copy[index].storage.pointee.expiringHashCount
            == original[index].storage.pointee.expiringHashCount)
      }
    }
  }

  /// The files of the oldest servers that still read them: nothing newer without need.
  @Test func versionIsAsLowAsItCanBe() {
    let server = InProcessServer()
    _ = server.run("SET", "a", "1")
    let snapshot = { Sets.bytes(Sets.snapshot(server.server.pointee.keyspace, $0)) }
    for dialect in [RDBDialect.redis, .valkey] {
      #expect(snapshot(dialect).starts(with: Array("REDIS0010".utf8)))
    }
    _ = server.run("HSET", "h", "f", "v")
    _ = server.run("HEXPIRE", "h", "1000", "FIELDS", "1", "f")
    #expect(snapshot(.redis).starts(with: Array("REDIS0012".utf8)))
    #expect(snapshot(.valkey).starts(with: Array("VALKEY080".utf8)))
    _ = server.run("DEL", "h")
    #expect(snapshot(.redis).starts(with: Array("REDIS0010".utf8)))
  }

  /// However the file comes and in whatever slices it is loaded.
  @Test func slicesOfAnySize() throws {
    let server = Sets.server()
    let original = server.server.pointee.keyspace
    let bytes = Sets.bytes(Sets.snapshot(original))
    for (piece, slice) in [
      (1, 1), (7, 100), (4096, 1), (.max, 1), (1000, 4096), (65_536, 65_536), (.max, 1 << 20),
      (3, .max),
    ] {
      let copy = Sets.keyspace(now: original.state.pointee.now)
      _ = try Sets.load(bytes, into: copy, pieceByteCount: piece, sliceByteCount: slice).get()
      #expect(copy.digest == original.digest, "\(piece), \(slice)")
    }
  }

  @Test func nothing() throws {
    let keyspace = Sets.keyspace()
    let notes = try Sets.load(Sets.bytes(Sets.snapshot(keyspace)), into: keyspace).get()
    #expect(notes.loadedCount == 0)
    #expect(notes.version == 10)
  }

  // MARK: The head

  @Test func wrongMagic() {
    for magic in [
      "REDIS", "redis0012", "RADIS0012", "VALKEY 80", "REDIS 012", "REDIS+012", "", "x",
    ] {
      let bytes = Array(magic.utf8) + [255] + [UInt8](repeating: 0, count: 20)
      #expect(error(bytes) != nil, "\(magic)")
    }
    expect(Sets.file(magic: "RADIS0012"), "Wrong signature")
    expect(Sets.file(magic: "VALKEX080"), "Wrong signature")
  }

  @Test func versionsThatAreNotRead() {
    for magic in [
      "REDIS0013", "REDIS0000", "REDIS0080", "REDIS-001", "VALKEY081", "VALKEY079",
      "VALKEY012", "REDIS9999",
    ] {
      expect(Sets.file(magic: magic), "RDB format version")
    }
    for version in 1...12 {
      let digits = (version < 10 ? "000" : "00") + "\(version)"
      #expect(error(Sets.file(Sets.key("a"), magic: "REDIS\(digits)")) == nil)
    }
    #expect(error(Sets.file(magic: "VALKEY080")) == nil)
  }

  // MARK: The checksum

  @Test func checksums() {
    let file = Sets.file(Sets.key("a"))
    for index in 1...8 {
      var wrong = file
      wrong[file.count - index] ^= 1
      expect(wrong, "checksum")
      var options = RDBLoad.Options()
      options.checksums = false
      #expect(error(wrong, options) == nil)
    }
    let none = Array(file.dropLast(8)) + [UInt8](repeating: 0, count: 8)
    guard case .success(let notes) = Sets.load(none, into: Sets.keyspace()) else {
      Issue.record("not loaded")
      return
    }
    #expect(notes.hasNoChecksum)
    // Files had none before version 5.
    #expect(error(Array(Sets.file(Sets.key("a"), magic: "REDIS0004").dropLast(8))) == nil)
    #expect(error(Array(Sets.file(Sets.key("a"), magic: "REDIS0005").dropLast(8))) != nil)
    let keyspace = Sets.keyspace()
    #expect(Sets.bytes(Sets.snapshot(keyspace), checksums: false).suffix(8).allSatisfy { $0 == 0 })
  }

  /// A listpack of uncounted elements, to count which must not change what the checksum is of.
  @Test func checksumOfUncountedListpacks() {
    let pack = Samples.listpack(["a", "1"].map(Samples.entry), count: 65535)
    #expect(error(Sets.file(Sets.key("h", 16, Samples.string(pack)))) == nil)
  }

  // MARK: Keys

  @Test func duplicateKeys() throws {
    let file = Sets.file(Sets.key("a"), Sets.key("b"), Sets.key("a", "w"))
    expect(file, "value of key 'a'")
    expect(file, "duplicated key")
    // Far apart, so that the first is in the table when the second comes.
    let many = (0..<200).flatMap { Sets.key("key\($0)") }
    expect(Sets.file(Sets.key("a"), many, Sets.key("a")), "duplicated key")
    // The same name in another database is another key.
    #expect(error(Sets.file(Sets.key("a"), [RDBOpcode.selectDatabase, 1], Sets.key("a"))) == nil)
  }

  /// Keys that are there are replaced, by the last of one name.
  @Test func replacingKeys() throws {
    var options = RDBLoad.Options()
    options.replacesKeys = true
    for distance in [0, 1, 30, 31, 32, 33, 200] {
      let keyspace = Sets.keyspace()
      let others = (0..<distance).flatMap { Sets.key("key\($0)") }
      let file = Sets.file(Sets.key("a", "old"), others, Sets.key("a", "new"))
      for _ in 0..<2 { _ = try Sets.load(file, into: keyspace, options).get() }
      #expect(keyspace[0].count == distance + 1)
      let value = Array("a".utf8).withView { name in
        keyspace[0].find(keyspace[0].key(name)).map { slot in
          if case .bytes(let bytes) = keyspace[0].string(slot) { String(bytes) } else { "" }
        }
      }
      #expect(value == "new", "\(distance)")
    }
  }

  @Test func databasesOutOfRange() {
    for index: [UInt8] in [[16], [0x40, 64], [0x81] + [UInt8](repeating: 255, count: 8)] {
      expect(Sets.file([RDBOpcode.selectDatabase] + index, Sets.key("a")), "databases")
    }
    #expect(error(Sets.file([RDBOpcode.selectDatabase, 15], Sets.key("a"))) == nil)
  }

  @Test func deadlines() throws {
    let now: Int64 = 1_700_000_000_000
    func at(_ deadline: Int64, _ name: String) -> [UInt8] {
      [RDBOpcode.deadlineMilliseconds] + Samples.number64(deadline) + Sets.key(name)
    }
    let file = Sets.file(
      at(now - 1, "past"), at(now + 1, "future"), Sets.key("none"), at(.max, "last"),
      at(.min, "first"), [RDBOpcode.deadlineSeconds] + Samples.little(2_000_000_000, 4),
      Sets.key("seconds"), [RDBOpcode.deadlineSeconds, 255, 255, 255, 255], Sets.key("1969"))
    let keyspace = Sets.keyspace(now: now)
    let notes = try Sets.load(file, into: keyspace).get()
    #expect(notes.loadedCount == 4)
    #expect(notes.expiredCount == 3)
    #expect(keyspace[0].volatileCount == 3)
    // A log will say when they went.
    var options = RDBLoad.Options()
    options.keepsExpired = true
    let other = Sets.keyspace(now: now)
    #expect(try Sets.load(file, into: other, options).get().loadedCount == 7)
    #expect(other[0].count == 7)
  }

  @Test func emptyCollectionsAreSkipped() throws {
    let empty = (0..<20).flatMap { Sets.key("e\($0)", 2, [0]) }
    let keyspace = Sets.keyspace()
    let notes = try Sets.load(Sets.file(empty, Sets.key("a")), into: keyspace).get()
    #expect(notes.emptyCount == 20)
    #expect(notes.emptyKeys.count == 10)
    #expect(notes.loadedCount == 1)
    #expect(keyspace[0].count == 1)
  }

  @Test func whatStandsBeforeAKey() throws {
    let keyspace = Sets.keyspace()
    keyspace.state.pointee.accessClock = 5
    let idle: [UInt8] = [RDBOpcode.idle, 10]
    let bomb = [RDBOpcode.idle, 0x81] + [UInt8](repeating: 255, count: 8)
    let file = Sets.file(
      idle, Sets.key("a"), bomb, Sets.key("b"), [RDBOpcode.frequency, 7], Sets.key("c"))
    #expect(try Sets.load(file, into: keyspace).get().loadedCount == 3)
    for (name, clock) in [("a", UInt32(0xff_fffb)), ("b", 6), ("c", 5)] {
      let found = Array(name.utf8).withView { name in
        keyspace[0].find(keyspace[0].key(name))?.entry.accessClock
      }
      #expect(found == clock, "\(name)")
    }
  }

  // MARK: Opcodes

  @Test func auxiliaryFields() throws {
    let field: [UInt8] = [RDBOpcode.field] + Samples.strings(["name", "value"])
    let many = (0..<500).flatMap { [RDBOpcode.field] + Samples.strings(["n\($0)", ""]) }
    let file = Sets.file(field, many, [RDBOpcode.resizeDatabase, 1, 1], Sets.key("a"))
    let notes = try Sets.load(file, into: Sets.keyspace()).get()
    #expect(notes.field("name") == "value")
    #expect(notes.fields.count <= 64)
  }

  /// Redis, August 2026: slots beyond the last were written to. We know none.
  @Test func slotInformationOutOfRange() {
    let lies: [[UInt8]] = [
      [0x40 | 0x40, 0], [0x80, 0, 0, 0x40, 0], [0x81, 0, 0, 0, 1, 0, 0, 0, 0],
      [0x81] + [UInt8](repeating: 255, count: 8),
    ]
    for lie in [[5]] + lies.dropFirst() {
      let file = Sets.file([RDBOpcode.slotInformation] + lie + lie + lie, Sets.key("a"))
      #expect(error(file) == nil)
    }
  }

  @Test func sizesThatLie() {
    let bomb = [0x81] + [UInt8](repeating: 255, count: 8)
    #expect(error(Sets.file([RDBOpcode.resizeDatabase] + bomb + bomb, Sets.key("a"))) == nil)
  }

  @Test func opcodesThatAreNot() {
    expect(Sets.file([RDBOpcode.moduleField, 1, 2, 3]), "module")
    expect(Sets.file([RDBOpcode.functionDraft, 1, 2, 3]), "function")
    expect(Sets.file([RDBOpcode.slotImport, 1, 2, 3]), "243")
    for type: UInt8 in [6, 7] { expect(Sets.file(Sets.key("a", type, [1])), "module") }
    for type: UInt8 in [15, 19, 21] { expect(Sets.file(Sets.key("a", type, [1])), "stream") }
    for type: UInt8 in [8, 26, 100, 242] { expect(Sets.file(Sets.key("a", type, [1])), "\(type)") }
  }

  // MARK: Damage

  /// Nine bytes and a length: nothing is allocated for it.
  @Test func claimedLengthBombs() async {
    await #expect(processExitsWith: .success) {
      let keyspace = Sets.keyspace()
      let claim: [UInt8] = [0x81, 0x80, 0, 0, 0, 0, 0, 0, 0]
      for head: [UInt8] in [
        [0], [0, 1, 0x61], [RDBOpcode.field], [RDBOpcode.function], [2, 1, 0x61],
      ] {
        let before = apus_alloc_used
        let result = Sets.load(Array("REDIS0012".utf8) + head + claim, into: keyspace)
        guard case .failure(let failure) = result else { preconditionFailure() }
        precondition(failure.isTruncated)
        precondition(apus_alloc_used == before)
      }
    }
  }

  /// A file that is cut anywhere, or of which a byte is another one: an error or keys, and when
  /// these are gone, nothing.
  @Test func everyByteAndEveryCut() async {
    await #expect(processExitsWith: .success) {
      let server = InProcessServer()
      let client = server.connect()
      for command in [
        "SET a 1", "RPUSH list a b 3", "SADD set x 7", "ZADD zset 1 a 2.5 b", "HSET hash a 1",
        "HSET h2 a 1 b 2", "HPEXPIREAT h2 9000000000000 FIELDS 1 a", "SELECT 3", "SET b 2",
        "PEXPIREAT b 9000000000000",
      ] {
        precondition(!client.send(command.split(separator: " ").map(String.init)).hasPrefix("-"))
      }
      let bytes = Sets.bytes(Sets.snapshot(server.server.pointee.keyspace))
      let keyspace = Sets.keyspace()
      func attempt(_ bytes: [UInt8], checksums: Bool) -> Bool {
        var options = RDBLoad.Options()
        options.checksums = checksums
        defer { for index in 0..<16 { keyspace[index].flush(isLazy: false) } }
        if case .success = Sets.load(bytes, into: keyspace, options) { return true }
        return false
      }
      precondition(attempt(bytes, checksums: true))
      let before = apus_alloc_used
      for end in bytes.indices {
        precondition(!attempt(Array(bytes[..<end]), checksums: true), "cut at \(end)")
      }
      for index in bytes.indices {
        for mask: UInt8 in [0xFF, 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01] {
          var damaged = bytes
          damaged[index] ^= mask
          let isLoaded = attempt(damaged, checksums: true)
          // A file of another version may have no checksum.
          precondition(!isLoaded || index < RDBOpcode.magicByteCount, "byte \(index) ^ \(mask)")
          _ = attempt(damaged, checksums: false)
        }
      }
      precondition(apus_alloc_used == before)
    }
  }
}
