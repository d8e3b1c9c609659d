import Core

/// All commands, found by name without a `String`.
///
/// Open addressing over indexes into one array of `Command`, at most a quarter full, so that a
/// lookup is one probe. Built once at start; the array is never moved.
/// Ownership: owns both buffers for the life of the process.
package struct CommandTable {
  /// Top-level commands, in the order of their declaration; subcommands follow.
  package let specs: [CommandSpec]
  package let commands: UnsafeMutablePointer<Command>
  /// Top-level commands are the first so many.
  package let topLevelCount: Int
  package var count: Int { specs.count }
  private let index: UnsafeMutablePointer<Int16>
  private let indexShift: UInt64
  /// For each container: positions of its subcommands.
  package let subcommands: [Int: [Int]]
  package let containers: [Int: Int]

  package init(_ topLevel: [CommandSpec]) {
    var specs = topLevel
    var subcommands: [Int: [Int]] = [:]
    var containers: [Int: Int] = [:]
    for (position, spec) in topLevel.enumerated() where !spec.subcommands.isEmpty {
      subcommands[position] = Array(specs.count..<(specs.count + spec.subcommands.count))
      for index in specs.count..<(specs.count + spec.subcommands.count) {
        containers[index] = position
      }
      specs += spec.subcommands
    }
    self.specs = specs
    self.subcommands = subcommands
    self.containers = containers
    topLevelCount = topLevel.count
    commands = .allocate(capacity: specs.count)
    for (position, spec) in specs.enumerated() {
      (commands + position).initialize(to: Command(spec, position))
      guard let own = subcommands[position], let first = own.first else { continue }
      commands[position].firstSubcommand = Int32(first)
      commands[position].subcommandCount = Int32(own.count)
      commands[position].flags.insert(.container)
    }
    var bits = 3
    while 1 << bits < 4 * topLevel.count { bits += 1 }
    indexShift = UInt64(64 - bits)
    index = .allocate(capacity: 1 << bits)
    index.initialize(repeating: -1, count: 1 << bits)
    for position in 0..<topLevelCount { enter(position) }
  }

  private func enter(_ position: Int) {
    var place = Int(commands[position].name.hash >> indexShift)
    let mask = Int(UInt64.max >> indexShift)
    while index[place] >= 0 { place = (place + 1) & mask }
    index[place] = Int16(position)
  }

  /// The top-level command called `name` in any case.
  @inline(__always)
  package func find(_ name: ByteView) -> UnsafeMutablePointer<Command>? {
    guard let name = CommandName(name) else { return nil }
    var place = Int(truncatingIfNeeded: name.hash &>> indexShift)
    let mask = Int(truncatingIfNeeded: UInt64.max &>> indexShift)
    while true {
      let position = index[place]
      if position < 0 { return nil }
      let command = commands + Int(position)
      if command.pointee.name == name { return command }
      place = (place &+ 1) & mask
    }
  }

  /// The subcommand of `container` called `name` in any case.
  package func findSubcommand(
    of container: UnsafeMutablePointer<Command>, _ name: ByteView
  ) -> UnsafeMutablePointer<Command>? {
    guard let name = CommandName(name) else { return nil }
    let first = commands + Int(container.pointee.firstSubcommand)
    for position in 0..<Int(container.pointee.subcommandCount)
    where first[position].name == name { return first + position }
    return nil
  }

  /// `get`, or `config|get` for a subcommand.
  package func fullName(_ position: Int) -> String {
    guard let container = containers[position] else { return specs[position].name.description }
    return specs[container].name.description + "|" + specs[position].name.description
  }
}

// MARK: Cold lookups

extension CommandTable {
  /// The command or subcommand with this full name, such as `get` or `CONFIG|get`.
  package func position(named name: ByteView) -> Int? {
    guard let bar = (0..<name.count).first(where: { name[$0] == UInt8(ascii: "|") }) else {
      return find(name).map { Int($0.pointee.specIndex) }
    }
    guard let container = find(name.slice(0, bar)) else { return nil }
    return findSubcommand(of: container, name.slice(bar + 1, name.count))
      .map { Int($0.pointee.specIndex) }
  }

  /// The command with this full name, and its subcommands.
  package func positions(named name: ByteView) -> [Int] {
    guard let position = position(named: name) else { return [] }
    return [position] + (subcommands[position] ?? [])
  }

  /// The declaration of the command that a request means: of the subcommand, where there are any
  /// and more than the container's name is given. REQUIRES: at least one argument.
  package func spec(of arguments: ArgumentSlice) -> CommandSpec? {
    guard let command = find(arguments[0]) else { return nil }
    let position = Int(command.pointee.specIndex)
    guard subcommands[position] != nil, arguments.count > 1 else { return specs[position] }
    return findSubcommand(of: command, arguments[1]).map { specs[Int($0.pointee.specIndex)] }
  }

  package func histogram(_ position: Int) -> LatencyHistogram? {
    commands[position].histogram?.pointee
  }
}

extension Command {
  init(_ spec: CommandSpec, _ position: Int) {
    let name = CommandName(ByteView(spec.name))
    assert(name != nil, "a command's name is at most 24 bytes")
    var firstKey: Int32 = 0
    if let key = spec.keys.first, case .index(let index) = key.begin, case .range = key.find {
      firstKey = Int32(index)
    }
    var flags = spec.flags
    if flags.contains(.readonly), spec.keys.isEmpty { flags.insert(.readsKeyspace) }
    self.init(
      name: name ?? CommandName(words: (0, 0, 0)), run: Command.code(of: spec.run),
      flags: flags, arity: Int32(spec.arity), firstKey: firstKey,
      member: Int32(spec.member), specIndex: Int32(position))
  }
}
