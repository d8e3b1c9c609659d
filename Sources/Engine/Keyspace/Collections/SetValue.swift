import Core

/// A set in whichever of its three forms: what the commands on sets work with.
///
///     intset     integers only, up to `set-max-intset-entries`       sorted block
///     listpack   few short members                                   block, in order of arrival
///     table      everything else                                     `MemberTable<SetMember>`
///
/// Adding converts upwards exactly where Redis 7.2 does (`SetValue+Adding.swift`), which shows in
/// OBJECT ENCODING and in files; removing never converts back.
///
/// A value of two words beside the keyspace's pointer: the form and its payload, as the key's entry
/// holds them. It belongs to no key, so the same code builds results that become a key's or are
/// only replied. Changes are made to the copy; `Database.put` writes them into the entry.
///
/// Invariants: a set that is a key's is not empty.
/// Ownership: a key's set belongs to the key's entry; who makes one puts it into a key or calls
/// `free`. Lifetime: a change INVALIDATES other copies of the value and elements' bytes; looking
/// other keys up does not, even if they expire.
///
/// Complexity: that of the form; `contains`, `add` and `remove` are O(1) for a table, O(log n) and
/// O(n) in an intset, O(n) in a listpack, whose n is bounded by the configuration.
struct SetValue: CollectionValue {
  /// An integer of an intset or listpack, or bytes.
  typealias Element = ListpackElement

  static var type: ValueType { .set }

  private(set) var encoding: Encoding
  private(set) var payload: UInt64
  let keyspace: UnsafeMutablePointer<KeyspaceState>

  @inline(__always)
  init(
    _ encoding: Encoding, _ payload: UInt64, _ keyspace: UnsafeMutablePointer<KeyspaceState>
  ) {
    self.encoding = encoding
    self.payload = payload
    self.keyspace = keyspace
  }

  // MARK: Forms

  @inline(__always)
  var intset: Intset { Intset(payload: payload) }

  @inline(__always)
  var listpack: Listpack { Listpack(payload: payload) }

  @inline(__always)
  var table: MemberTable<SetMember> { MemberTable(payload: payload) }

  @inline(__always)
  var tables: TableContext { keyspace.pointee.tables }

  /// Notes where the form's memory is after a change.
  @inline(__always)
  mutating func didMove(_ encoding: Encoding, _ payload: UInt64) {
    self.encoding = encoding
    self.payload = payload
  }

  // MARK: Reading

  var count: Int {
    @inline(__always) get {
      switch encoding {
      case .intset: intset.count
      case .listpack: listpack.count
      default: table.count
      }
    }
  }

  /// Whether both are the same key's.
  func isSame(as other: SetValue) -> Bool { payload == other.payload }

  /// The integer that `member` is the text of: what makes it an intset's.
  @inline(__always)
  static func integer(_ member: ByteView) -> Int64? {
    member.count <= IntegerText.maximumCount ? member.parseInteger() : nil
  }

  func contains(_ member: ByteView) -> Bool { contains(member, hash: tables.hash(member)) }

  /// With the member's hash, which a batch may know already. Only a table asks for it.
  @inline(__always)
  func contains(_ member: ByteView, hash: @autoclosure () -> UInt64) -> Bool {
    switch encoding {
    case .table: return table.find(member, hash()) != nil
    case .intset:
      guard let number = Self.integer(member) else { return false }
      return intset.contains(number)
    default:
      let listpack = listpack
      return listpack.find(member, from: listpack.start) != nil
    }
  }

  func contains(_ element: Element) -> Bool {
    if case .integer(let number) = element, encoding == .intset { return intset.contains(number) }
    return element.withText { contains($0) }
  }

  /// Calls `body` with each element until it returns false; returns whether it never did.
  @inline(__always)
  @discardableResult
  func forEach(_ body: (Element) -> Bool) -> Bool {
    switch encoding {
    case .table: return table.forEachRecord { body(.bytes($0.key)) }
    case .intset:
      let intset = intset
      for index in 0..<intset.count where !body(.integer(intset[index])) { return false }
    default:
      let listpack = listpack
      var position = listpack.start
      while position < listpack.end {
        if !body(listpack.element(at: position)) { return false }
        position = listpack.next(position)
      }
    }
    return true
  }

  // MARK: Removing

  mutating func remove(_ member: ByteView) -> Bool {
    let tables = tables
    return remove(member, hash: tables.hash(member))
  }

  /// Takes a member out; false when it is not there. The set may be empty then.
  mutating func remove(_ member: ByteView, hash: @autoclosure () -> UInt64) -> Bool {
    switch encoding {
    case .table:
      guard let slot = table.find(member, hash()) else { return false }
      removeRecord(slot)
    case .intset:
      guard let number = Self.integer(member) else { return false }
      var intset = intset
      guard intset.remove(number) else { return false }
      payload = intset.payload
    default:
      var listpack = listpack
      guard let position = listpack.find(member, from: listpack.start) else { return false }
      listpack.remove(at: position)
      payload = listpack.payload
    }
    return true
  }

  mutating func remove(_ element: Element) -> Bool { element.withText { remove($0) } }

  /// Takes a record out of the table and frees it.
  func removeRecord(_ slot: Slot) { table.remove(slot).free() }

  // MARK: Ownership

  /// Frees the set, a huge one on the background thread.
  func free() {
    switch encoding {
    case .intset: intset.free()
    case .listpack: listpack.free()
    default:
      // That thread takes entries: a nameless one holds the table.
      let shape = Entry.Shape(type: .set, encoding: encoding)
      let entry = Entry.make(shape, key: ByteView(""), accessClock: 0)
      entry.payload = payload
      Database.release(entry, isLazy: false, keyspace)
    }
  }
}

/// Sets as keys hold them.
extension Database {
  @inline(__always)
  func set(_ slot: Slot) -> SetValue {
    SetValue(slot.entry.encoding, slot.entry.payload, keyspace)
  }

  /// The set to read, counting a hit or a miss; nil if the key does not exist.
  @inline(__always)
  func readSet(_ key: Key) throws(CommandError) -> SetValue? {
    try read(key, as: .set).map { set($0) }
  }
}
