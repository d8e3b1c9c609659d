import Core

/// Lists, whose nodes are kept as they come: how many elements a node has is the writer's choice.
extension RDBObjectReader {
  private static var plainNode: UInt64 { 1 }
  private static var packedNode: UInt64 { 2 }

  /// Elements one by one.
  func list(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    let count = try reader.count()
    return try list(&reader) { (list, reader) throws(RDBError) in
      for _ in 0..<count { try append(Self.settled(try reader.element()), to: list) }
    }
  }

  /// Nodes that are ziplists, so many of them.
  func listOfZiplists(_ count: Int, _ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    try list(&reader) { (list, reader) throws(RDBError) in
      for _ in 0..<count {
        var ziplist = try Ziplist(try reader.string())
        while let element = try ziplist.next() { try append(Self.settled(element), to: list) }
      }
    }
  }

  /// Nodes that are listpacks, or one element that is too long for one.
  func quicklist(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    let count = try reader.count(elementByteCountMin: 2)
    return try list(&reader) { (list, reader) throws(RDBError) in
      for _ in 0..<count { try appendNode(&reader, to: list) }
    }
  }

  private func appendNode(_ reader: inout RDBReader, to list: Quicklist) throws(RDBError) {
    switch try reader.number() {
    case Self.plainNode: try append(Self.settled(try reader.element()), to: list)
    case Self.packedNode:
      let bytes = try reader.string()
      guard Listpack.isValid(bytes) else { throw .corrupt("Listpack integrity check failed.") }
      let pack = Listpack(borrowing: bytes)
      if !pack.isEmpty { list.append(listpack: bytes) }
    default: throw .corrupt("Quicklist node of an unknown kind")
    }
  }

  private func append(_ element: ListpackElement, to list: Quicklist) throws(RDBError) {
    if case .bytes(let bytes) = element, bytes.count > ListValue.elementByteCountMax {
      throw .corrupt("an element is too long for a list")
    }
    list.push(element, .tail, limits.list)
  }

  /// The list that `fill` fills.
  private func list(
    _ reader: inout RDBReader,
    _ fill: (Quicklist, inout RDBReader) throws(RDBError) -> Void
  ) throws(RDBError) -> RDBValue {
    let list = Quicklist()
    do throws(RDBError) {
      try fill(list, &reader)
      if list.isEmpty { throw .empty }
    } catch {
      list.free()
      throw error
    }
    let (encoding, payload, flags) = ListValue.settled(list, limits.list)
    return RDBValue(type: .list, encoding: encoding, payload: payload, flags: flags)
  }
}
