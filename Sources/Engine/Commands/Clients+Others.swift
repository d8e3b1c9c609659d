import Core

/// CLIENT's subcommands about other connections.
extension Clients {
  static let list = CommandSpec(
    "list", .connection, since: "2.4.0", arity: -2, flags: [.admin, .noscript, .loading, .stale],
    summary: "Describes all connections, or those that were asked for.",
    complexity: "O(N) where N is the number of client connections",
    arguments: [
      ArgumentSpec("client-type", .oneof, token: "TYPE", since: "5.0.0", .optional,
        [
          .token("normal", "NORMAL"),
          .token("master", "MASTER"),
          .token("replica", "REPLICA"),
          .token("pubsub", "PUBSUB")
        ]),
      ArgumentSpec("client-id", .integer, token: "ID", since: "6.2.0", [.optional, .multiple])
    ],
    history: [
      .init("2.8.12", "Shows a unique id."),
      .init("5.0.0", "Takes TYPE."),
      .init("6.0.0", "Shows the user."),
      .init("6.2.0", "Shows argv-mem, tot-mem, laddr and redir; takes ID."),
      .init("7.0.0", "Shows resp, multi-mem, rbs and rbp."),
      .init("7.0.3", "Shows ssub."),
      .init("7.2.0", "Shows lib-name and lib-ver."),
      .init("7.4.0", "Shows watch.")
    ],
    hints: ["nondeterministic_output"],
    run: runList)
  /// CLIENT LIST [TYPE type] [ID client-id [client-id ...]] [filter value ...]
  private static func runList(_ call: Call) throws(CommandError) {
    var filter = ClientFilter()
    if call.count > 2 { filter = try parseFilter(call, from: 2, isKill: false) }
    call.reply.verbatim(call.clientList(filter))
  }

  static let kill = CommandSpec(
    "kill", .connection, since: "2.4.0", arity: -3, flags: [.admin, .noscript, .loading, .stale],
    summary: "Ends connections.",
    complexity: "O(N) where N is the number of client connections",
    arguments: [
      ArgumentSpec("filter", .oneof, [],
        [
          ArgumentSpec("old-format", .string, display: "ip:port", deprecatedSince: "2.8.12"),
          ArgumentSpec("new-format", .oneof, .multiple,
            [
              ArgumentSpec("client-id", .integer, token: "ID", since: "2.8.12", .optional),
              ArgumentSpec("client-type", .oneof, token: "TYPE", since: "2.8.12", .optional,
                [
                  .token("normal", "NORMAL"),
                  .token("master", "MASTER", since: "3.2.0"),
                  .token("slave", "SLAVE"),
                  .token("replica", "REPLICA", since: "5.0.0"),
                  .token("pubsub", "PUBSUB")
                ]),
              ArgumentSpec("username", .string, token: "USER", .optional),
              ArgumentSpec("addr", .string, display: "ip:port", token: "ADDR", .optional),
              ArgumentSpec(
                "laddr", .string, display: "ip:port", token: "LADDR", since: "6.2.0", .optional),
              ArgumentSpec("skipme", .oneof, token: "SKIPME", .optional,
                [
                  .token("yes", "YES"),
                  .token("no", "NO")
                ]),
              ArgumentSpec("maxage", .integer, token: "MAXAGE", since: "7.4.0", .optional)
            ])
        ])
    ],
    history: [
      .init("2.8.12", "Takes filters, and ID among them."),
      .init("2.8.12", "Takes filters, and ID among them."),
      .init("3.2.0", "TYPE knows master."),
      .init("5.0.0", "TYPE knows replica, another word for slave."),
      .init("6.2.0", "Takes LADDR."),
      .init("7.4.0", "Takes MAXAGE.")
    ],
    run: runKill)
  /// CLIENT KILL <ip:port | <filter value [filter value ...]>>
  private static func runKill(_ call: Call) throws(CommandError) {
    if call.count == 3 {
      var filter = ClientFilter()
      filter.add(.address(Array(call[2])))
      guard call.killClients(filter) > 0 else { throw .text("ERR No such client") }
      return call.reply.ok()
    }
    let filter = try parseFilter(call, from: 2, isKill: true)
    call.reply.integer(call.killClients(filter))
  }

  static let pause = CommandSpec(
    "pause", .connection, since: "3.0.0", arity: -3, flags: [.admin, .noscript, .loading, .stale],
    summary: "Stops clients before their next command for a time.",
    complexity: "O(1)",
    arguments: [
      ArgumentSpec("timeout", .integer),
      ArgumentSpec("mode", .oneof, since: "6.2.0", .optional,
        [
          .token("write", "WRITE"),
          .token("all", "ALL")
        ])
    ],
    history: [
      .init("6.2.0", "Takes a mode: WRITE or ALL.")
    ],
    run: runPause)
  /// CLIENT PAUSE timeout [WRITE | ALL]
  private static func runPause(_ call: Call) throws(CommandError) {
    guard call.count <= 4 else { throw call.subcommandSyntax() }
    var writesOnly = false
    if call.count == 4 {
      writesOnly = call[3].isKeyword("write")
      if !writesOnly, !call[3].isKeyword("all") {
        throw .text("ERR CLIENT PAUSE mode must be WRITE or ALL")
      }
    }
    guard let milliseconds = call[2].parseInteger() else {
      throw .text("ERR timeout is not an integer or out of range")
    }
    if milliseconds < 0 { throw .text("ERR timeout is negative") }
    if milliseconds.addingReportingOverflow(call.now).overflow {
      throw .text("ERR timeout is out of range")
    }
    call.server.pauseClients(milliseconds: milliseconds, writesOnly: writesOnly)
    call.reply.ok()
  }

  static let unpause = CommandSpec(
    "unpause", .connection, since: "6.2.0", arity: 2, flags: [.admin, .noscript, .loading, .stale],
    summary: "Lets paused clients go on.",
    complexity: "O(N) Where N is the number of paused clients",
    run: runUnpause)
  /// CLIENT UNPAUSE
  private static func runUnpause(_ call: Call) throws(CommandError) {
    call.server.unpauseClients()
    call.reply.ok()
  }

  static let unblock = CommandSpec(
    "unblock", .connection, since: "5.0.0", arity: -3, flags: [.admin, .noscript, .loading, .stale],
    summary: "Ends another connection's blocking command.",
    complexity: "O(log N) where N is the number of client connections",
    arguments: [
      ArgumentSpec("client-id", .integer),
      ArgumentSpec("unblock-type", .oneof, .optional,
        [
          .token("timeout", "TIMEOUT"),
          .token("error", "ERROR")
        ])
    ],
    run: runUnblock)
  /// CLIENT UNBLOCK client-id [TIMEOUT | ERROR]
  private static func runUnblock(_ call: Call) throws(CommandError) {
    var reason = UnblockReason.timeout
    if call.count > 4 { throw call.subcommandSyntax() }
    if call.count == 4 {
      if call[3].isKeyword("error") {
        reason = .error
      } else if !call[3].isKeyword("timeout") {
        throw .text("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
      }
    }
    guard let id = UInt64(exactly: try call.integer(2)) else { return call.reply.integer(0) }
    call.reply.integer(call.server.unblock(id, reason) ? 1 : 0)
  }

  static let help = CommandSpec(
    "help", .connection, since: "5.0.0", arity: 2, flags: [.loading, .stale],
    summary: "Answers how CLIENT is used.",
    complexity: "O(1)",
    run: runHelp)
  /// CLIENT HELP
  private static func runHelp(_ call: Call) throws(CommandError) {
    call.reply.array(helpLines.count)
    for line in helpLines { call.reply.simple(line) }
  }

  private static let helpLines: [StaticString] = [
    "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "GETNAME",
    "    Return the name of the current connection.",
    "ID",
    "    Return the ID of the current connection.",
    "INFO",
    "    Return information about the current client connection.",
    "KILL <ip:port>",
    "    Kill connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Kill connections. Options are those of LIST.",
    "    * SKIPME (YES|NO)",
    "      Skip killing current connection (default: yes).",
    "LIST [options ...]",
    "    Return information about client connections. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Return clients of specified type.",
    "    * ID <client-id> [<client-id> ...]",
    "      Return clients with the specified IDs.",
    "    * ADDR (<ip:port>|<unixsocket>:0), LADDR (<ip:port>|<unixsocket>:0), IP <ip>",
    "      Return clients connected from or to the specified address.",
    "    * USER <username>, NAME <name>, DB <db-id>, FLAGS <flags>",
    "      Return clients with the specified user, name, database or flags.",
    "    * LIB-NAME <name>, LIB-VER <version>",
    "      Return clients with the specified library.",
    "    * MAXAGE <seconds>, IDLE <seconds>",
    "      Return clients connected or idle for so long.",
    "    * SKIPME (YES|NO)",
    "      Leave out the current client (default: no).",
    "    All but MAXAGE, IDLE and SKIPME can be negated, as in NOT-ID.",
    "UNPAUSE",
    "    Stop the current client pause, resuming traffic.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Suspend all, or just write, clients for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to the current connection.",
    "SETNAME <name>",
    "    Assign the name <name> to the current connection.",
    "SETINFO <option> <value>",
    "    Set client meta attr. Options are:",
    "    * LIB-NAME: the client lib name.",
    "    * LIB-VER: the client lib version.",
    "UNBLOCK <clientid> [TIMEOUT|ERROR]",
    "    Unblock the specified blocked client.",
    "NO-EVICT (ON|OFF)",
    "    Protect current client connection from eviction.",
    "NO-TOUCH (ON|OFF)",
    "    Will not touch LRU/LFU stats when this mode is on.",
    "HELP",
    "    Print this help.",
  ]
}
