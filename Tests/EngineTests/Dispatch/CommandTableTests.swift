import Core
import Testing

@testable import Engine

@Suite struct CommandTableTests {
  private let table = CommandTable(CommandTable.all)

  private func position(_ name: String) -> Int? {
    Array(name.utf8).withView { table.position(named: $0) }
  }

  @Test func everyCommandIsFoundByItsFullName() {
    for expected in 0..<table.count {
      let name = table.fullName(expected)
      #expect(position(name) == expected, "\(name)")
      #expect(position(name.uppercased()) == expected, "\(name)")
    }
  }

  @Test func othersAreNotFound() {
    for name in [
      "", "ge", "gett", "get|x", "client|", "client|nosuch", "|get", "client|id|x", "nosuch|get",
      "a-name-that-is-longer-than-any-command",
    ] {
      #expect(position(name) == nil, "\(name)")
    }
  }

  /// A subcommand's name alone is not a command.
  @Test func subcommandsHangOnTheirContainer() {
    for (container, positions) in table.subcommands {
      #expect(table.commands[container].flags.contains(.container))
      for position in positions {
        #expect(table.containers[position] == container)
        let name = table.specs[position].name
        let found = table.find(ByteView(name))
        #expect(found.map { Int($0.pointee.specIndex) } != position, "\(name)")
      }
    }
    #expect(table.subcommands.values.joined().count == table.count - table.topLevelCount)
  }

  @Test func positionsHoldTheSubcommands() {
    let client = Array("client".utf8).withView { table.positions(named: $0) }
    #expect(client.count == 1 + Clients.client.subcommands.count)
    #expect(client.dropFirst().allSatisfy { table.fullName($0).hasPrefix("client|") })
    #expect(Array("get".utf8).withView { table.positions(named: $0) }.count == 1)
    #expect(Array("nosuch".utf8).withView { table.positions(named: $0) }.isEmpty)
  }

  /// The table is searched linearly from where the hash says: that must stay short.
  @Test func lookupsOfManyCommandsEnd() {
    var found = 0
    for number in 0..<10_000 where position("nosuch\(number)") != nil { found += 1 }
    #expect(found == 0)
  }

  @Test func argumentsAreCounted() {
    let exact = table.specs[position("get") ?? 0]
    #expect(!exact.accepts(argumentCount: 1))
    #expect(exact.accepts(argumentCount: 2))
    #expect(!exact.accepts(argumentCount: 3))
    let atLeast = table.specs[position("mget") ?? 0]
    #expect(!atLeast.accepts(argumentCount: 1))
    #expect(atLeast.accepts(argumentCount: 2))
    #expect(atLeast.accepts(argumentCount: 100_000))
  }
}
