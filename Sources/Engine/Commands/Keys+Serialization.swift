import Core

/// DUMP and RESTORE: values as bytes that other servers of the family take.
extension Keys {
  static let dump = CommandSpec(
    "dump", .generic, since: "2.6.0", arity: 2, flags: [.readonly], keys: [.at(1, [.ro, .access])],
    summary: "Returns a key's value as bytes that RESTORE takes.",
    complexity: "O(1) to find the key, O(N*M) for N elements of size M.", arguments: [.key()],
    hints: ["nondeterministic_output"], run: runDump)

  /// DUMP key
  private static func runDump(_ call: Call) throws(CommandError) {
    guard let slot = call.database.read(call.key(1)) else { return call.reply.null() }
    let payload = DumpPayload.make(slot.entry, call.server.settings.rdbDialect)
    call.reply.bulk(payload.view)
  }

  static let restore = CommandSpec(
    "restore", .generic, since: "2.6.0", arity: -4, flags: [.write, .denyoom],
    categories: [.dangerous], keys: [.at(1, [.ow, .update])],
    summary: "Makes a key of what DUMP has returned.",
    complexity: "O(1) to make the key, O(N*M) for N elements of size M.",
    arguments: [
      .key(), ArgumentSpec("ttl", .integer), ArgumentSpec("serialized-value", .string),
      .token("replace", "REPLACE", since: "3.0.0", .optional),
      .token("absttl", "ABSTTL", since: "5.0.0", .optional),
      ArgumentSpec("seconds", .integer, token: "IDLETIME", since: "5.0.0", .optional),
      ArgumentSpec("frequency", .integer, token: "FREQ", since: "5.0.0", .optional),
    ],
    history: [
      .init("3.0.0", "`REPLACE` overwrites a key that is there."),
      .init("5.0.0", "`ABSTTL` gives a Unix time."),
      .init("5.0.0", "`IDLETIME` and `FREQ` tell how the key was used."),
    ], run: runRestore)

  /// RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]
  private static func runRestore(_ call: Call) throws(CommandError) {
    let options = try RestoreOptions(call)
    let key = call.key(1)
    let isTaken = call.database.write(key) != nil
    if isTaken, !options.replaces { throw .text("BUSYKEY Target key name already exists.") }
    let deadline = try options.deadline(call)
    let entry = try restored(call, deadline, idleSeconds: options.idleSeconds)
    defer { call.reply.ok() }
    if let deadline, deadline <= call.now {
      entry.free { Allocation.free($0, $1) }
      guard let slot = call.database.find(key) else { return }
      call.database.delete(slot, isLazy: call.database.lazyFreeing.isLazyForServerDelete)
      call.logPastDeadline(key)
      return call.modified(key, .del)
    }
    call.database.put(entry, key)
    call.modified(key, .restore)
    if let deadline, !options.isAbsolute { logRestored(call, deadline) }
  }

  /// What a listpack takes beside the strings in it, generously.
  private static let containerByteCount = 1 << 20

  /// The time to live becomes a Unix time.
  private static func logRestored(_ call: Call, _ deadline: Int64) {
    guard call.isLogged else { return }
    call.effect("RESTORE").add(call[1]).add(deadline).add(call, 3..<call.count).add("ABSTTL").end()
  }

  /// The entry for the key that argument 3 is the value of.
  private static func restored(
    _ call: Call, _ deadline: Int64?, idleSeconds: Int64?
  ) throws(CommandError) -> Entry {
    guard let payload = DumpPayload(call[3]) else {
      throw .text("ERR DUMP payload version or checksum are wrong")
    }
    let state = call.database.keyspace
    let idle = UInt32(clamping: min(idleSeconds ?? 0, 0xff_ffff))
    let heading = RDBObjectReader.Heading(
      key: call[1], deadline: deadline,
      accessClock: (state.pointee.accessClock &- idle) & 0xff_ffff)
    do throws(RDBError) {
      return try payload.entry(
        heading, state,
        stringByteCountMax: Int(call.server.stringByteCountMax) + containerByteCount)
    } catch {
      if case .unsupported(6...7) = error { throw .text("ERR Apus has no values of modules") }
      if case .unsupported(let type) = error, [15, 19, 21].contains(type) {
        throw .text("ERR This version of Apus has no streams")
      }
      throw .text("ERR Bad data format")
    }
  }
}

/// What RESTORE is told beside key and value.
private struct RestoreOptions {
  private(set) var replaces = false
  private(set) var isAbsolute = false
  private(set) var idleSeconds: Int64?
  private var hasFrequency = false

  init(_ call: Call) throws(CommandError) {
    var index = 4
    while index < call.count { index += try parse(call, index) }
  }

  /// Takes the option at argument `index` and returns how many arguments it has.
  private mutating func parse(_ call: Call, _ index: Int) throws(CommandError) -> Int {
    let word = call[index]
    let hasNumber = index + 1 < call.count
    if word.isKeyword("REPLACE") {
      replaces = true
    } else if word.isKeyword("ABSTTL") {
      isAbsolute = true
    } else if word.isKeyword("IDLETIME"), hasNumber, !hasFrequency {
      idleSeconds = try call.integer(index + 1)
      if idleSeconds ?? 0 < 0 { throw .text("ERR Invalid IDLETIME value, must be >= 0") }
      return 2
    } else if word.isKeyword("FREQ"), hasNumber, idleSeconds == nil {
      // Kept by nobody as long as there is no eviction by frequency.
      guard 0...255 ~= (try call.integer(index + 1)) else {
        throw .text("ERR Invalid FREQ value, must be >= 0 and <= 255")
      }
      hasFrequency = true
      return 2
    } else {
      throw .syntax
    }
    return 1
  }

  /// When the key is to expire, in unix milliseconds; nil for never.
  func deadline(_ call: Call) throws(CommandError) -> Int64? {
    let time = try call.integer(2)
    if time < 0 { throw .text("ERR Invalid TTL value, must be >= 0") }
    if time == 0 || isAbsolute { return time == 0 ? nil : time }
    let (sum, overflow) = time.addingReportingOverflow(call.now)
    if overflow { throw call.fail("ERR invalid expire time in '\(call.commandName)' command") }
    return sum
  }
}
