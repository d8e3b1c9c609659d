import Core

/// OBJECT: how a value is kept.
extension Keys {
  static let object = CommandSpec(
    "object", .generic, since: "2.2.3",
    summary: "The commands that tell how a value is kept.",
    subcommands: [encoding, freq, help, idletime, refcount])

  private static let encoding = CommandSpec(
    "encoding", .generic, since: "2.2.3", arity: 3, flags: [.readonly], keys: [.at(2, [.ro])],
    summary: "Names the way in which a value is stored.", arguments: [.key()],
    hints: ["nondeterministic_output"], run: runEncoding)

  /// OBJECT ENCODING key
  private static func runEncoding(_ call: Call) throws(CommandError) {
    guard let slot = call.database.inspect(call.key(2)) else { return call.reply.null() }
    call.reply.bulk(call.database.encodingName(slot))
  }

  private static let freq = CommandSpec(
    "freq", .generic, since: "4.0.0", arity: 3, flags: [.readonly], keys: [.at(2, [.ro])],
    summary: "Tells how often a key is used, on a logarithmic scale.", arguments: [.key()],
    hints: ["nondeterministic_output"], run: runFreq)

  /// OBJECT FREQ key
  private static func runFreq(_ call: Call) throws(CommandError) {
    guard call.database.inspect(call.key(2)) != nil else { return call.reply.null() }
    throw .text(
      """
      ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note \
      that when switching between policies at runtime LRU and LFU data will take some time to \
      adjust.
      """)
  }

  private static let idletime = CommandSpec(
    "idletime", .generic, since: "2.2.3", arity: 3, flags: [.readonly], keys: [.at(2, [.ro])],
    summary: "Tells for how many seconds a key was not used.", arguments: [.key()],
    hints: ["nondeterministic_output"], run: runIdletime)

  /// OBJECT IDLETIME key
  private static func runIdletime(_ call: Call) throws(CommandError) {
    guard let slot = call.database.inspect(call.key(2)) else { return call.reply.null() }
    call.reply.integer(call.database.idleSeconds(slot))
  }

  private static let refcount = CommandSpec(
    "refcount", .generic, since: "2.2.3", arity: 3, flags: [.readonly], keys: [.at(2, [.ro])],
    summary: "Tells how many references to a value there are.", arguments: [.key()],
    hints: ["nondeterministic_output"], run: runRefcount)

  /// OBJECT REFCOUNT key
  private static func runRefcount(_ call: Call) throws(CommandError) {
    guard let slot = call.database.inspect(call.key(2)) else { return call.reply.null() }
    call.reply.integer(call.database.referenceCount(slot))
  }

  private static let help = CommandSpec(
    "help", .generic, since: "6.2.0", arity: 2, flags: [.loading, .stale],
    summary: "Lists the subcommands.", run: runHelp)

  /// OBJECT HELP
  private static func runHelp(_ call: Call) throws(CommandError) {
    let lines: [StaticString] = [
      "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "ENCODING <key>",
      "    Return the kind of internal representation used in order to store the value",
      "    associated with a <key>.",
      "FREQ <key>",
      "    Return the access frequency index of the <key>. The returned integer is",
      "    proportional to the logarithm of the recent access frequency of the key.",
      "IDLETIME <key>",
      "    Return the idle time of the <key>, that is the approximated number of",
      "    seconds elapsed since the last access to the key.",
      "REFCOUNT <key>",
      "    Return the number of references of the value associated with the specified",
      "    <key>.",
      "HELP",
      "    Print this help.",
    ]
    call.reply.array(lines.count)
    for line in lines { call.reply.simple(line) }
  }
}
