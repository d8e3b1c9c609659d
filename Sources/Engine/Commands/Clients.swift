import Core

/// CLIENT and its subcommands: what a connection says and asks about itself.
enum Clients {
  static let specs: [CommandSpec] = [client]

  static let client = CommandSpec(
    "client", .connection, since: "2.4.0",
    summary: "A container for commands about connections.",
    subcommands: [
      list, info, id, kill, setname, getname, setinfo, reply, pause, unpause, unblock,
      noEvict, noTouch, help,
    ])

  static let id = CommandSpec(
    "id", .connection, since: "5.0.0", arity: 2, flags: [.noscript, .loading, .stale],
    summary: "Answers the connection's number.",
    complexity: "O(1)",
    run: runID)
  /// CLIENT ID
  private static func runID(_ call: Call) throws(CommandError) {
    call.reply.integer(Int64(clamping: call.client.id))
  }

  static let info = CommandSpec(
    "info", .connection, since: "6.2.0", arity: 2, flags: [.noscript, .loading, .stale],
    summary: "Describes the connection.",
    complexity: "O(1)",
    hints: ["nondeterministic_output"],
    run: runInfo)
  /// CLIENT INFO
  private static func runInfo(_ call: Call) throws(CommandError) {
    call.reply.verbatim(call.describeClient() + [UInt8(ascii: "\n")])
  }

  // MARK: Names

  static let setname = CommandSpec(
    "setname", .connection, since: "2.6.9", arity: 3, flags: [.noscript, .loading, .stale],
    summary: "Gives the connection a name.",
    complexity: "O(1)",
    arguments: [
      ArgumentSpec("connection-name", .string)
    ],
    hints: ["request_policy:all_nodes", "response_policy:all_succeeded"],
    run: runSetname)
  /// CLIENT SETNAME connection-name
  private static func runSetname(_ call: Call) throws(CommandError) {
    guard isValidName(call[2]) else { throw invalidName }
    call.client.details.name = Array(call[2])
    call.reply.ok()
  }

  /// A name is part of a line of words: printable characters without spaces.
  static func isValidName(_ name: ByteView) -> Bool {
    for index in 0..<name.count where name[index] < 0x21 || name[index] > 0x7e { return false }
    return true
  }

  static var invalidName: CommandError {
    .text("ERR Client names cannot contain spaces, newlines or special characters.")
  }

  static let getname = CommandSpec(
    "getname", .connection, since: "2.6.9", arity: 2, flags: [.noscript, .loading, .stale],
    summary: "Answers the connection's name.",
    complexity: "O(1)",
    run: runGetname)
  /// CLIENT GETNAME
  private static func runGetname(_ call: Call) throws(CommandError) {
    if call.client.details.name.isEmpty { return call.reply.null() }
    call.reply.bulk(call.client.details.name)
  }

  static let setinfo = CommandSpec(
    "setinfo", .connection, since: "7.2.0", arity: 4, flags: [.noscript, .loading, .stale],
    summary: "Says which library speaks on the connection.",
    complexity: "O(1)",
    arguments: [
      ArgumentSpec("attr", .oneof, [],
        [
          ArgumentSpec("libname", .string, token: "LIB-NAME"),
          ArgumentSpec("libver", .string, token: "LIB-VER")
        ])
    ],
    hints: ["request_policy:all_nodes", "response_policy:all_succeeded"],
    run: runSetinfo)
  /// CLIENT SETINFO <LIB-NAME libname | LIB-VER libver>
  private static func runSetinfo(_ call: Call) throws(CommandError) {
    let isName = call[2].isKeyword("lib-name")
    guard isName || call[2].isKeyword("lib-ver") else {
      throw call.fail("ERR Unrecognized option '", echoing: call[2], "'")
    }
    guard isValidName(call[3]) else {
      throw call.fail(
        "ERR ", echoing: call[2], " cannot contain spaces, newlines or special characters.")
    }
    if isName {
      call.client.details.libraryName = Array(call[3])
    } else {
      call.client.details.libraryVersion = Array(call[3])
    }
    call.reply.ok()
  }

  // MARK: Settings

  static let reply = CommandSpec(
    "reply", .connection, since: "3.2.0", arity: 3, flags: [.noscript, .loading, .stale],
    summary: "Turns the connection's replies off and on.",
    complexity: "O(1)",
    arguments: [
      ArgumentSpec("action", .oneof, [],
        [
          .token("on", "ON"),
          .token("off", "OFF"),
          .token("skip", "SKIP")
        ])
    ],
    run: runReply)
  /// CLIENT REPLY <ON | OFF | SKIP>
  private static func runReply(_ call: Call) throws(CommandError) {
    if call[2].isKeyword("on") {
      call.client.flags.subtract([.replyOff, .replySkip, .replySkipNext])
      return call.reply.ok()
    }
    if call[2].isKeyword("off") {
      call.client.flags.insert(.replyOff)
    } else if call[2].isKeyword("skip") {
      if !call.client.flags.contains(.replyOff) { call.client.flags.insert(.replySkipNext) }
    } else {
      throw .syntax
    }
    call.client.attention.insert(.silenced)
    call.noReply()
  }

  static let noEvict = CommandSpec(
    "no-evict", .connection, since: "7.0.0", arity: 3, flags: [.admin, .noscript, .loading, .stale],
    summary: "Spares the connection when clients need too much memory.",
    complexity: "O(1)",
    arguments: [
      ArgumentSpec("enabled", .oneof, [],
        [
          .token("on", "ON"),
          .token("off", "OFF")
        ])
    ],
    run: runNoEvict)
  /// CLIENT NO-EVICT <ON | OFF>
  private static func runNoEvict(_ call: Call) throws(CommandError) {
    if try isOn(call) {
      call.client.flags.insert(.noEvict)
    } else {
      call.client.flags.remove(.noEvict)
    }
    call.reply.ok()
  }

  static let noTouch = CommandSpec(
    "no-touch", .connection, since: "7.2.0", arity: 3, flags: [.noscript, .loading, .stale],
    summary: "Lets the connection read keys without counting as an access.",
    complexity: "O(1)",
    arguments: [
      ArgumentSpec("enabled", .oneof, [],
        [
          .token("on", "ON"),
          .token("off", "OFF")
        ])
    ],
    run: runNoTouch)
  /// CLIENT NO-TOUCH <ON | OFF>
  private static func runNoTouch(_ call: Call) throws(CommandError) {
    if try isOn(call) {
      call.client.flags.insert(.noTouch)
      call.client.attention.insert(.noTouch)
    } else {
      call.client.flags.remove(.noTouch)
      call.client.attention.remove(.noTouch)
    }
    call.reply.ok()
  }

  private static func isOn(_ call: Call) throws(CommandError) -> Bool {
    if call[2].isKeyword("on") { return true }
    guard call[2].isKeyword("off") else { throw .syntax }
    return false
  }
}
