import Core
import Testing

@testable import Engine

@Suite struct HyperLogLogsTests {
  private let server = InProcessServer()
  private static let header: [UInt8] = [
    0x48, 0x59, 0x4c, 0x4c, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80,
  ]
  private let corrupt = "-INVALIDOBJ Corrupted HLL object detected\r\n"

  /// Sets a key to bytes that are no text.
  private func set(_ key: String, _ bytes: [UInt8]) {
    var request = Array(
      "*3\r\n$3\r\nSET\r\n$\(key.utf8.count)\r\n\(key)\r\n$\(bytes.count)\r\n".utf8)
    request += bytes + Array("\r\n".utf8)
    #expect(server.connect().exchange(request) == "+OK\r\n")
  }

  private func bytes(_ key: String) -> [UInt8] {
    guard let slot = server.slot(key) else { return [] }
    return server.database.string(slot).withBytes { Array($0) }
  }

  @Test func growsInPlace() {
    let client = server.connect()
    #expect(client.send("PFADD", "k") == ":1\r\n")
    #expect(bytes("k") == Self.header + [0x7f, 0xff])
    #expect(server.entry("k")?.flags == Entry.Flags.isRaw)
    for index in 0..<300 { _ = client.send("PFADD", "k", "element \(index)") }
    #expect(server.entry("k")?.encoding == .inline)
    #expect(client.send("PFDEBUG", "ENCODING", "k") == "+sparse\r\n")
  }

  /// What is dense has a block of just its size, and keeps its deadline.
  @Test func becomesDense() {
    let client = server.connect()
    _ = client.send("CONFIG", "SET", "hll-sparse-max-bytes", "100")
    _ = client.send("PFADD", "k", "a")
    _ = client.send("PEXPIREAT", "k", "33177117420000")
    for index in 0..<50 { _ = client.send("PFADD", "k", "element \(index)") }
    #expect(client.send("PFDEBUG", "ENCODING", "k") == "+dense\r\n")
    #expect(client.send("PEXPIRETIME", "k") == ":33177117420000\r\n")
    let byteCount = StringBlock.headerByteCount + HyperLogLog.denseByteCount
    #expect(server.entry("k")?.payloadByteCount() == Allocation.sizeClass(byteCount))
    for index in 0..<1000 { _ = client.send("PFADD", "k", "more \(index)") }
    #expect(server.entry("k")?.payloadByteCount() == Allocation.sizeClass(byteCount))
  }

  /// The bytes that a reply has borrowed are not changed under it.
  @Test func lentStringIsCopied() {
    let client = server.connect()
    _ = client.send("PFADD", "k", "a")
    _ = client.send("PFDEBUG", "TODENSE", "k")
    for command in [["PFADD", "k", "b"], ["PFCOUNT", "k"], ["PFMERGE", "k"]] {
      guard let slot = server.slot("k"), case .block(let block) = server.database.string(slot)
      else {
        Issue.record("no block")
        return
      }
      block.hold()
      let before = Array(block.view)
      _ = client.send(command)
      #expect(Array(block.view) == before, "\(command)")
      #expect(bytes("k") != before, "\(command)")
      block.free()
    }
  }

  @Test func wrongType() {
    server.addList("list")
    let client = server.connect()
    let reply = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
    for words in [
      ["PFADD", "list", "a"], ["PFCOUNT", "list"], ["PFCOUNT", "none", "list"],
      ["PFMERGE", "list"], ["PFMERGE", "none", "list"], ["PFDEBUG", "ENCODING", "list"],
    ] { #expect(client.send(words) == reply, "\(words)") }
    #expect(server.slot("none") == nil)
  }

  /// CVE-2025-32023: runs that add up to more than there are registers, in every command that
  /// walks them.
  @Test func cve202532023() {
    let client = server.connect()
    var wrapping: [UInt8] = []
    for _ in 0..<131_072 { wrapping += [0x7f, 0xff] }
    for opcodes in [[0x7f, 0xff, 0x80], [0, 0x7f, 0xff], wrapping + [0x80], [0x7f, 0xfe, 0x83]] {
      set("k", Self.header + opcodes)
      for words in [
        ["PFCOUNT", "k"], ["PFCOUNT", "k", "none"], ["PFMERGE", "k"], ["PFMERGE", "none", "k"],
        ["PFDEBUG", "GETREG", "k"], ["PFDEBUG", "TODENSE", "k"], ["PFDEBUG", "DECODE", "k"],
      ] { #expect(client.send(words) == corrupt, "\(words)") }
      #expect(bytes("k") == Self.header + opcodes)
      #expect(server.slot("none") == nil)
      let replies = (0..<100).map { client.send("PFADD", "k", "\($0)") }
      #expect(replies.allSatisfy { [":0\r\n", ":1\r\n", corrupt].contains($0) })
    }
  }

  /// Elements before the one at which a string is found corrupt have been added, and who watches
  /// the key is told.
  @Test func addingToCorruptOne() {
    let client = server.connect()
    // Half of the registers; the first element's is among them, the second's is not.
    set("k", Self.header + [0x5f, 0xff])
    _ = client.send("WATCH", "k")
    #expect(server.connect().send("PFADD", "k", "oKaenBBl", "a") == corrupt)
    #expect(bytes("k") != Self.header + [0x5f, 0xff])
    _ = client.send("MULTI")
    #expect(client.send("EXEC") == "*-1\r\n")
  }

  /// Redis reads the byte behind the string as the opcode's second one.
  @Test func cutOffOpcode() {
    let client = server.connect()
    let opcodes = [UInt8](repeating: 0x3f, count: 255) + [0x40]
    set("k", Self.header + opcodes)
    #expect(client.send("PFCOUNT", "k") == corrupt)
    #expect(client.send("PFDEBUG", "DECODE", "k") == corrupt)
    #expect(bytes("k") == Self.header + opcodes)
  }

  @Test func vectorsAreAChoice() {
    let client = server.connect()
    for index in 0..<3 {
      for element in 0..<500 { _ = client.send("PFADD", "k\(index)", "\(index * 400 + element)") }
      if index > 0 { _ = client.send("PFDEBUG", "TODENSE", "k\(index)") }
    }
    let words = ["PFCOUNT", "k0", "k1", "k2"]
    let reply = client.send(words)
    #expect(client.send("PFDEBUG", "SIMD", "OFF") == "+disabled\r\n")
    #expect(client.send(words) == reply)
    _ = client.send("PFMERGE", "plain", "k0", "k1", "k2")
    #expect(client.send("PFDEBUG", "SIMD", "on").hasSuffix("abled\r\n"))
    _ = client.send("PFMERGE", "vectors", "k0", "k1", "k2")
    #expect(bytes("plain") == bytes("vectors"))
    // A change of the configuration leaves the choice alone.
    _ = client.send("PFDEBUG", "SIMD", "OFF")
    _ = client.send("CONFIG", "SET", "hll-sparse-max-bytes", "10")
    #expect(!server.database.hyperLogLogs.usesVectors)
  }

  /// Each register that rose is a change, as in Redis.
  @Test func changesAreCounted() {
    let client = server.connect()
    let state = server.database.keyspace
    _ = client.send("PFADD", "k", "a", "b", "a")
    #expect(state.pointee.dirty == 3)
    _ = client.send("PFADD", "k", "a")
    #expect(state.pointee.dirty == 3)
    _ = client.send("PFCOUNT", "k")
    _ = client.send("PFCOUNT", "k")
    #expect(state.pointee.dirty == 4)
    _ = client.send("PFMERGE", "k")
    #expect(state.pointee.dirty == 5)
    _ = client.send("PFDEBUG", "TODENSE", "k")
    #expect(state.pointee.dirty == 6)
  }

  @Test func countIsPausedWithWrites() {
    let client = server.connect()
    _ = client.send("CLIENT", "PAUSE", "100000", "WRITE")
    #expect(client.send("PFCOUNT", "k") == "")
    #expect(server.connect().send("CLIENT", "UNPAUSE") == "+OK\r\n")
  }
}
