import Core

/// OBJECT: how a value is kept.
extension Keys {
  static let object = CommandSpec(
    "object", .generic, since: "2.2.3",
    summary: "The commands that tell how a value is kept.",
    subcommands: [encoding, freq, help, idletime, refcount])

  private static func objectSpec(
    _ name: StaticString, since: StaticString, _ summary: StaticString,
    _ run: @escaping CommandSpec.Handler
  ) -> CommandSpec {
    CommandSpec(
      name, .generic, since: since, arity: 3, flags: [.readonly], keys: [.at(2, [.ro])],
      summary: summary, arguments: [.key()], hints: ["nondeterministic_output"], run: run)
  }

  private static let encoding = objectSpec(
    "encoding", since: "2.2.3", "Names the way in which a value is stored.", runEncoding)

  /// OBJECT ENCODING key
  private static func runEncoding(_ call: Call) throws(CommandError) {
    guard let slot = call.database.inspect(call.key(2)) else { return call.reply.null() }
    call.reply.bulk(call.database.encodingName(slot))
  }

  private static let freq = objectSpec(
    "freq", since: "4.0.0", "Tells how often a key is used, on a logarithmic scale.", runFreq)

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

  private static let idletime = objectSpec(
    "idletime", since: "2.2.3", "Tells for how many seconds a key was not used.", runIdletime)

  /// OBJECT IDLETIME key
  private static func runIdletime(_ call: Call) throws(CommandError) {
    guard let slot = call.database.inspect(call.key(2)) else { return call.reply.null() }
    call.reply.integer(call.database.idleSeconds(slot))
  }

  private static let refcount = objectSpec(
    "refcount", since: "2.2.3", "Tells how many references to a value there are.", runRefcount)

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
