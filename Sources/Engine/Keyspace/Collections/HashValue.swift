import Core

/// A hash under its key: the operations on fields, whatever the form.
///
///     listpack        field, value, field, value ...    up to `hash-max-listpack-entries` fields
///     table           MemberTable of HashField          beyond, or with a long field or value
///     expiringHash    the same with a heap of deadlines, while any field has one
///
/// It grows from one form into the next and never goes back, but for the last, which is left with
/// the last deadline.
///
/// A handle of two pointers. Lifetime: that of the slot; whoever removes the last field deletes the
/// key (`removeIfEmpty`), which ends it. Views of fields and values borrow from the hash until it
/// is changed.
///
/// Fields past their deadline may still be stored; nothing here shows them.
struct HashValue {
  let database: Database
  let slot: Slot

  @inline(__always)
  init(_ database: Database, _ slot: Slot) {
    self.database = database
    self.slot = slot
  }

  /// The last deadline that a command may give a field: Redis has 46 bits for one, which last until
  /// the year 4199.
  static let deadlineMax: Int64 = 0x3fff_ffff_ffff

  /// Where a field is. Lifetime: until the hash is changed.
  enum Place {
    case listpack(Int)
    case table(Slot)
  }

  // MARK: Parts

  @inline(__always)
  var entry: Entry { slot.entry }

  @inline(__always)
  var context: TableContext { database.keyspace.pointee.tables }

  @inline(__always)
  var now: Int64 { database.keyspace.pointee.now }

  @inline(__always)
  var isListpack: Bool { entry.encoding == .listpack }

  @inline(__always)
  var listpack: Listpack { Listpack(payload: entry.payload) }

  /// nil for a hash without field deadlines.
  @inline(__always)
  var expiring: ExpiringHash? {
    entry.encoding == .expiringHash ? ExpiringHash(payload: entry.payload) : nil
  }

  /// REQUIRES: not a listpack.
  @inline(__always)
  var table: MemberTable<HashField> {
    expiring?.table ?? MemberTable<HashField>(payload: entry.payload)
  }

  // MARK: Reading

  /// How many fields there are.
  @inline(__always)
  var count: Int { isListpack ? listpack.count / 2 : tableCount }

  private var tableCount: Int { table.count - (expiring?.dueCount(now) ?? 0) }

  @inline(__always)
  func find(_ field: ByteView) -> Place? { find(field, hash: context.hash(field)) }

  /// As above for a field whose hash may be known already.
  @inline(__always)
  func find(_ field: ByteView, hash: @autoclosure () -> UInt64) -> Place? {
    if isListpack {
      let listpack = listpack
      return listpack.find(field, from: listpack.start, skip: 1).map { .listpack($0) }
    }
    return findInTable(field, hash()).map { .table($0) }
  }

  @inline(__always)
  private func findInTable(_ field: ByteView, _ hash: UInt64) -> Slot? {
    let table = table
    guard let found = table.find(field, hash), !table.record(found).isDue(now) else {
      return nil
    }
    return found
  }

  @inline(__always)
  func value(_ place: Place) -> ListpackElement {
    switch place {
    case .listpack(let position):
      let listpack = listpack
      return listpack.element(at: listpack.next(position))
    case .table(let found): return .bytes(table.record(found).value)
    }
  }

  @inline(__always)
  func value(_ field: ByteView) -> ListpackElement? { find(field).map(value) }

  /// A field as readers see it.
  struct Field {
    let name: ListpackElement
    let value: ListpackElement
    var deadline: Int64?
  }

  /// Calls `body` with each field, in no order that a client may rely on.
  @inline(__always)
  func forEach(_ body: (Field) -> Void) {
    guard isListpack else { return forEachRecord { body(Self.field($0)) } }
    let listpack = listpack
    let end = listpack.end
    var position = listpack.start
    while position < end {
      let value = listpack.next(position)
      body(Field(name: listpack.element(at: position), value: listpack.element(at: value)))
      position = listpack.next(value)
    }
  }

  static func field(_ record: HashField) -> Field {
    Field(
      name: .bytes(record.key), value: .bytes(record.value),
      deadline: record.hasDeadline ? record.deadline : nil)
  }

  @inline(__always)
  private func forEachRecord(_ body: (HashField) -> Void) {
    let table = table
    let now = now
    table.forEachSlot { found in
      let record = table.record(found)
      if !record.isDue(now) { body(record) }
    }
  }
}

extension Database {
  /// As `read`, for a key that must hold a hash.
  @inline(__always)
  func readHash(_ key: Key) throws(CommandError) -> HashValue? {
    guard let slot = try read(key, as: .hash) else { return nil }
    return HashValue(self, slot)
  }

  /// As `write`, for a key that must hold a hash.
  @inline(__always)
  func writeHash(_ key: Key) throws(CommandError) -> HashValue? {
    guard let slot = try write(key, as: .hash) else { return nil }
    return HashValue(self, slot)
  }

  /// The key's hash, made if the key does not exist; the caller adds a field then.
  @inline(__always)
  func makeHash(_ key: Key) throws(CommandError) -> HashValue {
    if let hash = try writeHash(key) { return hash }
    return HashValue(self, insertCollection(key, .hash, .listpack, Listpack().payload))
  }
}
