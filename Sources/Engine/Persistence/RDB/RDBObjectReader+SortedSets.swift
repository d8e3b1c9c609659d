import Core

/// Sorted sets. Only those that are in order already and in our form are copied.
extension RDBObjectReader {
  private static var repeated: RDBError { .corrupt("Duplicate zset fields detected") }
  private static var notANumber: RDBError { .corrupt("Zset with NAN score detected") }

  /// Members and scores in any order.
  func sortedSet(
    _ reader: inout RDBReader, _ score: (inout RDBReader) throws(RDBError) -> Double
  ) throws(RDBError) -> RDBValue {
    let count = try reader.count(elementByteCountMin: 2)
    var member = ScratchBlock()
    defer { member.free() }
    return try sortedSet { (builder) throws(RDBError) in
      for _ in 0..<count {
        let bytes = member.copy(of: try reader.string())
        try Self.add(bytes, try score(&reader), to: &builder)
      }
    }
  }

  func sortedSetOfZiplist(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    var ziplist = try Ziplist(try reader.string())
    return try sortedSet { (builder) throws(RDBError) in
      while let member = try ziplist.next() {
        guard let score = try ziplist.next() else {
          throw .corrupt("Zset ziplist integrity check failed.")
        }
        try Self.add(member, score, to: &builder)
      }
    }
  }

  mutating func sortedSetOfListpack(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    let read = try listpack(&reader)
    let pack = read.pack
    if pack.isEmpty { throw .empty }
    guard read.count % 2 == 0 else { throw .corrupt("Zset listpack integrity check failed.") }
    if read.count / 2 <= limits.sortedSet.countMax, try checkMembers(read, step: 2),
      try isInOrder(pack)
    {
      let copy = Listpack(copying: pack.view)
      return RDBValue(type: .sortedSet, encoding: .listpack, payload: copy.payload)
    }
    return try sortedSet { (builder) throws(RDBError) in
      var position = pack.start
      while position < pack.end {
        let place = pack.next(position)
        try Self.add(pack.element(at: position), pack.element(at: place), to: &builder)
        position = pack.next(place)
      }
    }
  }

  /// Whether scores rise, and members where they are equal, and each score reads as we write it.
  private func isInOrder(_ pack: Listpack) throws(RDBError) -> Bool {
    let set = SortedListpack(pack)
    var previous: SortedListpack.Pair?
    var pair = set.seek(0)
    while let current = pair {
      let score = try Self.score(set.scoreElement(current))
      if let previous, !set.isBefore(previous, current) { return false }
      if !SortedListpack.holds(set.scoreElement(current), score) { return false }
      previous = current
      pair = set.next(current)
    }
    return true
  }

  // MARK: Adding

  private static func score(_ element: ListpackElement) throws(RDBError) -> Double {
    switch element {
    case .integer(let number): return Double(number)
    case .bytes(let text):
      guard let score = text.parseDouble() else { throw notANumber }
      return score
    }
  }

  private static func add(
    _ member: ListpackElement, _ score: ListpackElement, to builder: inout SortedSetBuilder
  ) throws(RDBError) {
    let score = try Self.score(score)
    guard member.withText({ insert($0, score, &builder) }) else { throw repeated }
  }

  private static func add(
    _ member: ByteView, _ score: Double, to builder: inout SortedSetBuilder
  ) throws(RDBError) {
    if score.isNaN { throw notANumber }
    guard insert(member, score, &builder) else { throw repeated }
  }

  /// False if the member is there.
  private static func insert(
    _ member: ByteView, _ score: Double, _ builder: inout SortedSetBuilder
  ) -> Bool {
    var isNew = true
    builder.merge(member, score: score) { old, _ in
      isNew = false
      return old
    }
    return isNew
  }

  /// The sorted set that `fill` fills.
  private func sortedSet(
    _ fill: (inout SortedSetBuilder) throws(RDBError) -> Void
  ) throws(RDBError) -> RDBValue {
    var builder = SortedSetBuilder(tables)
    do throws(RDBError) {
      try fill(&builder)
      if builder.count == 0 { throw .empty }
    } catch {
      builder.free()
      throw error
    }
    builder.sort()
    let set = SortedSetValue(builder, keyspace)
    return RDBValue(type: .sortedSet, encoding: set.encoding, payload: set.payload)
  }
}
