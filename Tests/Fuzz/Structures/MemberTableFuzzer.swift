import Core

/// A member table of fields agrees with a dictionary, in either of its forms.
///
///     | capacity 2 | operations |
struct MemberTableFuzzer: ModelFuzzer {
  private struct Field: Equatable {
    var value: [UInt8]
    var deadline: Int64?
  }

  private static let context = MemberNames.context

  private var table: MemberTable<HashField>
  private var model: [[UInt8]: Field] = [:]
  private(set) var reader: InputReader
  var work: WorkBudget

  init(_ input: [UInt8]) {
    reader = InputReader(input)
    work = WorkBudget(input, most: 4000)
    table = MemberTable(capacity: self.reader.index(below: 300), Self.context)
  }

  var modelCount: Int { model.count }

  func free() { table.free { Allocation.free($0, $1) } }

  mutating func step() -> String? {
    let kind = reader.byte() % 16
    switch kind {
    case 0...6: return set(reader.text())
    case 7, 8: return setMany()
    case 9, 10: return remove(name())
    case 11: return removeMany()
    case 12, 13: return draw()
    case 14: return duplicate()
    default: return scan()
    }
  }

  /// A name that is there, if any are.
  private mutating func name() -> [UInt8] {
    let index = reader.index(below: model.count)
    if model.isEmpty { return reader.text() }
    return model.keys[model.keys.index(model.keys.startIndex, offsetBy: index)]
  }

  private func slot(_ name: [UInt8]) -> Slot? {
    name.withView { table.find($0, Self.context.hash($0)) }
  }

  private mutating func set(_ name: [UInt8]) -> String? {
    let deadline = reader.byte() & 3 == 0 ? Int64(reader.byte()) : nil
    let field = Field(value: reader.text(), deadline: deadline)
    work.take(1 + field.value.count >> 6)
    let slot = slot(name)
    if (slot != nil) != (model[name] != nil) { return "\(name): there \(slot != nil)" }
    if let slot, deadline == nil, !table.record(slot).hasDeadline,
      field.value.withView({ table.record(slot).setValue($0) })
    {
      model[name] = field
      return nil
    }
    let record = name.withView { name in
      field.value.withView { HashField(name, $0, deadline: deadline) }
    }
    if let slot {
      table.replace(slot, with: record).free()
    } else {
      table.insert(record, Self.context.hash(record.key), Self.context)
    }
    model[name] = field
    return nil
  }

  private mutating func setMany() -> String? {
    let start = reader.index(below: 2000)
    for number in start..<start + Int(reader.byte()) {
      if let failure = set(Array("field \(number)".utf8)) { return failure }
    }
    return nil
  }

  private mutating func remove(_ name: [UInt8]) -> String? {
    let slot = slot(name)
    if (slot != nil) != (model[name] != nil) { return "\(name): there \(slot != nil)" }
    guard let slot else { return nil }
    work.take(1)
    model[name] = nil
    #if APUS_PLANTED_BUG
      if model.count == 256 { return nil }
    #endif
    table.remove(slot).free()
    return nil
  }

  private mutating func removeMany() -> String? {
    let start = reader.index(below: 2000)
    for number in start..<start + Int(reader.byte()) {
      if let failure = remove(Array("field \(number)".utf8)) { return failure }
    }
    return nil
  }

  private mutating func draw() -> String? {
    var number = reader.word()
    let slot = table.randomSlot {
      number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return number
    }
    guard let slot else { return model.isEmpty ? nil : "nothing was drawn" }
    return model[Array(table.record(slot).key)] == nil ? "what was drawn is not there" : nil
  }

  private mutating func duplicate() -> String? {
    work.take(model.count)
    let copy = table.duplicated(Self.context)
    var missing = copy.count == table.count ? 0 : 1
    copy.forEachRecord(probing: table, Self.context) { _, isFound in
      if !isFound { missing += 1 }
      return true
    }
    table.free { Allocation.free($0, $1) }
    table = copy
    return missing == 0 ? nil : "\(missing) members of the copy are not in the table"
  }

  /// From a cursor that nobody gave out: it ends, and returns only what is there.
  private mutating func scan() -> String? {
    work.take(model.count)
    var cursor = reader.word()
    var steps = 0
    var failure: String?
    repeat {
      cursor = table.scan(cursor) { slot in
        if model[Array(table.record(slot).key)] == nil { failure = "a stranger was returned" }
      }
      steps += 1
    } while cursor != 0 && steps < 10_000
    return cursor == 0 ? failure : "the scan does not end"
  }

  func compare(_ memory: MemoryCheck) -> String? {
    if table.count != model.count { return "\(table.count) members, not \(model.count)" }
    // As many as expected, and each of them: none is missing, and none there twice.
    for (name, field) in model {
      guard let slot = slot(name) else { return "\(name) is not found" }
      let record = table.record(slot)
      let deadline = record.hasDeadline ? record.deadline : nil
      guard field.value.withView({ $0 == record.value }), field.deadline == deadline else {
        return "\(name) is another field"
      }
    }
    var count = 0
    table.forEachSlot { _ in count += 1 }
    return count == model.count
      ? memory.failure(table.byteCount(sampleCount: 0)) : "\(count) members met"
  }
}
