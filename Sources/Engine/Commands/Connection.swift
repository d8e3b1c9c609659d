import Core

/// Commands about the connection itself.
enum Connection {
  static let specs: [CommandSpec] = [ping, echo, auth, hello, quit, reset]

  static let ping = CommandSpec(
    "ping", .connection, since: "1.0.0", arity: -1, flags: [.fast],
    summary: "Answers PONG, or the message it was given.",
    complexity: "O(1)",
    arguments: [
      ArgumentSpec("message", .string, .optional)
    ],
    hints: ["request_policy:all_shards", "response_policy:all_succeeded"],
    run: runPing)
  /// PING [message]
  private static func runPing(_ call: Call) throws(CommandError) {
    if call.count > 2 { throw .text("ERR wrong number of arguments for 'ping' command") }
    if call.count == 2 { return call.reply.bulk(call[1]) }
    call.reply.simple("PONG")
  }

  static let echo = CommandSpec(
    "echo", .connection, since: "1.0.0", arity: 2, flags: [.loading, .stale, .fast],
    summary: "Answers the message it was given.",
    complexity: "O(1)",
    arguments: [
      ArgumentSpec("message", .string)
    ],
    run: runEcho)
  /// ECHO message
  private static func runEcho(_ call: Call) throws(CommandError) {
    call.reply.bulk(call[1])
  }

  static let auth = CommandSpec(
    "auth", .connection, since: "1.0.0", arity: -2,
    flags: [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy, .barrier],
    summary: "Says the password that the server asks for.",
    complexity: "O(N) where N is the number of passwords defined for the user",
    arguments: [
      ArgumentSpec("username", .string, since: "6.0.0", .optional),
      ArgumentSpec("password", .string)
    ],
    history: [
      .init("6.0.0", "Takes a username too.")
    ],
    run: runAuth)
  /// AUTH [username] password
  private static func runAuth(_ call: Call) throws(CommandError) {
    if call.count > 3 { throw .syntax }
    call.redact(1)
    if call.count == 3 { call.redact(2) }
    if call.count == 2, !call.server.authentication.isRequired {
      throw .text(
        """
        ERR AUTH <password> called without any password configured for the default user. \
        Are you sure your configuration is correct?
        """)
    }
    let user = call.count == 3 ? call[1] : ByteView("default")
    guard accepts(user, call[call.count - 1], call) else { throw wrongPassword }
    call.client.attention.remove(.unauthenticated)
    call.reply.ok()
  }

  private static var wrongPassword: CommandError {
    .text("WRONGPASS invalid username-password pair or user is disabled.")
  }

  /// There is one user, whose password is that of `requirepass`. A wrong name costs as much time
  /// as a wrong password.
  private static func accepts(_ user: ByteView, _ password: ByteView, _ call: Call) -> Bool {
    let isPassword = call.server.authentication.accepts(password)
    let isAccepted = user == ByteView("default") && isPassword
    if !isAccepted { call.server.statistics.deniedAuthenticationCount += 1 }
    return isAccepted
  }

  static let hello = CommandSpec(
    "hello", .connection, since: "6.0.0", arity: -1,
    flags: [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy, .barrier],
    summary: "Chooses the protocol version, and can authenticate and name the connection with it.",
    complexity: "O(1)",
    arguments: [
      ArgumentSpec("arguments", .block, .optional,
        [
          ArgumentSpec("protover", .integer),
          ArgumentSpec("auth", .block, token: "AUTH", .optional,
            [
              ArgumentSpec("username", .string),
              ArgumentSpec("password", .string)
            ]),
          ArgumentSpec("clientname", .string, token: "SETNAME", .optional)
        ])
    ],
    history: [
      .init("6.2.0", "Without arguments it only describes the connection.")
    ],
    run: runHello)
  /// HELLO [protover [AUTH username password] [SETNAME clientname]]
  private static func runHello(_ call: Call) throws(CommandError) {
    let options = try HelloOptions(call)
    if let (user, password) = options.credentials {
      guard accepts(call[user], call[password], call) else { throw wrongPassword }
    } else if call.client.attention.contains(.unauthenticated) {
      throw .text(
        """
        NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO \
        <proto> AUTH <user> <pass> option can be used to authenticate the client and select the \
        RESP protocol version at the same time
        """)
    }
    // Nothing is changed unless all of it can be.
    if let name = options.name, !Clients.isValidName(call[name]) { throw Clients.invalidName }
    if options.credentials != nil { call.client.attention.remove(.unauthenticated) }
    if let name = options.name { call.client.details.name = Array(call[name]) }
    if let version = options.version { call.client.reply.protocolVersion = version }
    describeServer(call)
  }

  private struct HelloOptions {
    var version: UInt8?
    /// Arguments that hold user and password.
    var credentials: (user: Int, password: Int)?
    /// The argument that holds the name.
    var name: Int?

    init(_ call: Call) throws(CommandError) {
      guard call.count > 1 else { return }
      guard let number = call[1].parseInteger() else {
        throw .text("ERR Protocol version is not an integer or out of range")
      }
      guard number == 2 || number == 3 else {
        throw .text("NOPROTO unsupported protocol version")
      }
      version = UInt8(number)
      var index = 2
      while index < call.count {
        if call[index].isKeyword("AUTH"), index + 2 < call.count {
          call.redact(index + 1)
          call.redact(index + 2)
          credentials = (index + 1, index + 2)
          index += 3
        } else if call[index].isKeyword("SETNAME"), index + 1 < call.count {
          name = index + 1
          index += 2
        } else {
          throw call.fail("ERR Syntax error in HELLO option '\(String(call[index]))'")
        }
      }
    }
  }

  private static func describeServer(_ call: Call) {
    call.reply.map(7)
    call.reply.bulk("server")
    call.reply.bulk("redis")
    call.reply.bulk("version")
    call.reply.bulk(Version.redis)
    call.reply.bulk("proto")
    call.reply.integer(Int64(call.client.reply.protocolVersion))
    call.reply.bulk("id")
    call.reply.integer(Int64(call.client.id))
    call.reply.bulk("mode")
    call.reply.bulk("standalone")
    call.reply.bulk("role")
    call.reply.bulk("master")
    call.reply.bulk("modules")
    call.reply.array(0)
  }

  static let quit = CommandSpec(
    "quit", .connection, since: "1.0.0", arity: -1,
    flags: [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy, .immediate],
    summary: "Ends the connection after its replies.",
    complexity: "O(1)",
    deprecation: .init(since: "7.2.0", replacement: "just closing the connection"),
    run: runQuit)
  /// QUIT
  private static func runQuit(_ call: Call) throws(CommandError) {
    call.client.flags.insert(.closeAfterReply)
    call.reply.ok()
  }

  static let reset = CommandSpec(
    "reset", .connection, since: "6.2.0", arity: 1,
    flags: [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy, .immediate, .barrier],
    summary: "Makes the connection as it was when it began.",
    complexity: "O(1)",
    run: runReset)
  /// RESET
  private static func runReset(_ call: Call) throws(CommandError) {
    call.resetClient()
    call.reply.simple("RESET")
  }
}
