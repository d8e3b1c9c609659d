import Core
import Testing

@testable import Engine

@Suite struct KeyExtractionTests {
  /// The keys as `argument:FLAGS`, or nil.
  private func keys(_ name: StaticString, _ specs: [KeySpec], _ words: String...) -> [String]? {
    let spec = CommandSpec(
      name, .generic, since: "1.0.0", arity: -1, flags: [], keys: specs, summary: "",
      run: { _ throws(CommandError) in throw .syntax })
    return withArguments([name.description] + words) { arguments in
      KeyExtraction.keys(of: spec, in: arguments)?.map { found in
        let flags = KeyFlags.names.filter { found.flags.contains($0.0) }.map(\.1.description)
        return "\(String(arguments[found.index])):\(flags.joined(separator: ","))"
      }
    }
  }

  private func withArguments<Result>(
    _ words: [String], _ body: (ArgumentSlice) -> Result
  ) -> Result {
    let blocks = words.map { word in
      let block = StringBlock(capacity: word.utf8.count + 1)
      for (index, byte) in word.utf8.enumerated() { block.bytes[index] = byte }
      block.count = word.utf8.count
      return block
    }
    defer { for block in blocks { block.free() } }
    return blocks.map(\.view).withUnsafeBufferPointer { body(ArgumentSlice($0)) }
  }

  @Test func ranges() {
    let all: [KeySpec] = [.from(1, step: 2, [.ow])]
    #expect(keys("mset", all, "a", "1", "b", "2") == ["a:OW", "b:OW"])
    #expect(keys("mset", all, "a", "1", "b") == ["a:OW", "b:OW"])
    #expect(keys("mset", all) == nil)
    let butLast = [KeySpec(.index(1), .range(last: -2, step: 1, limit: 0), [.rw])]
    #expect(keys("blpop", butLast, "a", "b", "0") == ["a:RW", "b:RW"])
    #expect(keys("blpop", butLast, "0") == nil)
  }

  @Test func counts() {
    let counted: [KeySpec] = [.counted(2, [.ro])]
    #expect(keys("eval", counted, "s", "2", "a", "b", "x") == ["a:RO", "b:RO"])
    for bad in ["0", "-1", "3", "x", "", "9223372036854775807", "99999999999999999999"] {
      #expect(keys("eval", counted, "s", bad, "a", "b") == nil, "\(bad)")
    }
    #expect(keys("eval", counted, "s") == nil)
  }

  @Test func keywords() {
    let streams = [
      KeySpec(
        .keyword("STREAMS", startFrom: 1), .range(last: -1, step: 1, limit: 2), [.ro, .access])
    ]
    #expect(
      keys("xread", streams, "count", "1", "streams", "a", "b", "0", "0")
        == ["a:RO,access", "b:RO,access"])
    #expect(keys("xread", streams, "count", "1") == [])
    #expect(keys("xread", streams, "streams") == nil)
  }

  @Test func specialCommands() {
    let set: [KeySpec] = [.at(1, [.rw, .access, .update, .variableFlags])]
    #expect(keys("set", set, "k", "v") == ["k:OW,update"])
    #expect(keys("set", set, "k", "v", "get") == ["k:RW,access,update"])
    let bitfield: [KeySpec] = [.at(1, [.rw, .update, .access, .variableFlags])]
    #expect(keys("bitfield", bitfield, "k", "get", "u8", "0") == ["k:RO,access"])
    #expect(keys("bitfield", bitfield, "k", "set", "u8", "0", "1") == ["k:RW,access,update"])
    let sort: [KeySpec] = [
      .at(1, [.ro, .access]), KeySpec(.unknown, .unknown, [.ow, .update]),
    ]
    #expect(
      keys("sort", sort, "k", "by", "x", "store", "d", "store", "e")
        == ["k:RO,access", "e:OW,update"])
    #expect(keys("sort", sort, "k", "store") == ["k:RO,access"])
    #expect(keys("sort_ro", sort, "k", "store", "d") == ["k:RO,access"])
  }

  @Test func migrate() {
    let specs: [KeySpec] = [
      .at(3, [.rw]),
      KeySpec(
        .keyword("KEYS", startFrom: -2), .range(last: -1, step: 1, limit: 0), [.rw, .incomplete]),
    ]
    #expect(keys("migrate", specs, "h", "1", "k", "0", "9") == ["k:RW"])
    let flags = "RW,access,delete"
    #expect(
      keys("migrate", specs, "h", "1", "", "0", "9", "auth2", "u", "keys", "keys", "a", "b")
        == ["a:\(flags)", "b:\(flags)"])
    #expect(keys("migrate", specs, "h", "1", "k", "0", "9", "keys", "a") == nil)
  }
}

@Suite struct LegacyKeyRangeTests {
  private func range(_ keys: [KeySpec]) -> [Int] {
    let range = LegacyKeyRange(keys)
    return [range.first, range.last, range.step, range.isPartial ? 1 : 0]
  }

  @Test func oneRange() {
    #expect(range([]) == [0, 0, 0, 0])
    #expect(range([.at(2, [.ro])]) == [2, 2, 1, 0])
    #expect(range([.from(1, step: 2, [.ow])]) == [1, -1, 2, 0])
    #expect(range([.at(1, [.ro, .incomplete])]) == [1, 1, 1, 1])
  }

  @Test func several() {
    #expect(range([.at(1, [.rw]), .at(2, [.ow])]) == [1, 2, 1, 0])
    #expect(range([.at(1, [.ow]), .counted(2, [.ro])]) == [1, 1, 1, 1])
    #expect(range([.counted(2, [.ro])]) == [0, 0, 0, 1])
    #expect(range([.at(2, [.ow]), .from(3, [.ro])]) == [2, -1, 1, 0])
    #expect(range([.at(1, [.ow]), .at(3, [.ro])]) == [1, 1, 1, 1])
  }
}
