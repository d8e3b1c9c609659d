import Testing

@testable import Core

/// A table of fields beside a dictionary that says what must be in it.
struct MemberTableModel {
  struct Field: Equatable {
    var value: [UInt8]
    var deadline: Int64?
  }

  let context: TableContext
  var table: MemberTable<HashField>
  var model: [[UInt8]: Field] = [:]
  var random: SplitMixGenerator

  init(seed: UInt64, capacity: Int = 0) {
    var random = SplitMixGenerator(seed: seed)
    context = TableContext(
      seedWords: (random.next(), random.next(), random.next(), random.next()))
    self.random = random
    table = MemberTable(capacity: capacity, context)
  }

  func slot(_ name: [UInt8]) -> Slot? { name.withView { table.find($0, context.hash($0)) } }

  static func record(_ name: [UInt8], _ field: Field) -> HashField {
    name.withView { name in
      field.value.withView { HashField(name, $0, deadline: field.deadline) }
    }
  }

  mutating func set(_ name: [UInt8], _ field: Field) {
    let record = Self.record(name, field)
    if let slot = slot(name) {
      table.replace(slot, with: record).free()
    } else {
      table.insert(record, context.hash(record.key), context)
    }
    model[name] = field
  }

  mutating func remove(_ name: [UInt8]) {
    let slot = slot(name)
    #expect((slot != nil) == (model[name] != nil))
    if let slot { table.remove(slot).free() }
    model[name] = nil
  }

  func check() {
    #expect(table.count == model.count)
    for (name, field) in model {
      guard let slot = slot(name) else {
        Issue.record("\(name) is not found")
        continue
      }
      let record = table.record(slot)
      let isAsSet =
        Array(record.key) == name && Array(record.value) == field.value
        && record.hasDeadline == (field.deadline != nil)
        && (!record.hasDeadline || record.deadline == field.deadline)
      if !isAsSet { Issue.record("\(name) is not as it was set") }
    }
    checkWalks()
  }

  private func checkWalks() {
    var walked: [[UInt8]] = []
    table.forEachRecord { record in
      walked.append(Array(record.key))
      return true
    }
    #expect(walked.count == model.count && Set(walked) == Set(model.keys))
    var scanned: [[UInt8]] = []
    var cursor: UInt64 = 0
    repeat {
      cursor = table.scan(cursor) { scanned.append(Array(table.record($0).key)) }
    } while cursor != 0
    #expect(scanned.count == model.count && Set(scanned) == Set(model.keys))
  }

  func destroy() { table.free { Allocation.free($0, $1) } }
}
