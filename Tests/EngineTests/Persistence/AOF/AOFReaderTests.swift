import Core
import Glibc
import Testing

@testable import Engine

/// The bytes of one command.
func logged(_ words: String...) -> String {
  words.reduce("*\(words.count)\r\n") { $0 + "$\($1.utf8.count)\r\n\($1)\r\n" }
}

@Suite struct AOFReaderTests {
  struct Read: Equatable {
    var commands: [[String]] = []
    var outcome = AOFReader.Outcome.end
    var timestamp: Int64?
  }

  private func read(
    _ content: [UInt8], from offset: Int = 0, files: FileSystem = FileSystem()
  ) throws -> Read {
    withTemporaryFolder { folder in
      let path = "\(folder)/file"
      writeFile(path, content)
      let descriptor = open(path, O_RDONLY)
      defer { close(descriptor) }
      var reader = AOFReader(
        files: files, descriptor: descriptor, byteCount: content.count, offset: offset)
      defer { reader.close() }
      var arguments = ArgumentList(capacity: 1)
      defer { arguments.destroy() }
      var result = Read()
      while true {
        result.outcome = reader.next(into: &arguments)
        result.timestamp = reader.timestamp
        guard result.outcome == .command else { return result }
        result.commands.append((0..<arguments.count).map { String(arguments.base[$0]) })
      }
    }
  }

  private func read(_ content: String) throws -> Read { try read(Array(content.utf8)) }

  private static let first = logged("SELECT", "0") + logged("SET", "a", "1")
  private static let whole = first.utf8.count

  @Test func readsCommandsAndAnnotations() throws {
    let result = try read("#TS:1700000000\r\n\(Self.first)#anything\n\(logged("SET", "b", ""))")
    #expect(result.commands == [["SELECT", "0"], ["SET", "a", "1"], ["SET", "b", ""]])
    #expect(result.outcome == .end && result.timestamp == 1_700_000_000)
    #expect(try read("").outcome == .end)
    #expect(try read("#\n").outcome == .end)
  }

  /// At every byte of a command the file is cut there, and nowhere else.
  @Test func everyCutIsFound() throws {
    let last = Array(("#TS:12\r\n" + logged("SET", "twelve bytes", "value")).utf8)
    for count in 1..<last.count where count != 8 {
      let result = try read(Array(Self.first.utf8) + last[..<count])
      #expect(result.outcome == .truncated(at: Self.whole, revertsTransaction: false), "\(count)")
      #expect(result.commands.count == 2)
    }
  }

  @Test func aTransactionWithoutEndIsTakenBack() throws {
    let open = logged("multi") + logged("SET", "b", "2")
    let reverted = AOFReader.Outcome.truncated(at: Self.whole, revertsTransaction: true)
    #expect(try read(Self.first + open).outcome == reverted)
    #expect(try read(Self.first + open + "#TS:1\r\n").outcome == reverted)
    // Redis 8.2 cuts this one behind the SET, and the MULTI stays.
    #expect(try read(Self.first + open + "*3\r\n$3").outcome == reverted)
    #expect(try read(Self.first + open + logged("MULTI")).outcome == reverted)
    #expect(try read(Self.first + open + logged("DISCARD") + logged("PING")).outcome == reverted)
    #expect(try read(Self.first + open + logged("EXEC")).outcome == .end)
    let after = Self.first + open + logged("Exec")
    #expect(
      try read(after + "*").outcome
        == .truncated(at: after.utf8.count, revertsTransaction: false))
  }

  /// What a client could never have caused, but a file may hold.
  @Test(arguments: [
    ("junk", 0), ("SET b 2\r\n", 0), ("*0\r\n", 1), ("*-1\r\n", 1), ("*\r\n", 1), ("* 3\r\n", 1),
    ("*2147483648\r\n", 1), ("*99999999999999999999\r\n", 19), ("*1\n", 2), ("*1\rx", 3),
    ("*1\r\n:1\r\n", 4), ("*1\r\n#TS:1\r\n", 4), ("*1\r\n$-1\r\n", 5), ("*1\r\n$+1\r\n", 5),
    ("*1\r\n$\r\n", 5), ("*1\r\n$281474976710657\r\nx", 5),
    ("*1\r\n$9223372036854775807\r\nx", 5), ("*1\r\n$9223372036854775808\r\nx", 23),
    ("*1\r\n$000000000000000000001\r\nx\r\n", 25), ("*1\r\n$1\r\nxyz", 9),
    ("*1\r\n$1\r\nx\r\r", 10), ("*1\r\n$4\r\nPI\r\nNG\r\n", 14 - 2), ("*1\r\n$1\r\nx\0y", 9),
    ("#" + String(repeating: "x", count: 1100), 1023),
  ])
  func badFormat(text: String, at: Int) throws {
    let result = try read(Self.first + text)
    #expect(result.outcome == .badFormat(at: Self.whole + at))
    #expect(result.commands.count == 2)
  }

  @Test(arguments: ["*01\r\n$04\r\nPING\r\n", "*00000000000000000001\r\n$4\r\nPING\r\n"])
  func leadingZerosAreTaken(text: String) throws {
    #expect(try read(text).commands == [["PING"]])
  }

  /// A length that the file cannot hold is the end of a file that was cut; nothing is reserved.
  @Test(arguments: ["*2147483647\r\n", "*1\r\n$281474976710656\r\nx", "*1\r\n$1000000000000\r\n"])
  func lengthsThatLie(text: String) throws {
    #expect(
      try read(Self.first + text).outcome
        == .truncated(at: Self.whole, revertsTransaction: false))
  }

  /// A file system may lengthen a file before a crash and never write its content.
  @Test func zerosUpToTheEndAreACut() throws {
    let last = Array(logged("SET", "twelve bytes", "value").utf8)
    for count in 0..<last.count {
      for zeros in [1, 5, 300_000] {
        let tail = last[..<count] + [UInt8](repeating: 0, count: zeros)
        let result = try read(Array(Self.first.utf8) + tail)
        #expect(
          result.outcome == .truncated(at: Self.whole, revertsTransaction: false),
          "\(count) bytes, \(zeros) zeros")
        guard zeros == 300_000 else { continue }
        let other = try read(Array(Self.first.utf8) + tail + [1]).outcome
        // Zeros may be a string's content, so the first that cannot be lies a little further on.
        guard case .badFormat(let at) = other else {
          Issue.record("\(count) bytes, zeros and one: \(other)")
          continue
        }
        #expect((Self.whole + count..<Self.whole + last.count + 1).contains(at))
      }
    }
  }

  @Test func longCommandsMakeTheBufferGrow() throws {
    var content = Self.first
    var expected = [["SELECT", "0"], ["SET", "a", "1"]]
    for length in [1, 262_143, 262_144, 262_145, 3_000_000, 7] {
      let value = String(repeating: "v", count: length)
      content += logged("SET", "k", value) + "#TS:\(length)\r\n"
      expected.append(["SET", "k", value])
    }
    let words = (0..<100_000).map { "w\($0)" }
    content += words.reduce("*\(words.count)\r\n") { $0 + "$\($1.utf8.count)\r\n\($1)\r\n" }
    expected.append(words)
    let result = try read(content)
    #expect(result.commands == expected)
    #expect(result.outcome == .end && result.timestamp == 7)
  }

  @Test func beginsBehindAPreamble() throws {
    let content = Array("REDIS0011 whatever".utf8) + Array(Self.first.utf8)
    #expect(try read(content, from: 18).commands.count == 2)
    #expect(
      try read(content + [42], from: 18).outcome
        == .truncated(at: content.count, revertsTransaction: false))
    #expect(
      try read(Array(content[..<19]), from: 18).outcome
        == .truncated(at: 18, revertsTransaction: false))
  }

  @Test func readsThatFallShortOrFail() throws {
    let content = Array((0..<30_000).map { logged("SET", "k\($0)", "v") }.joined().utf8)
    let expected = try read(content)
    #expect(expected.commands.count == 30_000)
    let counting = FaultyFileSystem()
    _ = try read(content, files: counting.files())
    for number in counting.seen.indices {
      let short = FaultyFileSystem([number: .short])
      #expect(try read(content, files: short.files()) == expected)
      let failed = FaultyFileSystem([number: .error(EIO)])
      #expect(try read(content, files: failed.files()).outcome == .failed(SystemFailure(EIO)))
      guard counting.seen[number] == "read" else { continue }
      let interrupted = FaultyFileSystem([number: .error(EINTR)])
      #expect(try read(content, files: interrupted.files()) == expected)
    }
  }
}
