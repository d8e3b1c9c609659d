import Core

/// Writes a command's declaration as COMMAND INFO and COMMAND DOCS show it.
struct CommandDescription {
  private let commands: CommandTable
  private let reply: ReplyWriter

  init(_ commands: CommandTable, _ reply: ReplyWriter) {
    self.commands = commands
    self.reply = reply
  }

  // MARK: COMMAND INFO

  func writeInfo(_ position: Int) {
    let spec = commands.specs[position]
    let range = LegacyKeyRange(spec.keys)
    reply.array(10)
    reply.bulk(commands.fullName(position))
    reply.integer(spec.arity)
    writeNames(CommandFlags.names.filter { spec.shownFlags.contains($0.0) }.map(\.1))
    reply.integer(range.first)
    reply.integer(range.last)
    reply.integer(range.step)
    writeCategories(spec.categories)
    reply.set(spec.hints.count)
    for hint in spec.hints { reply.bulk(hint) }
    reply.set(spec.keys.count)
    for key in spec.keys { write(key) }
    let subcommands = commands.subcommands[position] ?? []
    reply.set(subcommands.count)
    for subcommand in subcommands { writeInfo(subcommand) }
  }

  /// The flags of a key, as a set of status replies.
  func writeFlags(_ flags: KeyFlags) {
    writeNames(KeyFlags.names.filter { flags.contains($0.0) }.map(\.1))
  }

  private func writeNames(_ names: [StaticString]) {
    reply.set(names.count)
    for name in names { reply.simple(name) }
  }

  private func writeCategories(_ categories: ACLCategories) {
    let names = ACLCategories.names.filter { categories.contains($0.0) }.map(\.1)
    reply.set(names.count)
    for name in names { Array("@\(name)".utf8).withView { reply.simple($0) } }
  }

  private func write(_ key: KeySpec) {
    reply.map(key.notes == nil ? 3 : 4)
    if let notes = key.notes { field("notes", notes) }
    reply.bulk("flags")
    writeFlags(key.flags)
    reply.bulk("begin_search")
    switch key.begin {
    case .index(let index): writeStep("index", [("index", index)])
    case .keyword(let word, let startFrom):
      header("keyword", fieldCount: 2)
      field("keyword", word)
      field("startfrom", startFrom)
    case .unknown: writeStep("unknown", [])
    }
    reply.bulk("find_keys")
    switch key.find {
    case .range(let last, let step, let limit):
      writeStep("range", [("lastkey", last), ("keystep", step), ("limit", limit)])
    case .count(let countIndex, let firstKey, let step):
      writeStep("keynum", [("keynumidx", countIndex), ("firstkey", firstKey), ("keystep", step)])
    case .unknown: writeStep("unknown", [])
    }
  }

  private func header(_ type: StaticString, fieldCount: Int) {
    reply.map(2)
    field("type", type)
    reply.bulk("spec")
    reply.map(fieldCount)
  }

  private func writeStep(_ type: StaticString, _ fields: [(StaticString, Int)]) {
    header(type, fieldCount: fields.count)
    for (name, value) in fields { field(name, value) }
  }

  private func field(_ name: StaticString, _ value: StaticString) {
    reply.bulk(name)
    reply.bulk(value)
  }

  private func field(_ name: StaticString, _ value: Int) {
    reply.bulk(name)
    reply.integer(value)
  }

  // MARK: COMMAND DOCS

  func writeDocs(_ position: Int) {
    let spec = commands.specs[position]
    let subcommands = commands.subcommands[position] ?? []
    let flags = Self.documentFlags(spec)
    let isPresent = [
      !spec.complexity.isEmpty, !flags.isEmpty, spec.deprecation != nil, spec.deprecation != nil,
      !spec.history.isEmpty, !spec.arguments.isEmpty, !subcommands.isEmpty,
    ]
    reply.map(3 + isPresent.filter { $0 }.count)
    field("summary", spec.summary)
    field("since", spec.since)
    field("group", spec.group.name)
    if !spec.complexity.isEmpty { field("complexity", spec.complexity) }
    if !flags.isEmpty {
      reply.bulk("doc_flags")
      writeNames(flags)
    }
    if let deprecation = spec.deprecation {
      field("deprecated_since", deprecation.since)
      field("replaced_by", deprecation.replacement)
    }
    if !spec.history.isEmpty { write(spec.history) }
    if !spec.arguments.isEmpty { write(spec.arguments) }
    if subcommands.isEmpty { return }
    reply.bulk("subcommands")
    reply.map(subcommands.count)
    for subcommand in subcommands {
      reply.bulk(commands.fullName(subcommand))
      writeDocs(subcommand)
    }
  }

  private static func documentFlags(_ spec: CommandSpec) -> [StaticString] {
    var flags: [StaticString] = []
    if spec.deprecation != nil { flags.append("deprecated") }
    if spec.isSystemCommand { flags.append("syscmd") }
    return flags
  }

  private func write(_ history: [CommandSpec.HistoryNote]) {
    reply.bulk("history")
    reply.set(history.count)
    for note in history {
      reply.array(2)
      reply.bulk(note.version)
      reply.bulk(note.text)
    }
  }

  private func write(_ arguments: [ArgumentSpec]) {
    reply.bulk("arguments")
    reply.array(arguments.count)
    for argument in arguments { write(argument) }
  }

  private func write(_ argument: ArgumentSpec) {
    let isShown = argument.arguments.isEmpty
    let isPresent = [
      isShown, argument.keySpecIndex != nil, argument.token != nil, argument.since != nil,
      argument.deprecatedSince != nil, !argument.flags.isEmpty, !argument.arguments.isEmpty,
    ]
    reply.map(2 + isPresent.filter { $0 }.count)
    field("name", argument.name)
    field("type", argument.kind.name)
    if isShown { field("display_text", argument.display ?? argument.name) }
    if let index = argument.keySpecIndex { field("key_spec_index", index) }
    if let token = argument.token { field("token", token) }
    if let since = argument.since { field("since", since) }
    if let since = argument.deprecatedSince { field("deprecated_since", since) }
    if !argument.flags.isEmpty {
      reply.bulk("flags")
      writeNames(
        ArgumentSpec.Flags.names.filter { argument.flags.contains($0.0) }.map(\.1))
    }
    if !argument.arguments.isEmpty { write(argument.arguments) }
  }
}

extension StaticString {
  fileprivate var isEmpty: Bool { utf8CodeUnitCount == 0 }
}
