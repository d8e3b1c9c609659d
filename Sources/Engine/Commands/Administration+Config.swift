import Core

// CONFIG: parameters at run time.
extension Administration {
  static let config = CommandSpec(
    "config", .server, since: "2.0.0",
    summary: "Holds the commands for the server's configuration.",
    subcommands: [configGet, configSet, configRewrite, configResetstat, configHelp])

  private static let flags: CommandFlags = [.admin, .noscript, .loading, .stale, .barrier]

  static let configGet = CommandSpec(
    "get", .server, since: "2.0.0", arity: -3, flags: flags,
    summary: "Returns the parameters that match patterns, with their values.",
    complexity: "O(N) when N is the number of configuration parameters provided",
    arguments: [ArgumentSpec("parameter", .string, .multiple)],
    history: [.init("7.0.0", "Added the ability to pass multiple pattern parameters in one call")],
    run: runConfigGet)

  /// CONFIG GET parameter [parameter ...]
  private static func runConfigGet(_ call: Call) throws(CommandError) {
    let patterns = (2..<call.count).map { Array<UInt8>(call[$0]) }
    let found = call.server.configuration.matching(patterns)
    call.reply.map(found.count)
    for (name, value) in found {
      call.reply.bulk(name)
      call.reply.bulk(value)
    }
  }

  static let configSet = CommandSpec(
    "set", .server, since: "2.0.0", arity: -4, flags: flags,
    summary: "Sets parameters of the running server, all of them or none.",
    complexity: "O(N) when N is the number of configuration parameters provided",
    arguments: [
      ArgumentSpec(
        "data", .block, .multiple,
        [ArgumentSpec("parameter", .string), ArgumentSpec("value", .string)])
    ],
    history: [.init("7.0.0", "Added the ability to set multiple parameters in one call.")],
    hints: ["request_policy:all_nodes", "response_policy:all_succeeded"], run: runConfigSet)

  /// CONFIG SET parameter value [parameter value ...]
  private static func runConfigSet(_ call: Call) throws(CommandError) {
    if call.count % 2 != 0 { throw .syntax }
    for index in stride(from: 2, to: call.count, by: 2) {
      let parameter = ParameterTable.parameter(named: Array<UInt8>(call[index]))
      if parameter?.flags.contains(.sensitive) == true { call.redact(index + 1) }
    }
    let pairs = stride(from: 2, to: call.count, by: 2).map {
      (name: Array<UInt8>(call[$0]), value: Array<UInt8>(call[$0 + 1]))
    }
    let mayChange = call.server.configuration.allows(
      .enableProtectedConfigs, localClient: call.client.details.isLocal)
    let setter = ConfigurationSetter(
      mayChangeProtected: mayChange, isLoading: call.server.isLoading)
    switch call.server.configuration.set(pairs, as: setter) {
    case .failed(let text): throw call.fail(text)
    case .changed(let change):
      if let (id, reason) = call.server.apply(change) {
        throw call.fail(Configuration.failure(of: id.rawValue, reason))
      }
      call.reply.ok()
    }
  }

  static let configRewrite = CommandSpec(
    "rewrite", .server, since: "2.8.0", arity: 2, flags: flags,
    summary: "Writes the configuration as it is now to the file it came from.",
    run: runConfigRewrite)

  /// CONFIG REWRITE
  private static func runConfigRewrite(_ call: Call) throws(CommandError) {
    try rewrite(call, writesEverything: false)
    call.reply.ok()
  }

  static func rewrite(_ call: Call, writesEverything: Bool) throws(CommandError) {
    let outcome = call.server.configuration.rewrite(writesEverything: writesEverything)
    guard let text = outcome else {
      return call.server.log.notice("CONFIG REWRITE executed with success.")
    }
    if call.server.configuration.file != nil {
      call.server.log.warning("CONFIG REWRITE failed: \(text)")
    }
    throw call.fail(text)
  }

  static let configResetstat = CommandSpec(
    "resetstat", .server, since: "2.0.0", arity: 2, flags: flags,
    summary: "Sets the statistics that INFO shows back to zero.", run: runConfigResetstat)

  /// CONFIG RESETSTAT
  private static func runConfigResetstat(_ call: Call) throws(CommandError) {
    call.server.resetStatistics()
    call.reply.ok()
  }

  static let configHelp = CommandSpec(
    "help", .server, since: "5.0.0", arity: 2, flags: [.loading, .stale],
    summary: "Shows what the subcommands do.", run: runConfigHelp)

  /// CONFIG HELP
  private static func runConfigHelp(_ call: Call) throws(CommandError) {
    call.replyHelp("CONFIG", [
      "GET <pattern>",
      "    Return parameters matching the glob-like <pattern> and their values.",
      "SET <directive> <value>",
      "    Set the configuration <directive> to <value>.",
      "RESETSTAT",
      "    Reset statistics reported by the INFO command.",
      "REWRITE",
      "    Rewrite the configuration file.",
    ])
  }
}
