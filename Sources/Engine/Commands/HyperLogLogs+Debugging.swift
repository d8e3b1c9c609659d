import Core

/// Commands for who works on HyperLogLogs themselves.
extension HyperLogLogs {
  static let pfdebug = CommandSpec(
    "pfdebug", .hyperloglog, since: "2.8.9", arity: 3, flags: [.write, .denyoom, .admin],
    keys: [.at(2, [.rw, .access])], summary: "Shows or changes how a HyperLogLog is kept.",
    complexity: "N/A", arguments: [ArgumentSpec("subcommand", .string), .key()],
    isSystemCommand: true, run: runPfdebug)

  /// PFDEBUG <GETREG | DECODE | ENCODING | TODENSE> key
  /// PFDEBUG SIMD <ON | OFF>
  private static func runPfdebug(_ call: Call) throws(CommandError) {
    let word = call[1]
    if word.isKeyword("SIMD") { return try switchVectors(call) }
    let key = call.key(2)
    guard let slot = call.database.write(key) else {
      throw .text("ERR The specified key does not exist")
    }
    var sketch = try editable(call, slot)
    if word.isKeyword("GETREG") {
      _ = try makeDense(call, &sketch, key, slot)
      call.reply.array(HyperLogLog.registerCount)
      for register in 0..<HyperLogLog.registerCount {
        call.reply.integer(Int(sketch.denseValue(register)))
      }
    } else if word.isKeyword("DECODE") {
      guard sketch.encoding == .sparse else { throw .text("ERR HLL encoding is not sparse") }
      guard let text = sketch.decoded() else { throw .corruptHyperLogLog }
      call.reply.bulk(text)
    } else if word.isKeyword("ENCODING") {
      call.reply.simple(sketch.encoding == .dense ? "dense" : "sparse")
    } else if word.isKeyword("TODENSE") {
      call.reply.integer(try makeDense(call, &sketch, key, slot) ? 1 : 0)
    } else {
      throw call.fail("ERR Unknown PFDEBUG subcommand '", echoing: word, "'")
    }
  }

  /// Returns whether it was sparse.
  private static func makeDense(
    _ call: Call, _ sketch: inout HyperLogLog, _ key: Key, _ slot: Slot
  ) throws(CommandError) -> Bool {
    guard sketch.encoding == .sparse else { return false }
    guard call.database.makeDense(&sketch, key, slot) else { throw .corruptHyperLogLog }
    call.database.rearranged(key)
    return true
  }

  private static func switchVectors(_ call: Call) throws(CommandError) {
    guard call[2].isKeyword("ON") || call[2].isKeyword("OFF") else {
      throw .text("ERR Argument must be ON or OFF")
    }
    let isOn = call[2].isKeyword("ON")
    call.server.keyspace.state.pointee.hyperLogLogs.usesVectors = isOn
    call.reply.simple(isOn && HyperLogLog.hasVectors ? "enabled" : "disabled")
  }

  static let pfselftest = CommandSpec(
    "pfselftest", .hyperloglog, since: "2.8.9", arity: 1, flags: .admin,
    summary: "Tests the HyperLogLogs of this server on this machine.", complexity: "N/A",
    isSystemCommand: true, run: runPfselftest)

  /// PFSELFTEST
  private static func runPfselftest(_ call: Call) throws(CommandError) {
    let seed = call.server.keyspace.state.pointee.random.next()
    if let failure = HyperLogLogSelfTest.run(seed: seed) {
      throw call.fail("ERR TESTFAILED \(failure)")
    }
    call.reply.ok()
  }
}
