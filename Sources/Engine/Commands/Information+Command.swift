import Core

/// COMMAND: what commands there are.
extension Information {
  static let command = CommandSpec(
    "command", .server, since: "2.8.13", arity: -1, flags: [.loading, .stale],
    categories: [.connection],
    summary: "Describes all commands.",
    complexity: "O(N) where N is the total number of Redis commands",
    hints: ["nondeterministic_output_order"],
    subcommands: [
      commandCount, commandDocs, commandGetkeys, commandGetkeysandflags, commandHelp, commandInfo,
      commandList,
    ], run: runCommand)

  /// COMMAND
  private static func runCommand(_ call: Call) throws(CommandError) {
    let commands = call.server.commands
    call.reply.array(commands.topLevelCount)
    for position in 0..<commands.topLevelCount {
      CommandDescription(commands, call.reply).writeInfo(position)
    }
  }

  static let commandCount = CommandSpec(
    "count", .server, since: "2.8.13", arity: 2, flags: [.loading, .stale],
    categories: [.connection], summary: "Counts the commands.", run: runCommandCount)

  /// COMMAND COUNT
  private static func runCommandCount(_ call: Call) throws(CommandError) {
    call.reply.integer(call.server.commands.topLevelCount)
  }

  // MARK: Descriptions

  static let commandInfo = CommandSpec(
    "info", .server, since: "2.8.13", arity: -2, flags: [.loading, .stale],
    categories: [.connection], summary: "Describes some commands, or all.",
    complexity: "O(N) where N is the number of commands to look up",
    arguments: [ArgumentSpec("command-name", .string, [.optional, .multiple])],
    history: [.init("7.0.0", "All commands when none is named.")],
    hints: ["nondeterministic_output_order"], run: runCommandInfo)

  /// COMMAND INFO [command-name [command-name ...]]
  private static func runCommandInfo(_ call: Call) throws(CommandError) {
    if call.count == 2 { return try runCommand(call) }
    let commands = call.server.commands
    call.reply.array(call.count - 2)
    for index in 2..<call.count {
      if let position = commands.position(named: call[index]) {
        CommandDescription(commands, call.reply).writeInfo(position)
      } else {
        call.reply.null()
      }
    }
  }

  static let commandDocs = CommandSpec(
    "docs", .server, since: "7.0.0", arity: -2, flags: [.loading, .stale],
    categories: [.connection], summary: "Documents some commands, or all.",
    complexity: "O(N) where N is the number of commands to look up",
    arguments: [ArgumentSpec("command-name", .string, [.optional, .multiple])],
    hints: ["nondeterministic_output_order"], run: runCommandDocs)

  /// COMMAND DOCS [command-name [command-name ...]]
  private static func runCommandDocs(_ call: Call) throws(CommandError) {
    let commands = call.server.commands
    let positions = call.count == 2
      ? Array(0..<commands.topLevelCount)
      : (2..<call.count).compactMap { commands.position(named: call[$0]) }
    call.reply.map(positions.count)
    for position in positions {
      call.reply.bulk(commands.fullName(position))
      CommandDescription(commands, call.reply).writeDocs(position)
    }
  }

  // MARK: Names

  static let commandList = CommandSpec(
    "list", .server, since: "7.0.0", arity: -2, flags: [.loading, .stale],
    categories: [.connection], summary: "Lists the names of commands.",
    complexity: "O(N) where N is the total number of Redis commands",
    arguments: [
      ArgumentSpec(
        "filterby", .oneof, token: "FILTERBY", .optional,
        [
          ArgumentSpec("module-name", .string, token: "MODULE"),
          ArgumentSpec("category", .string, token: "ACLCAT"),
          ArgumentSpec("pattern", .pattern, token: "PATTERN"),
        ])
    ], hints: ["nondeterministic_output_order"], run: runCommandList)

  /// COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]
  private static func runCommandList(_ call: Call) throws(CommandError) {
    let commands = call.server.commands
    var positions = Array(0..<commands.count)
    if call.count > 2 {
      guard call.count == 5, call[2].isKeyword("FILTERBY") else { throw .syntax }
      if call[3].isKeyword("MODULE") {
        // There are no modules, so none has commands.
        positions = []
      } else if call[3].isKeyword("ACLCAT") {
        let category = ACLCategories(named: call[4])
        positions = positions.filter { commands.specs[$0].categories.contains(category) }
        if category.isEmpty { positions = [] }
      } else if call[3].isKeyword("PATTERN") {
        let pattern = GlobPattern(call[4], ignoringCase: true)
        positions = positions.filter { position in
          Array(commands.fullName(position).utf8).withView { pattern.matches($0) }
        }
      } else {
        throw .syntax
      }
    }
    call.reply.array(positions.count)
    for position in positions { call.reply.bulk(commands.fullName(position)) }
  }

  // MARK: Keys

  static let commandGetkeys = CommandSpec(
    "getkeys", .server, since: "2.8.13", arity: -4, flags: [.loading, .stale],
    categories: [.connection], summary: "Finds the keys in a command's arguments.",
    complexity: "O(N) where N is the number of arguments to the command",
    arguments: wholeCommand, run: runCommandGetkeys)

  private static let wholeCommand = [
    ArgumentSpec("command", .string), ArgumentSpec("arg", .string, [.optional, .multiple]),
  ]

  /// COMMAND GETKEYS command [arg [arg ...]]
  private static func runCommandGetkeys(_ call: Call) throws(CommandError) {
    let found = try keysOfCommand(call)
    call.reply.array(found.count)
    for key in found { call.reply.bulk(call[key.index + 2]) }
  }

  static let commandGetkeysandflags = CommandSpec(
    "getkeysandflags", .server, since: "7.0.0", arity: -4, flags: [.loading, .stale],
    categories: [.connection],
    summary: "Finds the keys in a command's arguments, and what it does to them.",
    complexity: "O(N) where N is the number of arguments to the command",
    arguments: wholeCommand, run: runCommandGetkeysandflags)

  /// COMMAND GETKEYSANDFLAGS command [arg [arg ...]]
  private static func runCommandGetkeysandflags(_ call: Call) throws(CommandError) {
    let found = try keysOfCommand(call)
    call.reply.array(found.count)
    for key in found {
      call.reply.array(2)
      call.reply.bulk(call[key.index + 2])
      CommandDescription(call.server.commands, call.reply).writeFlags(key.flags)
    }
  }

  private static func keysOfCommand(
    _ call: Call
  ) throws(CommandError) -> [KeyExtraction.Found] {
    let arguments = call.arguments(from: 2)
    guard let spec = call.server.commands.spec(of: arguments) else {
      throw .text("ERR Invalid command specified")
    }
    guard KeyExtraction.hasKeys(spec) else {
      throw .text("ERR The command has no key arguments")
    }
    guard spec.accepts(argumentCount: arguments.count) else {
      throw .text("ERR Invalid number of arguments specified for command")
    }
    if let found = KeyExtraction.keys(of: spec, in: arguments), !found.isEmpty { return found }
    if spec.flags.contains(.noMandatoryKeys) { return [] }
    throw .text("ERR Invalid arguments specified for command")
  }

  // MARK: Help

  static let commandHelp = CommandSpec(
    "help", .server, since: "5.0.0", arity: 2, flags: [.loading, .stale],
    categories: [.connection], summary: "Shows what the subcommands do.", run: runCommandHelp)

  /// COMMAND HELP
  private static func runCommandHelp(_ call: Call) throws(CommandError) {
    call.replyHelp("COMMAND", [
      "(no subcommand)",
      "    Return details about all Redis commands.",
      "COUNT",
      "    Return the total number of commands in this Redis server.",
      "LIST",
      "    Return a list of all commands in this Redis server.",
      "INFO [<command-name> ...]",
      "    Return details about multiple Redis commands.",
      "    If no command names are given, documentation details for all",
      "    commands are returned.",
      "DOCS [<command-name> ...]",
      "    Return documentation details about multiple Redis commands.",
      "    If no command names are given, documentation details for all",
      "    commands are returned.",
      "GETKEYS <full-command>",
      "    Return the keys from a full Redis command.",
      "GETKEYSANDFLAGS <full-command>",
      "    Return the keys and the access flags from a full Redis command.",
    ])
  }
}
