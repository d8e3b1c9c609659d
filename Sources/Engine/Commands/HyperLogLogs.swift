import Core

/// Commands that estimate how many different elements there are. The values are strings.
enum HyperLogLogs {
  static let specs = [pfadd, pfcount, pfmerge, pfdebug, pfselftest]

  static let pfadd = CommandSpec(
    "pfadd", .hyperloglog, since: "2.8.9", arity: -2, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .insert])],
    summary: "Adds elements to a HyperLogLog, which is created if missing.",
    complexity: "O(1) for each element.",
    arguments: [.key(), ArgumentSpec("element", .string, [.optional, .multiple])], run: runPfadd)

  /// PFADD key [element ...]
  private static func runPfadd(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let (slot, isNew) = try findOrCreate(call, key)
    var changeCount = isNew ? 1 : 0
    var sketch = try editable(call, slot)
    var isCorrupt = false
    for index in 2..<max(call.count, 2) where !isCorrupt {
      switch call.database.add(HyperLogLogElement(call[index]), to: &sketch, key, slot) {
      case .unchanged: break
      case .changed: changeCount &+= 1
      case .corrupt: isCorrupt = true
      }
    }
    if changeCount > 0 {
      call.modified(key, .pfadd)
      call.database.countChanges(changeCount &- 1)
    }
    if isCorrupt { throw .corruptHyperLogLog }
    call.reply.integer(changeCount > 0 ? 1 : 0)
  }

  static let pfcount = CommandSpec(
    "pfcount", .hyperloglog, since: "2.8.9", arity: -2, flags: [.readonly, .mayReplicate],
    keys: [.from(1, [.rw, .access], notes: "It writes the count into the key")],
    summary: "Estimates how many different elements one or more HyperLogLogs have seen.",
    complexity:
      "O(1) for one key that has not changed since the last count, O(N) with N keys otherwise.",
    arguments: [.key("key", .multiple)], run: runPfcount)

  /// PFCOUNT key [key ...]
  private static func runPfcount(_ call: Call) throws(CommandError) {
    if call.count > 2 { return try countUnion(call) }
    let key = call.key(1)
    guard let slot = call.database.read(key) else { return call.reply.integer(0) }
    let sketch = try editable(call, slot)
    if let count = sketch.cachedCount { return call.reply.integer(count) }
    guard let count = sketch.estimate(usesVectors: call.database.hyperLogLogs.usesVectors) else {
      throw .corruptHyperLogLog
    }
    sketch.cache(count)
    call.reply.integer(count)
    call.database.rearranged(key)
  }

  private static func countUnion(_ call: Call) throws(CommandError) {
    let union = HyperLogLogUnion(usesVectors: call.database.hyperLogLogs.usesVectors)
    defer { union.free() }
    _ = try merge(call, into: union)
    call.reply.integer(union.estimate())
  }

  static let pfmerge = CommandSpec(
    "pfmerge", .hyperloglog, since: "2.8.9", arity: -2, flags: [.write, .denyoom],
    keys: [.at(1, [.rw, .access, .insert]), .from(2, [.ro, .access])],
    summary: "Merges HyperLogLogs into one, which is created if missing.",
    complexity: "O(N) with N keys.",
    arguments: [
      .key("destkey"),
      ArgumentSpec("sourcekey", .key, keySpec: 1, [.optional, .multiple]),
    ], run: runPfmerge)

  /// PFMERGE destkey [sourcekey ...]
  private static func runPfmerge(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let union = HyperLogLogUnion(usesVectors: call.database.hyperLogLogs.usesVectors)
    defer { union.free() }
    let isDense = try merge(call, into: union)
    let (slot, _) = try findOrCreate(call, key)
    var sketch = try editable(call, slot)
    if isDense, sketch.encoding == .sparse, !call.database.makeDense(&sketch, key, slot) {
      throw .corruptHyperLogLog
    }
    call.database.raise(&sketch, to: union, key, slot)
    call.reply.ok()
    call.modified(key, .pfadd)
  }

  /// Merges the HyperLogLogs of all arguments that exist; returns whether one of them is dense.
  private static func merge(
    _ call: Call, into union: HyperLogLogUnion
  ) throws(CommandError) -> Bool {
    var isAnyDense = false
    for index in 1..<call.count {
      guard let slot = call.database.read(call.key(index)) else { continue }
      guard slot.entry.isString else { throw .wrongType }
      guard let sketch = call.database.hyperLogLog(slot) else { throw .notHyperLogLog }
      guard union.merge(sketch) else { throw .corruptHyperLogLog }
      if sketch.encoding == .dense { isAnyDense = true }
    }
    return isAnyDense
  }

  /// The key's slot; a key that does not exist becomes a HyperLogLog that has seen nothing.
  @inline(__always)
  private static func findOrCreate(
    _ call: Call, _ key: Key
  ) throws(CommandError) -> (slot: Slot, isNew: Bool) {
    if let slot = call.database.write(key) { return (slot, false) }
    call.database.createHyperLogLog(key)
    guard let slot = call.database.find(key) else { throw .noSuchKey }
    return (slot, true)
  }

  /// The slot's HyperLogLog, with bytes that may be changed.
  @inline(__always)
  static func editable(_ call: Call, _ slot: Slot) throws(CommandError) -> HyperLogLog {
    guard slot.entry.isString else { throw .wrongType }
    guard let sketch = call.database.editableHyperLogLog(slot) else { throw .notHyperLogLog }
    return sketch
  }
}

extension CommandError {
  static var notHyperLogLog: CommandError {
    .text("WRONGTYPE Key is not a valid HyperLogLog string value.")
  }
  static var corruptHyperLogLog: CommandError {
    .text("INVALIDOBJ Corrupted HLL object detected")
  }
}
