import Core

/// Builds a hash of fields that are read one by one: a listpack as long as they are few and short
/// and have no deadlines, a table beyond.
///
/// Ownership: owns what it has built until `finish` or `free`, which CONSUME it.
struct HashBuilder {
  private let tables: TableContext
  private let limits: CollectionLimits.ListpackLimits
  private var small: Listpack?
  private var table: MemberTable<HashField>
  private var expiring: ExpiringHash?
  private(set) var count = 0

  /// `count`: how many fields are said to come.
  init(count: Int, _ keyspace: UnsafeMutablePointer<KeyspaceState>) {
    tables = keyspace.pointee.tables
    limits = keyspace.pointee.collectionLimits.hash
    small = count <= limits.countMax ? Listpack() : nil
    table = MemberTable(capacity: 0, tables)
  }

  /// Adds a field; false if it is there. `deadline`: nil for never. Neither view may lie in the
  /// hash.
  mutating func add(_ field: ByteView, _ value: ByteView, deadline: Int64? = nil) -> Bool {
    if small != nil, !isSmall(field, value, deadline) { becomeTable() }
    if var pack = small {
      if pack.find(field, from: pack.start, skip: 1) != nil { return false }
      pack.append(ListpackElement(field))
      pack.append(ListpackElement(value))
      small = pack
    } else if !insert(field, value, deadline) {
      return false
    }
    count += 1
    return true
  }

  private func isSmall(_ field: ByteView, _ value: ByteView, _ deadline: Int64?) -> Bool {
    deadline == nil && count < limits.countMax && field.count <= limits.elementByteCountMax
      && value.count <= limits.elementByteCountMax
      && small?.hasRoom(for: field.count + value.count + 40) ?? false
  }

  private mutating func insert(_ field: ByteView, _ value: ByteView, _ deadline: Int64?) -> Bool {
    let hash = tables.hash(field)
    if deadline != nil, expiring == nil { expiring = ExpiringHash(table, keyDeadline: .max) }
    if let expiring {
      if expiring.table.find(field, hash) != nil { return false }
      expiring.insert(field, value, deadline: deadline, hash, tables)
      return true
    }
    if table.find(field, hash) != nil { return false }
    table.insert(HashField(field, value), hash, tables)
    return true
  }

  private mutating func becomeTable() {
    guard let pack = small else { return }
    small = nil
    var position = pack.start
    while position < pack.end {
      let place = pack.next(position)
      pack.element(at: position).withText { field in
        pack.element(at: place).withText { _ = insert(field, $0, nil) }
      }
      position = pack.next(place)
    }
    pack.free()
  }

  func finish() -> RDBValue {
    if let expiring {
      return RDBValue(type: .hash, encoding: .expiringHash, payload: expiring.payload)
    }
    guard let small else { return RDBValue(type: .hash, encoding: .table, payload: table.payload) }
    table.free { Allocation.free($0, $1) }
    return RDBValue(type: .hash, encoding: .listpack, payload: small.payload)
  }

  func free() {
    small?.free()
    if let expiring { return expiring.free { Allocation.free($0, $1) } }
    table.free { Allocation.free($0, $1) }
  }
}
