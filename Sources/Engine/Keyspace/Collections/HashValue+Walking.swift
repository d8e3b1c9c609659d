import Core

/// Fields by portions and by chance.
extension HashValue {
  /// Some fields from the cursor on, about `count` before the filter, and the next cursor. A
  /// listpack is returned whole. They borrow from the hash until it is changed.
  func scan(
    _ cursor: UInt64, count: Int, _ pattern: GlobPattern?
  ) -> (next: UInt64, fields: [Field]) {
    var fields: [Field] = []
    if isListpack {
      forEach { field in
        if pattern.map({ field.name.withText($0.matches) }) ?? true { fields.append(field) }
      }
      return (0, fields)
    }
    let table = table
    var next = cursor
    var seen = 0
    // Nearly empty buckets must not make one call walk the whole table.
    var stepsLeft = count.multipliedReportingOverflow(by: 10)
    if stepsLeft.overflow { stepsLeft.partialValue = .max }
    repeat {
      next = table.scan(next) { found in
        seen += 1
        let record = table.record(found)
        if !record.isDue(now), pattern?.matches(record.key) ?? true {
          fields.append(Self.field(record))
        }
      }
      stepsLeft.partialValue -= 1
    } while next != 0 && seen < count && stepsLeft.partialValue > 0
    return (next, fields)
  }

  // MARK: By chance

  private func random(below bound: Int) -> Int {
    Int.random(in: 0..<bound, using: &database.keyspace.pointee.random)
  }

  /// A random field, each with the same chance. REQUIRES: there is one.
  func randomField() -> Field {
    if isListpack { return field(at: random(below: listpack.count / 2)) }
    let table = table
    // While due fields are there, a live one may be hard to hit.
    for _ in 0..<64 {
      guard let found = table.randomSlot({ database.keyspace.pointee.random.next() }) else { break }
      let record = table.record(found)
      if !record.isDue(now) { return Self.field(record) }
    }
    return field(at: random(below: count))
  }

  /// The field number `index` of those that `forEach` visits. REQUIRES: there are so many.
  private func field(at index: Int) -> Field {
    if isListpack, let position = listpack.seek(2 * index) {
      let listpack = listpack
      return Field(
        name: listpack.element(at: position),
        value: listpack.element(at: listpack.next(position)))
    }
    var result = Field(name: .integer(0), value: .integer(0))
    var rest = index
    forEach { field in
      if rest == 0 { result = field }
      rest -= 1
    }
    return result
  }

  /// Calls `body` with `wanted` different fields, each choice with the same chance. REQUIRES:
  /// wanted < count.
  func forEachRandomField(_ wanted: Int, _ body: (Field) -> Void) {
    let count = count
    if !isListpack, count == table.count, wanted < count / 4 { return forEachDrawn(wanted, body) }
    // Selection sampling: each field is taken with the chance that so many are still wanted of so
    // many that are left.
    var left = count
    var missing = wanted
    forEach { field in
      if missing > 0, random(below: left) < missing {
        body(field)
        missing -= 1
      }
      left -= 1
    }
  }

  /// Draws until so many different ones are found, which with few of many is soon.
  private func forEachDrawn(_ wanted: Int, _ body: (Field) -> Void) {
    var drawn: Set<UInt> = []
    while drawn.count < wanted {
      let field = randomField()
      guard case .bytes(let name) = field.name else { return }
      if drawn.insert(UInt(bitPattern: name.base)).inserted { body(field) }
    }
  }
}
