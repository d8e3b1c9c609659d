import Core

/// Reads values of RDB files and of DUMP's payloads, in every form that Redis and Valkey have
/// written, and makes entries of them.
///
/// Nothing is believed: what is copied as it stands has been checked whole, lengths and order and
/// repetitions, and whatever does not have the form that we would give it is built anew. A value
/// that is not right leaves nothing behind.
///
/// Ownership: owns a block for its checks. Lifetime: one for a file, or for a call of RESTORE.
struct RDBObjectReader: ~Copyable {
  let keyspace: UnsafeMutablePointer<KeyspaceState>
  /// The file's version, which tells two forms with one number apart.
  let version: Int
  var seen = SeenMembers()

  init(_ keyspace: UnsafeMutablePointer<KeyspaceState>, version: Int) {
    self.keyspace = keyspace
    self.version = version
  }

  deinit { seen.free() }

  var limits: CollectionLimits { keyspace.pointee.collectionLimits }
  var tables: TableContext { keyspace.pointee.tables }

  /// What an entry is made of beside its value. `key` must not lie in the reader's window.
  struct Heading {
    let key: ByteView
    /// Unix time in milliseconds; nil for never.
    var deadline: Int64?
    var accessClock: UInt32
  }

  /// The entry for the value that comes next. OWNERSHIP: the caller puts it into a table or frees
  /// it.
  @inline(__always)
  mutating func entry(
    type: UInt8, _ heading: Heading, _ reader: inout RDBReader
  ) throws(RDBError) -> Entry {
    if type == RDBType.string {
      return Entry.makeString(
        Self.settled(try reader.element()), key: heading.key, deadline: heading.deadline,
        accessClock: heading.accessClock)
    }
    return Entry.make(
      try collection(type: type, &reader), key: heading.key, deadline: heading.deadline,
      accessClock: heading.accessClock)
  }

  /// An integer's text becomes the integer.
  @inline(__always)
  static func settled(_ element: ListpackElement) -> ListpackElement {
    if case .bytes(let bytes) = element { return ListpackElement(bytes) }
    return element
  }

  private mutating func collection(
    type: UInt8, _ reader: inout RDBReader
  ) throws(RDBError) -> RDBValue {
    switch type {
    case RDBType.list: return try list(&reader)
    case RDBType.listZiplist: return try listOfZiplists(1, &reader)
    case RDBType.quicklistOfZiplists:
      return try listOfZiplists(try reader.count(), &reader)
    case RDBType.quicklist: return try quicklist(&reader)
    case RDBType.set: return try set(&reader)
    case RDBType.setIntset: return try setOfIntset(&reader)
    case RDBType.setListpack: return try setOfListpack(&reader)
    case RDBType.sortedSet:
      return try sortedSet(&reader) { (reader) throws(RDBError) in
        try reader.double()
      }
    case RDBType.sortedSetOfText:
      return try sortedSet(&reader) { (reader) throws(RDBError) in
        try reader.textDouble()
      }
    case RDBType.sortedSetZiplist: return try sortedSetOfZiplist(&reader)
    case RDBType.sortedSetListpack: return try sortedSetOfListpack(&reader)
    default: return try hash(type: type, &reader)
    }
  }

  /// A listpack whose bytes are checked and borrowed. It is not asked for its count: to count may
  /// be to write, and the checksum of the bytes is still to come.
  struct ReadListpack {
    let pack: Listpack
    let count: Int
  }

  func listpack(_ reader: inout RDBReader) throws(RDBError) -> ReadListpack {
    let bytes = try reader.string()
    guard let count = Listpack.validatedCount(bytes) else {
      throw .corrupt("Listpack integrity check failed.")
    }
    return ReadListpack(pack: Listpack(borrowing: bytes), count: count)
  }

  /// Checks that no two members are equal and that each is held as we would hold it; false if one
  /// is not. `step`: elements from one member to the next. REQUIRES: members are no more than a
  /// compact form may have.
  mutating func checkMembers(_ read: ReadListpack, step: Int) throws(RDBError) -> Bool {
    let pack = read.pack
    seen.begin(read.count / step)
    var isSettled = true
    var index = 0
    var position = pack.start
    while position < pack.end {
      let element = pack.element(at: position)
      let next = pack.next(position)
      if !Self.isSettled(element, byteCount: next - position) { isSettled = false }
      if index % step == 0 {
        let hash = element.withText { tables.hash($0) }
        if !seen.insert(hash), isRepeated(pack, position, step: step) {
          throw .corrupt("listpack with dup elements")
        }
      }
      index += 1
      position = next
    }
    return isSettled
  }

  /// Whether a listpack of ours has the element in so many bytes: an integer is none as text, and
  /// nothing is longer than it needs to be. Members are found by their bytes.
  private static func isSettled(_ element: ListpackElement, byteCount: Int) -> Bool {
    if case .bytes(let bytes) = element, case .integer = ListpackElement(bytes) { return false }
    return byteCount == Listpack.byteCount(of: element)
  }

  /// Whether a member before the one at `last` reads as it.
  private func isRepeated(_ pack: Listpack, _ last: Int, step: Int) -> Bool {
    pack.element(at: last).withText { text in
      var position = pack.start
      var index = 0
      while position < last {
        if index % step == 0, pack.element(at: position).withText({ $0 == text }) { return true }
        index += 1
        position = pack.next(position)
      }
      return false
    }
  }
}
