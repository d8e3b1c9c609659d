import Core

// DEBUG: switches, and what the server can be made to say.
extension Administration {
  static let debugSwitches: [DebugSubcommand] = [
    DebugSubcommand(
      "SET-ACTIVE-EXPIRE", 3...3, "<0|1>",
      ["Setting it to 0 disables expiring keys in background when they are not",
        "accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
        "default."]
    ) { call throws(CommandError) in
      call.server.isActiveExpiryOn = leadingInteger(call[2]) != 0
      call.reply.ok()
    },
    DebugSubcommand(
      "PAUSE-CRON", 3...3, "<0|1>", ["Stop periodic cron job processing."]
    ) { call throws(CommandError) in
      call.server.isCronPaused = leadingInteger(call[2]) != 0
      call.reply.ok()
    },
    DebugSubcommand(
      "DICT-RESIZING", 3...3, "<0|1>",
      ["Accepted without effect: tables grow and shrink segment by segment."], answerOK),
    DebugSubcommand("SET-DISABLE-DENY-SCRIPTS", 3...3, "", [], answerOK),
    DebugSubcommand(
      "REPLYBUFFER", 4...4, "PEAK-RESET-TIME <NEVER|RESET|time> | RESIZING <0|1>",
      ["Accepted without effect: reply buffers are returned as soon as they are sent."],
      debugReplyBuffer),
    DebugSubcommand(
      "CHANGE-REPL-ID", 2...2, "",
      ["Change the replication IDs of the instance.",
        "Dangerous: should be used only for testing the replication subsystem."]
    ) { call throws(CommandError) in
      call.server.log.notice("Changing replication IDs after receiving change-repl-id")
      call.server.replicationID = Randomness.identity()
      call.reply.ok()
    },
    DebugSubcommand(
      "CONFIG-REWRITE-FORCE-ALL", 2...2, "",
      ["Like CONFIG REWRITE but writes all configuration options, including",
        "keywords not listed in original configuration file or default values."]
    ) { call throws(CommandError) in
      try rewrite(call, writesEverything: true)
      call.reply.ok()
    },
    DebugSubcommand(
      "LOG", 3...3, "<message>", ["Write <message> to the server log."]
    ) { call throws(CommandError) in
      call.server.log.warning("DEBUG LOG: \(String(call[2]))")
      call.reply.ok()
    },
    DebugSubcommand(
      "ERROR", 3...3, "<string>",
      ["Return a Redis protocol error with <string> as message. Useful for clients",
        "unit tests to simulate Redis errors."]
    ) { call throws(CommandError) in call.reply.error(call[2]) },
    DebugSubcommand(
      "PROTOCOL", 3...3, "<type>",
      ["Reply with a test value of the specified type. <type> can be: string,",
        "integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
        "true, false."], debugProtocol),
  ]

  /// DEBUG name argument
  private static func answerOK(_ call: Call) throws(CommandError) { call.reply.ok() }

  /// DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER|RESET|milliseconds, or RESIZING 0|1
  private static func debugReplyBuffer(_ call: Call) throws(CommandError) {
    if call[2].isKeyword("peak-reset-time") {
      if !call[3].isKeyword("never"), !call[3].isKeyword("reset") { _ = try call.integer(3) }
    } else if !call[2].isKeyword("resizing") {
      throw call.fail(
        "ERR unknown subcommand or wrong number of arguments for '", echoing: call[1], limit: 128,
        "'. Try DEBUG HELP.")
    }
    call.reply.ok()
  }

  /// DEBUG PROTOCOL type
  private static func debugProtocol(_ call: Call) throws(CommandError) {
    let type = String(call[2]).lowercased()
    switch type {
    case "string": call.reply.bulk("Hello World")
    case "integer": call.reply.integer(12345)
    case "double": call.reply.double(text: ByteView("3.141"))
    case "bignum": call.reply.bigNumber(ByteView("1234567999999999999999999999999999999"))
    case "null": call.reply.null()
    case "array":
      call.reply.array(3)
      for number in 0..<3 { call.reply.integer(number) }
    case "set":
      call.reply.set(3)
      for number in 0..<3 { call.reply.integer(number) }
    case "map":
      call.reply.map(3)
      for number in 0..<3 {
        call.reply.integer(number)
        call.reply.boolean(number == 1)
      }
    case "attrib": replyAttribute(call)
    case "push": try replyPush(call)
    case "verbatim": call.reply.verbatim("This is a verbatim\nstring")
    case "true": call.reply.boolean(true)
    case "false": call.reply.boolean(false)
    default:
      throw .text(
        """
        ERR Wrong protocol type name. Please use one of the following: string|integer|double|\
        bignum|null|array|set|map|attrib|push|verbatim|true|false
        """)
    }
  }

  private static func replyAttribute(_ call: Call) {
    if call.reply.isRESP3 {
      call.reply.attribute(1)
      call.reply.bulk("key-popularity")
      call.reply.array(2)
      call.reply.bulk("key:123")
      call.reply.integer(90)
    }
    call.reply.bulk("Some real reply following the attribute")
  }

  private static func replyPush(_ call: Call) throws(CommandError) {
    guard call.reply.isRESP3 else {
      throw .text("ERR RESP2 is not supported by this command")
    }
    call.reply.pushBeside(2)
    call.reply.bulk("server-cpu-usage")
    call.reply.integer(42)
    call.reply.bulk("Some real reply following the push reply")
  }
}
