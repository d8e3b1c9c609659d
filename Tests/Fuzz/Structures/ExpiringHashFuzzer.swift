import Core

/// A hash whose fields expire agrees with an array of fields; with it its heap of deadlines, which
/// only the hash can see.
///
///     | operations |, each: | kind 1 | ... |
///
/// Fields come and go in runs, because the heap takes a second page with its 257th deadline.
struct ExpiringHashFuzzer: ModelFuzzer {
  private var hash: ExpiringHash
  private var model = FieldModel()
  private var now: Int64 = 1000
  private(set) var reader: InputReader
  var work: WorkBudget

  init(_ input: [UInt8]) {
    reader = InputReader(input)
    work = WorkBudget(input, most: 6000)
    hash = ExpiringHash(MemberTable(capacity: 0, MemberNames.context), keyDeadline: .max)
  }

  var modelCount: Int { model.count }

  func free() { hash.free { Allocation.free($0, $1) } }

  mutating func step() -> String? {
    switch reader.byte() & 15 {
    case 0...2: return setMany()
    case 3, 4: return set(reader.index(below: MemberNames.count), value(), deadline())
    case 5: return setOwnValue()
    case 6, 7: return changeDeadlines(1)
    case 8: return changeDeadlines(1 + Int(reader.byte()))
    case 9: return removeMany(1)
    case 10: return removeMany(1 + Int(reader.byte()))
    case 11, 12: return expire()
    case 13: return duplicate()
    case 14: return changeKeyDeadline()
    default: return rewrap()
    }
  }

  // MARK: Reading the input

  private mutating func value() -> FieldModel.Value {
    let kind = Int(reader.byte())
    let counts = [0, 1, 254, 255, 256, 65_534, 65_535, 65_536]
    // Long ones seldom, because they take long.
    let count = kind == 255 ? counts[Int(reader.byte()) % 8] : kind % 40
    return FieldModel.Value(start: kind & 0xF0, count: count)
  }

  /// When a field expires: some do not, many at once.
  private mutating func deadline() -> Int64? {
    let kind = reader.byte()
    switch kind & 3 {
    case 0: return nil
    case 1: return now + Int64(kind >> 4)
    case 2: return now + Int64(reader.index(below: 2000)) - 100
    default: return Int64(reader.word() >> 18)
    }
  }

  /// One that is there, if any are.
  private mutating func name() -> Int? {
    let index = reader.index(below: model.count)
    return index < model.count ? model.names[index] : nil
  }

  // MARK: Operations

  private func slot(_ name: Int) -> Slot? {
    hash.table.find(MemberNames.views[name], MemberNames.hashes[name])
  }

  private mutating func set(
    _ name: Int, _ value: FieldModel.Value, _ deadline: Int64?
  ) -> String? {
    work.take(1 + value.count >> 8)
    let slot = slot(name)
    if (slot != nil) != (model[name] != nil) { return "\(name): there \(slot != nil)" }
    if let slot {
      hash.setValue(slot, value.view)
      model.set(name, value, model[name]?.deadline)
      return setDeadline(name, deadline)
    }
    hash.insert(
      MemberNames.views[name], value.view, deadline: deadline, MemberNames.hashes[name],
      MemberNames.context)
    model.set(name, value, deadline)
    return nil
  }

  private mutating func setDeadline(_ name: Int, _ deadline: Int64?) -> String? {
    work.take(1)
    guard let slot = slot(name), let field = model[name] else { return "\(name) is not found" }
    model.set(name, field.value, deadline)
    #if APUS_PLANTED_BUG
      // The heap is not told.
      if let deadline, deadline % 16 == 5, hash.table.record(slot).hasDeadline {
        hash.table.record(slot).deadline = deadline
        return nil
      }
    #endif
    hash.setDeadline(slot, deadline)
    return nil
  }

  private mutating func setMany() -> String? {
    let (count, start) = (1 + Int(reader.byte()) * 2, reader.index(below: MemberNames.count))
    let (value, deadline, step) = (value(), deadline(), Int64(reader.byte()) % 7 - 3)
    for number in 0..<count {
      let due = deadline.map { max(0, $0 + step * Int64(number)) }
      let name = (start + number) % MemberNames.count
      if let failure = set(name, value, number % 11 == 3 ? nil : due) { return failure }
    }
    return nil
  }

  /// A part of the value that is there.
  private mutating func setOwnValue() -> String? {
    guard let name = name(), let field = model[name] else { return nil }
    guard let slot = slot(name) else { return "\(name) is not found" }
    let from = reader.index(below: field.value.count + 1)
    let count = reader.index(below: field.value.count - from + 1)
    hash.setValue(slot, hash.table.record(slot).value.slice(from, from + count))
    let value = FieldModel.Value(start: field.value.start + from, count: count)
    model.set(name, value, field.deadline)
    work.take(1 + field.value.count >> 8)
    return nil
  }

  private mutating func changeDeadlines(_ count: Int) -> String? {
    let (start, deadline) = (reader.index(below: model.count), deadline())
    let step = Int64(reader.byte()) - 128
    for number in 0..<min(count, model.count) {
      let name = model.names[(start + number * 7919) % model.count]
      let due = deadline.map { max(0, $0 + step * Int64(number)) }
      if let failure = setDeadline(name, due) { return failure }
    }
    return nil
  }

  private mutating func removeMany(_ count: Int) -> String? {
    let start = reader.index(below: model.count)
    for number in 0..<min(count, model.count) {
      let name = model.names[(start + number) % model.count]
      guard let slot = slot(name) else { return "\(name) is not found" }
      hash.remove(slot)
      model.remove(name)
      work.take(1)
    }
    return nil
  }

  /// Removes what is due, the earliest first.
  private mutating func expire() -> String? {
    now += Int64(reader.byte())
    let countMax = Int(reader.byte()) * 4
    let expected = min(countMax, model.dueCount(now))
    let count = hash.expire(now, countMax: countMax, MemberNames.context)
    if count != expected { return "\(count) fields expired, not \(expected)" }
    if count == 0 { return nil }
    let gone = model.names.filter { slot($0) == nil }
    let latest = gone.compactMap { model[$0]?.deadline }.max() ?? .min
    for name in gone { model.remove(name) }
    work.take(model.count / 2 + count)
    return gone.count == count && latest <= now && latest <= model.earliestDeadline
      ? nil : "\(gone.count) are gone, up to deadline \(latest)"
  }

  private mutating func duplicate() -> String? {
    let copy = hash.duplicated(MemberNames.context)
    hash.free { Allocation.free($0, $1) }
    hash = copy
    work.take(model.count)
    return nil
  }

  private mutating func changeKeyDeadline() -> String? {
    let deadline = deadline() ?? .max
    hash.keyDeadline = deadline
    return hash.keyDeadline == deadline ? nil : "the key's deadline is \(hash.keyDeadline)"
  }

  /// Leaves the form and takes it again, as a hash does that loses its last deadline.
  private mutating func rewrap() -> String? {
    if model.dueCount(.max) > 0 { return nil }
    if hash.hasDeadlines { return "there are deadlines" }
    let table = hash.releasingTable { Allocation.free($0, $1) }
    hash = ExpiringHash(table, keyDeadline: deadline() ?? .max)
    return nil
  }

  // MARK: Checking

  mutating func compare(_ memory: MemoryCheck) -> String? {
    if hash.table.count != model.count { return "\(hash.table.count), not \(model.count) fields" }
    for name in model.names {
      guard let slot = slot(name), let field = model[name] else { return "\(name) is not found" }
      let record = hash.table.record(slot)
      guard record.key == MemberNames.views[name], record.value == field.value.view,
        record.hasDeadline == (field.deadline != nil),
        field.deadline.map({ $0 == record.deadline }) ?? true
      else { return "\(name) is another field" }
    }
    return checkDeadlines() ?? memory.failure(hash.byteCount(sampleCount: 0))
  }

  /// The heap counts what is due at any time, which it can only if it is in order.
  private mutating func checkDeadlines() -> String? {
    let earliest = model.earliestDeadline
    let volatileCount = model.dueCount(.max)
    guard hash.earliestDeadline == min(earliest, hash.keyDeadline),
      hash.hasDeadlines == (volatileCount > 0)
    else { return "\(volatileCount) deadlines, the first \(earliest)" }
    let some = name().flatMap { model[$0]?.deadline } ?? now
    for now in [now, earliest, some, some - 1] {
      let dueCount = model.dueCount(now)
      if hash.dueCount(now) != dueCount { return "\(hash.dueCount(now)) due, not \(dueCount)" }
      let isDead = hash.keyDeadline <= now || dueCount == model.count
      if hash.isDead(now) != isDead { return "dead at \(now): \(!isDead)" }
    }
    return nil
  }
}

/// The fields of a hash, by their numbers in `MemberNames`.
private struct FieldModel {
  /// A part of bytes that never change.
  struct Value {
    let start: Int
    let count: Int

    private static let bytes = {
      let block = UnsafeMutablePointer<UInt8>.allocate(capacity: 140_000)
      for index in 0..<140_000 { block[index] = UInt8(truncatingIfNeeded: index * index >> 3) }
      return ByteView(block, count: 140_000)
    }()

    var view: ByteView { Self.bytes.slice(start, start + count) }
  }

  struct Field {
    let value: Value
    let deadline: Int64?
    /// Where `names` has it.
    var place: Int
  }

  /// Those that are there, in any order.
  private(set) var names: [Int] = []
  private var fields = [Field?](repeating: nil, count: MemberNames.count)

  var count: Int { names.count }

  subscript(name: Int) -> Field? { fields[name] }

  mutating func set(_ name: Int, _ value: Value, _ deadline: Int64?) {
    let place = fields[name]?.place ?? names.count
    if place == names.count { names.append(name) }
    fields[name] = Field(value: value, deadline: deadline, place: place)
  }

  mutating func remove(_ name: Int) {
    guard let place = fields[name]?.place, let last = names.popLast() else { return }
    fields[name] = nil
    if last == name { return }
    names[place] = last
    fields[last]?.place = place
  }

  func dueCount(_ now: Int64) -> Int {
    var count = 0
    for name in names {
      if let deadline = fields[name]?.deadline, deadline <= now { count += 1 }
    }
    return count
  }

  var earliestDeadline: Int64 {
    var earliest = Int64.max
    for name in names { earliest = min(earliest, fields[name]?.deadline ?? .max) }
    return earliest
  }
}
