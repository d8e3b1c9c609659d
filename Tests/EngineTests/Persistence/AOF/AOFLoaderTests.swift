import Core
import Glibc
import Testing

@testable import Engine

@Suite struct AOFLoaderTests {
  /// What loading a folder gave.
  struct Loaded {
    var lines: [String] = []
    var commands: [String] = []
    var discards = 0
    var failure: [String]?
    var summary: AOFLoader.Summary?
    var totalByteCount: Int?
    var sliceCount = 0
  }

  /// Nine bytes, of which each call loads three at most.
  final class Preamble: AOFPreamble {
    private let isBroken: Bool
    private(set) var offset = 0

    init(isBroken: Bool) { self.isBroken = isBroken }

    func load(byteCount: Int) throws(AOFFailure) -> Bool {
      offset += min(byteCount, 3)
      if isBroken, offset > 3 { throw AOFFailure("Wrong signature") }
      return offset >= 9
    }
  }

  private func load(
    _ folder: String, allowed: Bool = true, files: FileSystem = FileSystem(),
    sliceByteCount: Int = .max
  ) -> Loaded {
    var loaded = Loaded()
    let directory = AOFDirectory(files: files, parent: folder, directoryName: "aof", name: "log")
    let consumer = AOFLoader.Consumer(
      execute: { file, arguments in
        let words = (0..<arguments.count).map { String(arguments[$0]) }
        if words[0] == "NONE" {
          return .refused("Unknown command 'NONE' reading the append only file \(file)")
        }
        loaded.commands.append(words.joined(separator: " "))
        return .done
      }, discardTransaction: { loaded.discards += 1 },
      openRDB: { (path) throws(AOFFailure) in
        loaded.commands.append("RDB")
        return Preamble(isBroken: path.contains("broken"))
      })
    do throws(AOFFailure) {
      var manifest = try directory.loadManifest { _, _ in }
      let report: AOFReport = { loaded.lines.append($1) }
      let loader = AOFLoader(directory, isTruncationAllowed: allowed, report)
      guard let plan = try loader.plan(&manifest) else { return loaded }
      loaded.totalByteCount = plan.totalByteCount
      let load = AOFLoad(loader, plan, into: consumer)
      while try !load.load(byteCount: sliceByteCount) { loaded.sliceCount += 1 }
      loaded.summary = load.summary
    } catch { loaded.failure = error.messages }
    loaded.lines = loaded.lines.map { $0.replacing(/\d\.\d{3} seconds/, with: "SECONDS") }
    return loaded
  }

  private func withLog(
    _ contents: [(name: String, content: String)], _ body: (String) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      mkdir("\(folder)/aof", 0o755)
      var manifest = ""
      for (number, file) in contents.enumerated() {
        let type = file.name.contains("base") ? "b" : "i"
        manifest += "file \(file.name) seq \(number + 1) type \(type)\n"
        writeFile("\(folder)/aof/\(file.name)", file.content)
      }
      writeFile("\(folder)/aof/log.manifest", manifest)
      try body(folder)
    }
  }

  private let good = logged("SET", "a", "1")
  private let torn = "*3\r\n$3\r\nSET\r\n$1"

  @Test func withoutFilesThereIsNothing() throws {
    withTemporaryFolder { folder in
      let loaded = load(folder)
      #expect(loaded.totalByteCount == nil && loaded.failure == nil)
    }
  }

  @Test func filesAreLoadedInOrder() throws {
    let files = [
      ("x.base.rdb", "REDIS0011"), ("i1", good), ("i2", ""), ("i3", logged("SET", "b", "2")),
    ]
    try withLog(files) { folder in
      let loaded = load(folder)
      #expect(loaded.commands == ["RDB", "SET a 1", "SET b 2"])
      #expect(loaded.totalByteCount == 9 + 2 * good.utf8.count)
      #expect(loaded.summary?.byteCount == loaded.totalByteCount)
      #expect(
        loaded.lines == [
          "Reading RDB base file on AOF loading...", "DB loaded from base file x.base.rdb: SECONDS",
          "DB loaded from incr file i1: SECONDS", "DB loaded from incr file i3: SECONDS",
        ])
    }
  }

  @Test(arguments: ["VALKEY080", "REDIS0011"]) func bothMagicsAreKnown(magic: String) throws {
    try withLog([("x.base.rdb", magic)]) { folder in #expect(load(folder).commands == ["RDB"]) }
  }

  @Test func theLastFileIsCutOnDisk() throws {
    try withLog([("i1", good), ("i2", good + torn)]) { folder in
      let loaded = load(folder)
      #expect(loaded.commands == ["SET a 1", "SET a 1"])
      #expect(
        loaded.lines.dropFirst() == [
          "!!! Warning: short read while loading the AOF file i2!!!",
          "!!! Truncating the AOF i2 at offset \(good.utf8.count) !!!",
          "AOF i2 loaded anyway because aof-load-truncated is enabled",
          "DB loaded from incr file i2: SECONDS",
        ])
      #expect(readFile("\(folder)/aof/i2") == Array(good.utf8))
      #expect(loaded.summary?.wasTruncated == true)
      #expect(loaded.summary?.byteCount == 2 * good.utf8.count)
    }
  }

  @Test func cuttingCanBeForbidden() throws {
    try withLog([("i1", good + torn)]) { folder in
      let loaded = load(folder, allowed: false)
      #expect(
        loaded.failure == [
          "Unexpected end of file reading the append only file i1. You can: 1) Make a backup of "
            + "your AOF file, then use apus-check-aof --fix <filename.manifest>. 2) "
            + "Alternatively you can set the 'aof-load-truncated' configuration option to yes and "
            + "restart the server.",
          "It is at offset \(good.utf8.count) of i1.",
        ])
      #expect(readFile("\(folder)/aof/i1") == Array((good + torn).utf8))
    }
  }

  /// Redis cuts it all the same, and starts with a gap the next time.
  @Test func onlyTheLastFileIsCut() throws {
    try withLog([("i1", good + torn), ("i2", good)]) { folder in
      for _ in 0..<2 {
        let loaded = load(folder)
        #expect(loaded.lines == ["!!! Warning: short read while loading the AOF file i1!!!"])
        #expect(
          loaded.failure == [
            "Fatal error: the truncated file is not the last file",
            "It is at offset \(good.utf8.count) of i1.",
          ])
        #expect(readFile("\(folder)/aof/i1") == Array((good + torn).utf8))
      }
    }
  }

  /// What is written behind a transaction that was cut is there after a second restart.
  @Test func aTornTransactionIsGoneFromTheFile() throws {
    let open = logged("MULTI") + logged("SET", "b", "2")
    for tail in ["", torn, "*", "\0\0\0\0"] {
      try withLog([("i1", good + open + tail)]) { folder in
        let loaded = load(folder)
        #expect(loaded.discards == 1)
        #expect(
          loaded.lines.first == "Revert incomplete MULTI/EXEC transaction in AOF file i1")
        #expect(readFile("\(folder)/aof/i1") == Array(good.utf8))
        writeFile("\(folder)/aof/i1", good + logged("SET", "later", "3"))
        let again = load(folder)
        #expect(again.commands == ["SET a 1", "SET later 3"])
        #expect(again.discards == 0 && again.summary?.wasTruncated == false)
      }
    }
  }

  @Test func whatIsNoCommandIsRefused() throws {
    try withLog([("i1", good + "junk")]) { folder in
      #expect(
        load(folder).failure == [
          "Bad file format reading the append only file i1: make a backup of your AOF file, then "
            + "use apus-check-aof --fix <filename.manifest>",
          "It is at offset \(good.utf8.count) of i1.",
        ])
    }
    try withLog([("i1", good + logged("NONE"))]) { folder in
      #expect(
        load(folder).failure == [
          "Unknown command 'NONE' reading the append only file i1",
          "It is at offset \(good.utf8.count) of i1.",
        ])
    }
  }

  @Test func aMissingFileIsRefused() throws {
    try withLog([("i1", good), ("i2", good)]) { folder in
      removeFile("\(folder)/aof/i2")
      #expect(
        load(folder).failure == [
          "Unable to obtain the AOF file i2 length. stat: No such file or directory"
        ])
      mkdir("\(folder)/aof/i2", 0o755)
      #expect(
        load(folder).failure == [
          "Unrecoverable error reading the append only file i2: Is a directory"
        ])
    }
  }

  @Test func aBaseThatIsNotWholeIsRefused() throws {
    try withLog([("broken.base.rdb", "REDIS0011")]) { folder in
      #expect(
        load(folder).failure == [
          "Wrong signature",
          "Error reading the RDB base file broken.base.rdb, AOF loading aborted",
        ])
    }
    // The end of the RDB content lies behind that of the file.
    try withLog([("x.base.rdb", "REDIS001")]) { folder in
      #expect(
        load(folder).failure == ["Error reading the RDB base file x.base.rdb, AOF loading aborted"])
    }
  }

  @Test func anOldFileWithPreambleIsTakenOver() {
    withTemporaryFolder { folder in
      writeFile("\(folder)/log", "REDIS0011" + good + torn)
      let loaded = load(folder)
      #expect(loaded.commands == ["RDB", "SET a 1"])
      #expect(
        loaded.lines == [
          "Successfully migrated an old-style AOF file (log) into the AOF directory (aof).",
          "Reading RDB preamble from AOF file...", "Reading the remaining AOF tail...",
          "!!! Warning: short read while loading the AOF file log!!!",
          "!!! Truncating the AOF log at offset \(9 + good.utf8.count) !!!",
          "AOF log loaded anyway because aof-load-truncated is enabled",
          "DB loaded from base file log: SECONDS",
        ])
      writeFile("\(folder)/aof/log", "REDIS0011" + torn)
      #expect(load(folder).failure == nil)
      #expect(readFile("\(folder)/aof/log") == Array("REDIS0011".utf8))
    }
  }

  @Test func errorsOfTheSystemEndLoading() throws {
    try withLog([("i1", good + torn)]) { folder in
      let calls: [(String, String)] = [
        ("open", "Fatal error: can't open the append log file i1 for reading: Input/output error"),
        ("read", "Unrecoverable error reading the append only file i1: Input/output error"),
        ("truncate", "Error truncating the AOF file i1: Input/output error"),
        ("synchronize", "Error truncating the AOF file i1: Input/output error"),
      ]
      for (call, message) in calls {
        // The first two calls belong to the manifest.
        let number = call == "open" ? 1 : call == "read" ? 2 : 0
        let faulty = FaultyFileSystem([number: .error(EIO)], only: [call])
        #expect(load(folder, files: faulty.files()).failure?.first == message)
      }
    }
  }

  @Test func slicesGiveWhatTheWholeGives() throws {
    let files = [
      ("x.base.rdb", "REDIS0011"), ("i1", String(repeating: good, count: 3000)),
      ("i2", logged("MULTI") + good + logged("EXEC") + good + torn),
    ]
    for sliceByteCount in [1, 100, 10_000, 1 << 20] {
      try withLog(files) { folder in
        let whole = load(folder)
        #expect(whole.commands.count == 3005 && whole.summary?.wasTruncated == true)
        writeFile("\(folder)/aof/i2", files[2].1)
        let sliced = load(folder, sliceByteCount: sliceByteCount)
        #expect(sliced.commands == whole.commands && sliced.lines == whole.lines)
        #expect(sliced.summary == whole.summary)
        // 1024 commands are a slice at most.
        #expect(sliced.sliceCount >= 3000 / 1024 + 3)
      }
    }
  }

  @Test func theOffsetGoesFromFileToFile() throws {
    let content = String(repeating: good, count: 3000)
    try withLog([("i1", content), ("i2", ""), ("i3", good + torn)]) { folder in
      let directory = AOFDirectory(parent: folder, directoryName: "aof", name: "log")
      let loader = AOFLoader(directory, isTruncationAllowed: true) { _, _ in }
      var manifest = try directory.loadManifest { _, _ in }
      let plan = try #require(try loader.plan(&manifest))
      let load = AOFLoad(
        loader, plan,
        into: AOFLoader.Consumer(
          execute: { _, _ in .done }, discardTransaction: {},
          openRDB: { _ in Preamble(isBroken: true) }))
      var seen: [Int] = []
      while try !load.load(byteCount: .max) { seen.append(load.offset) }
      #expect(seen == [1024, 2048, 3000, 3000].map { $0 * good.utf8.count })
      #expect(load.offset == 3001 * good.utf8.count)
      #expect(load.summary.commandCount == 3001)
    }
  }
}
