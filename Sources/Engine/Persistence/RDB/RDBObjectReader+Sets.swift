import Core

/// Sets.
extension RDBObjectReader {
  private static var repeated: RDBError { .corrupt("Duplicate set members detected") }

  /// Members one by one.
  func set(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    let count = try reader.count()
    let isLarge = count > limits.intsetCountMax
    return try set(isLarge ? .table : .intset, &reader) { (set, reader) throws(RDBError) in
      for _ in 0..<count where !set.add(try reader.string()) { throw Self.repeated }
    }
  }

  func setOfIntset(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    let bytes = try reader.string()
    guard Intset.isValid(bytes) else { throw .corrupt("Intset integrity check failed.") }
    let intset = Intset(borrowing: bytes)
    if intset.count <= limits.intsetCountMax {
      return RDBValue(type: .set, encoding: .intset, payload: Intset(copying: bytes).payload)
    }
    return try set(.table, &reader) { (set, _) throws(RDBError) in
      for index in 0..<intset.count { set.addNew(.integer(intset[index])) }
    }
  }

  mutating func setOfListpack(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    let read = try listpack(&reader)
    let pack = read.pack
    if pack.isEmpty { throw .empty }
    let isSmall = read.count <= limits.set.countMax
    if isSmall, try checkMembers(read, step: 1) {
      let copy = Listpack(copying: pack.view)
      return RDBValue(type: .set, encoding: .listpack, payload: copy.payload)
    }
    return try set(isSmall ? .listpack : .table, &reader) { (set, _) throws(RDBError) in
      var position = pack.start
      while position < pack.end {
        let isNew = pack.element(at: position).withText { set.add($0) }
        guard isNew else { throw Self.repeated }
        position = pack.next(position)
      }
    }
  }

  /// The set that `fill` fills.
  private func set(
    _ encoding: Encoding, _ reader: inout RDBReader,
    _ fill: (inout SetValue, inout RDBReader) throws(RDBError) -> Void
  ) throws(RDBError) -> RDBValue {
    var set = SetValue.empty(encoding, keyspace)
    do throws(RDBError) {
      try fill(&set, &reader)
      if set.count == 0 { throw .empty }
    } catch {
      set.free()
      throw error
    }
    return RDBValue(type: .set, encoding: set.encoding, payload: set.payload)
  }
}
