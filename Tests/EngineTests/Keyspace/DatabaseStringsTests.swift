import CAlloc
import Core
import Testing

@testable import Engine

/// The same operations on a database and on arrays of bytes: they must agree after each.
private struct StringsModel {
  struct Value: Equatable {
    var bytes: [UInt8]
    var deadline: Int64?
    var isEdited = false
  }

  let database: Database
  let keys: [[UInt8]]
  var values: [Int: Value] = [:]
  var random: SeededRandom

  init(_ database: Database, seed: UInt64) {
    self.database = database
    // A key of 255 bytes or more has a length field of its own.
    keys = [1, 3, 7, 8, 9, 16, 23, 100, 254, 255, 300].map { [UInt8](repeating: 107, count: $0) }
    random = SeededRandom(state: seed)
  }

  /// Lengths around every bound: integers, embstr, size classes, the switch to a block.
  private mutating func length() -> Int {
    let bounds = [0, 1, 8, 15, 16, 19, 20, 21, 44, 45, 64, 80, 96, 128, 512, 4096, 5000, 20_000]
    let bound = bounds[Int(random.next() % UInt64(bounds.count))]
    return max(0, bound + Int(random.next() % 7) - 3)
  }

  private mutating func bytes() -> [UInt8] {
    if random.next() % 3 == 0 {
      return Array(String(Int64(bitPattern: random.next()) >> Int64(random.next() % 64)).utf8)
    }
    return (0..<length()).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  private mutating func change(_ old: Value?) -> (DeadlineChange, Int64?) {
    switch random.next() % 3 {
    case 0: return (.remove, nil)
    case 1: return (.keep, old?.deadline)
    default:
      let time = Int64(random.next() % 1_000_000) + 1_000_000
      return (.set(time), time)
    }
  }

  mutating func step() {
    let place = Int(random.next() % UInt64(keys.count))
    let operation = random.next() % 8
    let argument = bytes()
    let (change, deadline) = change(values[place])
    keys[place].withView { bytes in
      let key = Key(bytes: bytes, hash: database.hash(bytes))
      argument.withView { view in
        apply(operation, place, key, view, change, deadline)
      }
    }
    check(place)
  }

  private mutating func apply(
    _ operation: UInt64, _ place: Int, _ key: Key, _ view: ByteView, _ change: DeadlineChange,
    _ deadline: Int64?
  ) {
    let slot = database.find(key)
    #expect((slot != nil) == (values[place] != nil))
    let argument = Array(view)
    switch (operation, slot) {
    case (0, let slot?):
      database.delete(slot, isLazy: false)
      values[place] = nil
    case (1, _):
      database.setBlock(key, slot, StringBlock(copying: view), change)
      values[place] = Value(bytes: argument, deadline: deadline, isEdited: true)
    case (2, let slot?), (3, let slot?):
      values[place]?.bytes += argument
      values[place]?.isEdited = true
      #expect(database.append(slot, view) == values[place]?.bytes.count)
    case (4, let slot?):
      overwrite(place, slot, view)
    case (4, nil):
      let zeroCount = length()
      database.setPadded(key, zeroCount: zeroCount, view)
      values[place] = Value(
        bytes: [UInt8](repeating: 0, count: zeroCount) + argument, deadline: nil, isEdited: true)
    case (5, let slot?) where database.isInteger(slot):
      guard case .integer(let old) = database.string(slot) else { return }
      let (sum, overflow) = old.addingReportingOverflow(1 << 40)
      #expect(database.addInPlace(slot, 1 << 40) == (overflow ? nil : sum))
      if !overflow { values[place]?.bytes = Array(String(sum).utf8) }
    default:
      database.setString(key, slot, view, change)
      values[place] = Value(bytes: argument, deadline: deadline)
    }
  }

  private mutating func overwrite(_ place: Int, _ slot: Slot, _ view: ByteView) {
    guard var bytes = values[place]?.bytes else { return }
    let offset = length()
    let end = offset + view.count
    if end > bytes.count { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
    bytes.replaceSubrange(offset..<end, with: Array(view))
    #expect(database.overwrite(slot, at: offset, view) == bytes.count)
    values[place]?.bytes = bytes
    values[place]?.isEdited = true
  }

  private func check(_ place: Int) {
    keys[place].withView { bytes in
      let slot = database.find(Key(bytes: bytes, hash: database.hash(bytes)))
      guard let slot, let value = values[place] else {
        #expect(slot == nil && values[place] == nil)
        return
      }
      let content = database.string(slot)
      #expect(content.withBytes { Array($0) } == value.bytes)
      #expect(content.count == value.bytes.count)
      #expect(value.bytes.withView { content == $0 })
      #expect((slot.isVolatile ? slot.entry.deadline : nil) == value.deadline)
      #expect(slot.isVolatile == slot.entry.hasDeadline)
      let isInteger = value.bytes.withView { $0.parseInteger() } != nil
      if !value.isEdited { #expect(database.isInteger(slot) == isInteger) }
      if value.isEdited { #expect(!database.isInteger(slot)) }
      #expect(slot.entry.key == bytes)
    }
    #expect(database.count == values.count)
    #expect(database.volatileCount == values.values.count { $0.deadline != nil })
  }

  mutating func deleteAll() {
    for place in values.keys {
      keys[place].withView { bytes in
        let slot = database.find(Key(bytes: bytes, hash: database.hash(bytes)))
        if let slot { database.delete(slot, isLazy: false) }
      }
    }
    values = [:]
  }
}

/// SplitMix64: small, and the same everywhere.
private struct SeededRandom {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct DatabaseStringsTests {
  private static func makeDatabase() -> Database {
    Keyspace(seedWords: (1 << 60 + 3, 5 << 50 + 7, 11 << 40 + 13, 17 << 30 + 19), databaseCount: 1)[
      0]
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>) func agreesWithModel(seed: UInt64) {
    var model = StringsModel(Self.makeDatabase(), seed: seed)
    for _ in 0..<600 { model.step() }
    model.deleteAll()
    #expect(model.database.count == 0)
    #expect(model.database.volatileCount == 0)
  }

  @Test func freesEverything() async {
    // Alone in its process, because other tests allocate meanwhile.
    await #expect(processExitsWith: .success) {
      let database = Self.makeDatabase()
      func run() {
        var model = StringsModel(database, seed: 99)
        for _ in 0..<300 { model.step() }
        model.deleteAll()
      }
      run()
      let before = apus_alloc_used
      run()
      precondition(apus_alloc_used == before)
    }
  }

  @Test func keepsTheEntryOfTheSameClass() throws {
    let database = Self.makeDatabase()
    let name = Array("key".utf8)
    try name.withView { bytes in
      let key = Key(bytes: bytes, hash: database.hash(bytes))
      database.setString(key, nil, ByteView("0123456789"), .set(1 << 40))
      let first = try #require(database.find(key))
      let entry = first.entry
      // 8 header, 8 deadline, 3 key, 10 value: 32 bytes. An integer needs 27, no deadline 21.
      database.setString(key, first, ByteView("abcdefghijkl"), .set(1 << 41))
      #expect(first.entry == entry)
      database.setString(key, first, ByteView("12345"), .keep)
      #expect(first.entry == entry)
      #expect(database.isInteger(first))
      database.setString(key, first, ByteView("0123456789abcd"), .remove)
      #expect(first.entry == entry)
      #expect(!first.isVolatile)
      #expect(database.string(first) == ByteView("0123456789abcd"))
      database.setString(key, first, ByteView("x12345"), .set(7))
      #expect(first.entry == entry)
      #expect(entry.deadline == 7)
    }
  }

  @Test func reusesTheBlock() throws {
    let database = Self.makeDatabase()
    try Array("key".utf8).withView { bytes in
      let key = Key(bytes: bytes, hash: database.hash(bytes))
      let values = [UInt8(1), 2].map { [UInt8](repeating: $0, count: 10_000) }
      values[0].withView { database.setString(key, nil, $0, .remove) }
      let slot = try #require(database.find(key))
      let payload = slot.entry.payload
      values[1].withView { database.setString(key, slot, $0, .remove) }
      #expect(slot.entry.payload == payload)
      #expect(values[1].withView { database.string(slot) == $0 })
    }
  }

  @Test func growsAheadInBlocks() throws {
    let database = Self.makeDatabase()
    try Array("key".utf8).withView { bytes in
      let key = Key(bytes: bytes, hash: database.hash(bytes))
      let piece = [UInt8](repeating: 1, count: 4096)
      piece.withView { database.setString(key, nil, $0, .remove) }
      let slot = try #require(database.find(key))
      _ = database.append(slot, ByteView("x"))
      #expect(StringBlock(payload: slot.entry.payload).capacity == 2 * 4097)
      var moves = 0
      var payload = slot.entry.payload
      for _ in 0..<1024 {
        _ = piece.withView { database.append(slot, $0) }
        if slot.entry.payload != payload { moves += 1 }
        payload = slot.entry.payload
      }
      #expect(moves <= 12)
      let block = StringBlock(payload: slot.entry.payload)
      #expect(block.capacity <= block.count + 1024 * 1024)
    }
  }

  @Test func addsFloats() throws {
    let database = Self.makeDatabase()
    Array("key".utf8).withView { bytes in
      let key = Key(bytes: bytes, hash: database.hash(bytes))
      func add(_ increment: StaticString) -> String {
        switch database.addFloat(key, database.find(key), ByteView(increment)) {
        case .stored(let sum): sum.withBytes { String($0) }
        case .notFloat: "not float"
        case .notFinite: "not finite"
        }
      }
      #expect(add("1.5") == "1.5")
      #expect(add("3.5") == "5")
      #expect(database.find(key).map { database.isInteger($0) } == false)
      #expect(add("x") == "not float")
      #expect(add("inf") == "not finite")
      // Too long for the entry.
      #expect(add("1e4900").count == 4901)
      #expect(database.find(key)?.entry.encoding == .block)
    }
  }
}
