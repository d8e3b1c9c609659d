import Glibc
import Testing

@testable import Engine

/// What redis-check-aof 8.2.3 prints for the same files, unless a test says otherwise.
@Suite struct AOFCheckerTests {
  private func check(
    _ folder: String, _ name: String, _ mode: AOFChecker.Mode = .check, answer: String? = "y",
    rdb: AOFChecker.RDBVerdict = .invalid, files: FileSystem = FileSystem()
  ) -> (code: Int32, text: String) {
    var text = ""
    var checker = AOFChecker(
      mode: mode, files: files, write: { text += $0 }, readAnswer: { answer },
      checkRDB: { _ in rdb })
    let code = checker.run("\(folder)/\(name)")
    return (code, text.replacing(folder, with: "DIR"))
  }

  private let good = logged("SELECT", "0") + logged("SET", "a", "1")
  private let size = 50

  /// Checks content as a single file.
  private func single(_ content: String, _ mode: AOFChecker.Mode = .check) -> (Int32, String, Int) {
    withTemporaryFolder { folder in
      writeFile("\(folder)/f", content)
      let (code, text) = check(folder, "f", mode)
      return (code, text, readFile("\(folder)/f")?.count ?? -1)
    }
  }

  @Test func aGoodFileIsValid() {
    let (code, text, _) = single("#TS:1\r\n" + good + logged("MULTI") + logged("exec"))
    #expect(code == 0)
    #expect(
      text == """
        Start checking Old-Style AOF
        AOF analyzed: filename=DIR/f, size=86, ok_up_to=86, ok_up_to_line=19, diff=0
        AOF DIR/f is valid

        """)
    #expect(single("").1 == "Start checking Old-Style AOF\nAOF DIR/f is empty\n")
  }

  /// The line about the error and the last line that was good.
  @Test(arguments: [
    ("*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2", "4a: Expected to read 3 bytes, got 1 bytes", 19),
    ("*3\r", "32: Expected \\r\\n, got: 0d00", 13),
    ("*3x\r\n", "32: Expected \\r\\n, got: 780d", 13),
    ("*1\r\n:1\r\n", "36: Expected prefix '$', got: ':'", 14),
    (
      "*1\r\n$-1\r\n",
      "36: Expected to read string of -1 bytes, which is not in the suitable range", 15
    ),
    (
      "*1\r\n$99999999999999999999\r\n",
      "36: Expected to read string of 9223372036854775807 bytes, which is not in the suitable "
        + "range",
      15
    ),
    ("*1\r\n$1000000000000\r\nx", "46: Expected to read 1000000000002 bytes, got 1 bytes", 15),
    ("*1\r\n$4\r\nPINGxx", "3a: Expected \\r\\n, got: 7878", 15),
    (logged("MULTI") + logged("MULTI"), "49: Unexpected MULTI in AOF DIR/f", 19),
    (logged("EXEC"), "3a: Unexpected EXEC in AOF DIR/f", 16),
    (logged("MULTI") + logged("PING"), "49: Reached EOF before reading EXEC for MULTI", 19),
    // redis-check-aof finds nothing wrong with these, and the server then does not start.
    (
      "*0\r\n", "32: Expected to read command of 0 arguments, which is not in the suitable range",
      14
    ),
    ("* 1\r\n$4\r\nPING\r\n", "32: Expected \\r\\n, got: 2031", 13),
    ("#TS:1", "32: Reached EOF before the end of an annotation", 13),
  ])
  func saysWhatIsWrong(tail: String, error: String, line: Int) {
    let (code, text, count) = single(good + tail)
    let digits = error.prefix { $0 != ":" }
    let shown = "0x" + String(repeating: " ", count: 16 - digits.count) + error
    #expect(code == 1 && count == size + tail.utf8.count)
    #expect(
      text == """
        Start checking Old-Style AOF
        \(shown)
        AOF analyzed: filename=DIR/f, size=\(count), ok_up_to=50, ok_up_to_line=\(line), \
        diff=\(tail.utf8.count)
        AOF DIR/f is not valid. Use the --fix option to try fixing it.

        """)
    #expect(single(good + tail, .fix).2 == size)
  }

  @Test(arguments: ["junk", "\0\0\0", "\n"]) func otherBytesAreAFormatError(tail: String) {
    #expect(single(good + tail).1.contains("\nAOF DIR/f format error\nAOF analyzed: "))
  }

  @Test func fixingAsksFirst() {
    withTemporaryFolder { folder in
      for (answer, code, count) in [("n", 1, 51), (nil, 1, 51), ("Yes", 0, 50)] {
        writeFile("\(folder)/f", good + "*")
        let result = check(folder, "f", .fix, answer: answer)
        #expect(result.code == Int32(code) && readFile("\(folder)/f")?.count == count)
        #expect(
          result.text.hasSuffix(
            "This will shrink the AOF DIR/f from 51 bytes, with 1 bytes, to 50 bytes\n"
              + "Continue? [y/N]: "
              + (code == 1 ? "Aborting...\n" : "Successfully truncated AOF DIR/f\n")))
      }
      writeFile("\(folder)/f", good + "*")
      let faulty = FaultyFileSystem([0: .error(EIO)], only: ["truncate"])
      #expect(
        check(folder, "f", .fix, files: faulty.files()).text.hasSuffix(
          "Failed to truncate AOF DIR/f\n"))
    }
  }

  @Test func cutsAtATimestamp() {
    let part = { (time: Int) in "#TS:\(time)\r\n" + logged("SET", "a", "1") }
    let content = part(100) + part(200) + part(300)
    let length = part(100).utf8.count
    for (time, parts) in [(100, 1), (150, 1), (200, 2), (299, 2)] {
      let (code, text, count) = single(content, .truncate(timestamp: time))
      #expect(code == 0 && count == parts * length)
      #expect(text.hasSuffix("Successfully truncated AOF DIR/f to timestamp \(time)\n"))
    }
    #expect(
      single(content, .truncate(timestamp: 300)).1.hasSuffix(
        "Truncate nothing in AOF DIR/f to timestamp 300\nAOF DIR/f is valid\n"))
    let (code, text, count) = single(content, .truncate(timestamp: 50))
    #expect(code == 1 && count == content.utf8.count)
    #expect(text.hasSuffix("AOF DIR/f has nothing before timestamp 50, aborting...\n"))
    #expect(
      single("#TS:x\r\n", .truncate(timestamp: 50)).1.hasSuffix("Invalid timestamp annotation\n"))
    // redis-check-aof cuts in the middle of the transaction.
    let transaction = part(100) + logged("MULTI") + part(200) + logged("EXEC")
    #expect(single(transaction, .truncate(timestamp: 100)).2 == length)
  }

  private func withLog(
    _ files: [String: String], _ body: (String) -> Void
  ) {
    withTemporaryFolder { folder in
      writeFile(
        "\(folder)/m",
        "# comment\nfile b seq 1 type b\nfile i1 seq 1 type i\nfile i2 seq 2 type i\n")
      for (name, content) in files { writeFile("\(folder)/\(name)", content) }
      body(folder)
    }
  }

  @Test func aManifestsFilesAreChecked() {
    withLog(["b": good, "i1": good, "i2": ""]) { folder in
      let result = check(folder, "m")
      #expect(result.code == 0)
      #expect(
        result.text == """
          Start checking Multi Part AOF
          Start to check BASE AOF (RESP format).
          AOF analyzed: filename=b, size=50, ok_up_to=50, ok_up_to_line=13, diff=0
          BASE AOF b is valid
          Start to check INCR files.
          AOF analyzed: filename=i1, size=50, ok_up_to=50, ok_up_to_line=25, diff=0
          INCR AOF i1 is valid
          INCR AOF i2 is empty
          All AOF files and manifest are valid

          """)
    }
  }

  @Test func onlyTheLastFileIsFixed() {
    withLog(["b": good, "i1": good + "*", "i2": good]) { folder in
      let result = check(folder, "m", .fix)
      #expect(result.code == 1 && readFile("\(folder)/i1")?.count == 51)
      #expect(result.text.hasSuffix("Failed to truncate AOF i1 because it is not the last file\n"))
      writeFile("\(folder)/i1", good)
      writeFile("\(folder)/i2", good + "*")
      #expect(check(folder, "m", .fix).code == 0 && readFile("\(folder)/i2")?.count == 50)
      removeFile("\(folder)/i2")
      #expect(
        check(folder, "m").text.hasSuffix(
          "Cannot open file DIR/i2: No such file or directory, aborting...\n"))
      removeFile("\(folder)/b")
      #expect(
        check(folder, "m").text.hasSuffix("Cannot open file DIR/b: No such file or directory\n"))
    }
  }

  @Test func aBrokenManifestIsTold() {
    withLog(["m": "file a seq 1 type x\n"]) { folder in
      #expect(
        check(folder, "m").text == """
          Start checking Multi Part AOF

          *** FATAL AOF MANIFEST FILE ERROR ***
          Reading the manifest file, at line 1
          >>> 'file a seq 1 type x'
          Unknown AOF file type

          """)
    }
  }

  @Test func anRDBPreambleIsSomebodyElses() {
    withLog(["b": "REDIS0011" + good, "i1": good, "i2": good]) { folder in
      let result = check(folder, "m", rdb: .valid(endOffset: 9))
      #expect(result.code == 0)
      #expect(
        result.text.contains(
          "Start to check BASE AOF (RDB format).\n"
            + "RDB preamble is OK, proceeding with AOF tail...\n"
            + "AOF analyzed: filename=b, size=59, ok_up_to=59, ok_up_to_line=13, diff=0\n"))
      let invalid = check(folder, "m")
      #expect(invalid.code == 1)
      #expect(invalid.text.hasSuffix("RDB preamble of AOF file is not sane, aborting.\n"))
    }
  }
}
