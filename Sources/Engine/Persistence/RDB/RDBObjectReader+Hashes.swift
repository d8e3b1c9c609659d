import Core

/// Hashes, with and without field deadlines.
extension RDBObjectReader {
  private static var repeated: RDBError { .corrupt("Duplicate hash fields detected") }

  mutating func hash(type: UInt8, _ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    switch type {
    case RDBType.hash: return try hash(&reader)
    case RDBType.hashZipmap: return try hashOfZipmap(&reader)
    case RDBType.hashZiplist: return try hashOfZiplist(&reader)
    case RDBType.hashListpack: return try hashOfListpack(&reader)
    case RDBType.hashOfValkey where version >= RDBVersion.firstOfValkey:
      return try hashOfValkey(&reader)
    case RDBType.hashDraft: return try hashWithDeadlines(hasEarliest: false, &reader)
    case RDBType.hashWithDeadlines: return try hashWithDeadlines(hasEarliest: true, &reader)
    case RDBType.hashListpackDraft, RDBType.hashListpackWithDeadlines:
      if type == RDBType.hashListpackWithDeadlines { _ = try reader.integer(Int64.self) }
      return try hashOfTriples(&reader)
    default: throw .unsupported(type: type)
    }
  }

  // MARK: Without deadlines

  /// Fields and values one by one.
  private func hash(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    let count = try reader.count(elementByteCountMin: 2)
    return try hash(count: count) { (builder) throws(RDBError) in
      for _ in 0..<count {
        let (field, value) = try reader.pair()
        guard builder.add(field, value) else { throw Self.repeated }
      }
    }
  }

  private func hashOfZipmap(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    var zipmap = try Zipmap(try reader.string())
    return try hash(count: 0) { (builder) throws(RDBError) in
      while let (field, value) = try zipmap.next() {
        guard builder.add(field, value) else { throw Self.repeated }
      }
    }
  }

  private func hashOfZiplist(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    var ziplist = try Ziplist(try reader.string())
    return try hash(count: 0) { (builder) throws(RDBError) in
      while let field = try ziplist.next() {
        guard let value = try ziplist.next() else {
          throw .corrupt("Hash ziplist integrity check failed.")
        }
        try Self.add(field, value, nil, to: &builder)
      }
    }
  }

  private mutating func hashOfListpack(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    let read = try listpack(&reader)
    let pack = read.pack
    let count = read.count / 2
    if pack.isEmpty { throw .empty }
    guard read.count % 2 == 0 else { throw .corrupt("Hash listpack integrity check failed.") }
    if count <= limits.hash.countMax, try checkMembers(read, step: 2) {
      let copy = Listpack(copying: pack.view)
      return RDBValue(type: .hash, encoding: .listpack, payload: copy.payload)
    }
    return try hash(count: count) { (builder) throws(RDBError) in
      var position = pack.start
      while position < pack.end {
        let place = pack.next(position)
        try Self.add(pack.element(at: position), pack.element(at: place), nil, to: &builder)
        position = pack.next(place)
      }
    }
  }

  // MARK: With deadlines

  /// Each field with its deadline, or -1, behind it.
  private func hashOfValkey(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    let count = try reader.count(elementByteCountMin: 10)
    var parts = FieldCopy()
    defer { parts.free() }
    return try hash(count: count) { (builder) throws(RDBError) in
      for _ in 0..<count {
        let (field, value) = parts.copy(of: try reader.pair())
        let deadline = try reader.integer(Int64.self)
        guard deadline >= -1 else { throw Self.invalidDeadline }
        // Valkey takes later ones than Redis, whose form we write, can tell: the year 4199 will do.
        let time = deadline == -1 ? nil : min(deadline, HashValue.deadlineMax)
        guard builder.add(field, value, deadline: time) else { throw Self.repeated }
      }
    }
  }

  /// Each field behind its deadline: 0 for none, else one more than its distance from the earliest.
  private func hashWithDeadlines(
    hasEarliest: Bool, _ reader: inout RDBReader
  ) throws(RDBError) -> RDBValue {
    // Without it, deadlines are whole, as if counted from 1 ms before 1970.
    let earliest = hasEarliest ? try reader.integer(Int64.self) : 1
    let count = try reader.count(elementByteCountMin: 3)
    return try hash(count: count) { (builder) throws(RDBError) in
      for _ in 0..<count {
        let deadline = try Self.deadline(try reader.number(), after: earliest)
        let (field, value) = try reader.pair()
        guard builder.add(field, value, deadline: deadline) else { throw Self.repeated }
      }
    }
  }

  private static func deadline(
    _ distance: UInt64, after earliest: Int64
  ) throws(RDBError) -> Int64? {
    if distance == 0 { return nil }
    guard let distance = Int64(exactly: distance - 1) else { throw invalidDeadline }
    let (sum, overflow) = earliest.addingReportingOverflow(distance)
    return try checked(overflow ? -1 : sum)
  }

  private static var invalidDeadline: RDBError { .corrupt("a field deadline that cannot be") }

  private static func checked(_ deadline: Int64) throws(RDBError) -> Int64 {
    guard deadline >= 0, deadline <= HashValue.deadlineMax else { throw invalidDeadline }
    return deadline
  }

  /// A listpack of fields, values and deadlines, of which 0 is none.
  private mutating func hashOfTriples(_ reader: inout RDBReader) throws(RDBError) -> RDBValue {
    let read = try listpack(&reader)
    let pack = read.pack
    if pack.isEmpty { throw .empty }
    guard read.count % 3 == 0 else { throw .corrupt("Hash listpack integrity check failed.") }
    return try hash(count: read.count / 3) { (builder) throws(RDBError) in
      var position = pack.start
      while position < pack.end {
        let value = pack.next(position)
        let time = pack.next(value)
        guard case .integer(let deadline) = pack.element(at: time) else {
          throw Self.invalidDeadline
        }
        try Self.add(
          pack.element(at: position), pack.element(at: value),
          deadline == 0 ? nil : try Self.checked(deadline), to: &builder)
        position = pack.next(time)
      }
    }
  }

  // MARK: Building

  private static func add(
    _ field: ListpackElement, _ value: ListpackElement, _ deadline: Int64?,
    to builder: inout HashBuilder
  ) throws(RDBError) {
    let isNew = field.withText { field in
      value.withText { builder.add(field, $0, deadline: deadline) }
    }
    guard isNew else { throw repeated }
  }

  /// The hash that `fill` fills. `count`: how many fields are said to come.
  private func hash(
    count: Int, _ fill: (inout HashBuilder) throws(RDBError) -> Void
  ) throws(RDBError) -> RDBValue {
    var builder = HashBuilder(count: count, keyspace)
    do throws(RDBError) {
      try fill(&builder)
      if builder.count == 0 { throw .empty }
    } catch {
      builder.free()
      throw error
    }
    return builder.finish()
  }
}

/// A field and its value, which outlive the reader's next step.
private struct FieldCopy {
  private var field = ScratchBlock()
  private var value = ScratchBlock()

  mutating func copy(of pair: (ByteView, ByteView)) -> (ByteView, ByteView) {
    (field.copy(of: pair.0), value.copy(of: pair.1))
  }

  func free() {
    field.free()
    value.free()
  }
}
