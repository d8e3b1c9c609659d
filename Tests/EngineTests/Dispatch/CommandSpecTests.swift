import Core
import Testing

@testable import Engine

/// Every declaration in the table, with its full name.
private let declared: [(name: String, spec: CommandSpec, isSubcommand: Bool)] =
  CommandTable.all.flatMap { spec in
    [(spec.name.description, spec, false)]
      + spec.subcommands.map { ("\(spec.name)|\($0.name)", $0, true) }
  }

@Suite struct CommandSpecTests {
  @Test func namesAreUniqueAndLowerCase() {
    var seen: Set<String> = []
    for (name, spec, _) in declared {
      #expect(seen.insert(name).inserted, "\(name) is declared twice")
      #expect(spec.name.utf8CodeUnitCount <= CommandName.byteCountMax, "\(name)")
      #expect(name == name.lowercased(), "\(name)")
    }
  }

  @Test func descriptionsArePresent() {
    for (name, spec, _) in declared {
      #expect(spec.summary.utf8CodeUnitCount > 0, "\(name) has no summary")
      #expect(spec.since.description.split(separator: ".").count == 3, "\(name): since")
    }
  }

  @Test func containersHaveSubcommandsAndNoArguments() {
    for (name, spec, isSubcommand) in declared where !spec.subcommands.isEmpty {
      #expect(!isSubcommand, "\(name): subcommands have none of their own")
      #expect(spec.arguments.isEmpty && spec.keys.isEmpty, "\(name)")
      #expect(spec.arity == -2 || spec.arity == -1, "\(name)")
    }
  }

  @Test func flagsAreSane() {
    for (name, spec, _) in declared {
      let flags = spec.flags
      #expect(!flags.contains([.write, .readonly]), "\(name) both writes and only reads")
      #expect(!flags.contains([.readonly, .denyoom]), "\(name) only reads, and is denied on OOM")
      #expect(flags.isDisjoint(with: [.movableKeys, .container]), "\(name): derived flags")
      let shown = CommandFlags.names.reduce(into: CommandFlags()) { $0.formUnion($1.0) }
      let unknown = flags.subtracting(shown.union([.barrier, .immediate, .mayReplicate]))
      #expect(unknown.isEmpty, "\(name): unknown flag")
    }
  }

  /// A subcommand's arity counts its container's name too.
  @Test func arityFitsArguments() {
    for (name, spec, isSubcommand) in declared {
      if !spec.subcommands.isEmpty || Self.hasFreeArguments.contains(name) { continue }
      let words = isSubcommand ? 2 : 1
      let (least, most) = Extent.of(spec.arguments)
      if spec.arity >= 0 {
        #expect(spec.arity == words + least, "\(name)")
        #expect(most == least, "\(name): arity is fixed, arguments are not")
      } else {
        #expect(-spec.arity <= words + least, "\(name)")
        #expect(most == nil || words + (most ?? 0) >= -spec.arity, "\(name)")
      }
    }
  }

  /// Their arguments are a whole command, or anything, which the arguments tree does not show; or,
  /// as in Valkey, the shortest form that it shows (a box without a center) is none.
  private static let hasFreeArguments: Set<String> = [
    "command|getkeys", "command|getkeysandflags", "debug", "geosearch", "geosearchstore",
  ]

  @Test func keySpecificationsFitArguments() {
    for (name, spec, _) in declared {
      let named = spec.arguments.flatMap(\.keyIndexes)
      for index in named {
        #expect(spec.keys.indices.contains(index), "\(name): no key specification \(index)")
      }
      for (index, key) in spec.keys.enumerated() {
        #expect(named.contains(index), "\(name): no argument for key specification \(index)")
        if case .index(let position) = key.begin { #expect(position > 0, "\(name)") }
        let access: KeyFlags = [.ro, .rw, .ow, .rm]
        #expect(key.flags.intersection(access).rawValue.nonzeroBitCount == 1, "\(name)")
      }
      if spec.keys.isEmpty || spec.keys.allSatisfy({ $0.flags.contains(.notKey) }) { continue }
      let changes = spec.keys.contains { !$0.flags.isDisjoint(with: [.rw, .ow, .rm]) }
      // What may replicate changes how a value is kept, though not the value.
      if spec.flags.contains(.mayReplicate) { continue }
      if spec.flags.contains(.readonly) { #expect(!changes, "\(name) only reads") }
    }
  }

  @Test func argumentsAreWellFormed() {
    for (name, spec, _) in declared {
      for argument in spec.arguments.flatMap(\.withDescendants) {
        let isGroup = argument.kind == .oneof || argument.kind == .block
        #expect(argument.arguments.isEmpty != isGroup, "\(name): \(argument.name)")
        // A pattern of SORT names keys, too.
        let isSort = name.hasPrefix("sort")
        let namesKeys = argument.kind == .key || (isSort && argument.kind == .pattern)
        #expect(namesKeys == (argument.keySpecIndex != nil), "\(name)")
        if argument.kind == .pureToken { #expect(argument.token != nil, "\(name)") }
      }
    }
  }

  @Test func firstKeyIsThatOfTheSpecification() {
    let table = CommandTable(CommandTable.all)
    for position in 0..<table.count {
      let range = LegacyKeyRange(table.specs[position].keys)
      let first = Int(table.commands[position].firstKey)
      #expect(first == 0 || first == range.first, "\(table.fullName(position))")
    }
  }
}

/// How many words an arguments tree may stand for; nil for any number.
private struct Extent {
  static func of(_ arguments: [ArgumentSpec]) -> (least: Int, most: Int?) {
    let parts = arguments.map { of($0) }
    let most = parts.allSatisfy { $0.most != nil } ? parts.reduce(0) { $0 + ($1.most ?? 0) } : nil
    return (parts.reduce(0) { $0 + $1.least }, most)
  }

  static func of(
    _ argument: ArgumentSpec, isChosen: Bool = false
  ) -> (least: Int, most: Int?) {
    var (least, most): (Int, Int?)
    switch argument.kind {
    case .oneof:
      // One of them is there: that each can be left out for another says nothing of the whole.
      let parts = argument.arguments.map { of($0, isChosen: true) }
      least = parts.map(\.least).min() ?? 0
      most = parts.contains { $0.most == nil } ? nil : parts.compactMap(\.most).max()
    case .block: (least, most) = of(argument.arguments)
    case .pureToken: (least, most) = (0, 0)
    default: (least, most) = (1, 1)
    }
    if argument.token != nil {
      least += 1
      most = most.map { $0 + 1 }
    }
    if argument.flags.contains(.multiple) { most = nil }
    if argument.flags.contains(.optional), !isChosen { least = 0 }
    return (least, most)
  }
}

extension ArgumentSpec {
  fileprivate var withDescendants: [ArgumentSpec] {
    [self] + arguments.flatMap(\.withDescendants)
  }

  fileprivate var keyIndexes: [Int] { withDescendants.compactMap(\.keySpecIndex) }
}
