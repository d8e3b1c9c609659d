import Testing

@testable import Engine

@Suite struct SystemFilesTests {
  private func reason(_ body: () throws(Unseen) -> Void) -> String? {
    do throws(Unseen) {
      try body()
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func numbersAndChoicesAndNames() throws {
    let machine = MadeUpSystem(["/n": "17\n", "/c": "a [b] c\n", "/w": "intel_pstate-1\n"])
    let system = machine.files
    defer { withExtendedLifetime(machine) {} }
    #expect(try system.number("/n") == 17)
    #expect(try system.choice("/c", of: ["a", "b"]) == "b")
    #expect(try system.name("/w") == "intel_pstate-1")
    #expect(system.matches("/[nw]") == ["/n", "/w"] && system.matches("/nothing/*").isEmpty)
  }

  @Test(arguments: nonsense) func nonsenseIsNothing(content: String) {
    let machine = MadeUpSystem(["/f": content])
    let system = machine.files
    defer { withExtendedLifetime(machine) {} }
    #expect(reason { () throws(Unseen) in _ = try system.number("/f") } != nil)
    #expect(
      reason { () throws(Unseen) in _ = try system.choice("/f", of: ["always", "never"]) } != nil)
  }

  @Test(arguments: ["", "two words", "a;b", "é", "[a]"]) func namesAreWords(content: String) {
    let machine = MadeUpSystem(["/f": content])
    let system = machine.files
    defer { withExtendedLifetime(machine) {} }
    #expect(reason { () throws(Unseen) in _ = try system.name("/f") } != nil)
  }

  @Test func theReasonNamesTheFileAndIsOnePrintableLine() {
    let machine = MadeUpSystem(["/f": "a\n\u{1b}[31mé" + String(repeating: "x", count: 1000)])
    machine.makeFolder(at: "/folder")
    let system = machine.files
    defer { withExtendedLifetime(machine) {} }
    let missing = reason { () throws(Unseen) in _ = try system.text("/none") }
    #expect(missing == "/none is not to be seen here (No such file or directory)")
    let folder = reason { () throws(Unseen) in _ = try system.text("/folder") }
    #expect(folder == "/folder is not to be seen here (Is a directory)")
    let nonsense = reason { () throws(Unseen) in _ = try system.number("/f") }
    let shown = "a??[31m?" + String(repeating: "x", count: 32)
    #expect(nonsense == "/f holds '\(shown)', which is not understood")
  }

  @Test func aFileWithoutEndIsCut() throws {
    let machine = MadeUpSystem(["/f": String(repeating: "x", count: 3 << 20)])
    let count = try withExtendedLifetime(machine) { try machine.files.text("/f").utf8.count }
    #expect(count == 1 << 20)
  }
}
