import Testing

@testable import Engine

@Suite struct AOFManifestTests {
  typealias File = AOFManifest.File
  private let naming = AOFNaming("appendonly.aof")

  private func parse(_ text: String) throws -> AOFManifest {
    try AOFManifest(parsing: Array(text.utf8))
  }

  private func reason(_ text: String) -> AOFManifestError? {
    do throws(AOFManifestError) {
      _ = try AOFManifest(parsing: Array(text.utf8))
      return nil
    } catch { return error }
  }

  @Test func readsWhatRedisWrites() throws {
    let text = """
      file appendonly.aof.2.base.rdb seq 2 type b
      file appendonly.aof.1.incr.aof seq 1 type h startoffset 0 endoffset 7
      file appendonly.aof.1.base.rdb seq 1 type h
      file appendonly.aof.2.incr.aof seq 2 type i startoffset 7

      """
    let manifest = try parse(text)
    #expect(manifest.base == File("appendonly.aof.2.base.rdb", 2, .base))
    #expect(
      manifest.history == [
        File("appendonly.aof.1.incr.aof", 1, .history, startOffset: 0, endOffset: 7),
        File("appendonly.aof.1.base.rdb", 1, .history),
      ])
    #expect(
      manifest.increments == [File("appendonly.aof.2.incr.aof", 2, .increment, startOffset: 7)])
    #expect(String(decoding: manifest.text, as: UTF8.self) == text)
    #expect(manifest.baseSequence == 2 && manifest.incrementSequence == 2)
  }

  /// Each was given to Redis 8.2, which takes it.
  @Test(
    arguments: [
      ("# only a comment\n", []), ("# no end", []), ("#\n#\nfile a seq 1 type i\n", ["a"]),
      ("FILE a SEQ 1 TYPE i\n", ["a"]), ("file a seq 1 type i foo bar\n", ["a"]),
      ("file a seq 5x type i\n", ["a"]), ("file a seq +5 type i\n", ["a"]),
      ("file a seq 1 type incr\n", ["a"]), ("file a file b seq 1 type i\n", ["b"]),
      ("  file a seq 1 type i \r\n", ["a"]), ("file \"a b\" seq 1 type i\n", ["a b"]),
      ("file \"a\\x41\" seq 1 type i\n", ["aA"]), ("file 'a b' seq 1 type i\n", ["a b"]),
      ("file a seq 1 type i\nfile b seq 1 type b\n", ["b", "a"]),
      ("file a seq -1 type b\n", ["a"]), ("type i seq 1 file a\n", ["a"]),
      ("file a seq 1 type i startoffset x\n", ["a"]),
    ] as [(String, [String])])
  func takes(text: String, names: [String]) throws {
    #expect(try parse(text).files.map(\.name) == names)
  }

  /// Each was given to Redis 8.2, which answers so.
  @Test(
    arguments: [
      ("", AOFManifestError.Reason.empty, nil),
      ("\n", .format, ""), (" \t \n", .format, ""),
      ("file a seq 1\n", .format, "file a seq 1"),
      ("file a seq 1 type i x\n", .format, "file a seq 1 type i x"),
      ("foo a seq 1 type i bar 5\n", .format, "foo a seq 1 type i bar 5"),
      ("file a seq 0 type i\n", .format, "file a seq 0 type i"),
      ("file a seq 0x5 type i\n", .format, "file a seq 0x5 type i"),
      ("file a seq 1 type \"\"\n", .format, "file a seq 1 type \"\""),
      ("file \"a b seq 1 type i\n", .format, "file \"a b seq 1 type i"),
      ("file\u{b}a seq 1 type i\n", .format, "file\u{b}a seq 1 type i"),
      ("file a/b seq 1 type i\n", .path, "file a/b seq 1 type i"),
      ("file a\\b seq 1 type i\n", .path, "file a\\b seq 1 type i"),
      ("file a seq -1 type i\n", .notMonotonic, "file a seq -1 type i"),
      ("file a seq 2 type i\nfile b seq 2 type i\n", .notMonotonic, "file b seq 2 type i"),
      ("file a seq 1 type b\nfile b seq 2 type b\n", .duplicateBase, "file b seq 2 type b"),
      ("file a seq 1 type x\n", .unknownType, "file a seq 1 type x"),
      ("file a seq 1 type i", .lineTooLong, nil),
      ("file a\0 seq 1 type i\n", .lineTooLong, nil), ("\0", .lineTooLong, nil),
      ("file a seq 1 type i\0\n", .lineTooLong, nil),
      // Refused by Apus alone: Redis reads the folder, or counts beyond the last number.
      ("file \"\" seq 1 type i\n", .path, "file \"\" seq 1 type i"),
      ("file .. seq 1 type i\n", .path, "file .. seq 1 type i"),
      (
        "file a seq 99999999999999999999 type i\n", .format,
        "file a seq 99999999999999999999 type i"
      ),
      (
        "file a seq 4611686018427387905 type i\n", .format,
        "file a seq 4611686018427387905 type i"
      ),
    ] as [(String, AOFManifestError.Reason, String?)])
  func refuses(text: String, expected: AOFManifestError.Reason, line: String?) {
    let error = reason(text)
    #expect(error?.reason == expected)
    #expect(error?.line?.text == line)
  }

  @Test func sayWhereAsRedisDoes() {
    let error = reason("# one\nfile a seq 1 type i\nfile b seq 1 type i\n")
    #expect(
      error?.messages == [
        "\n*** FATAL AOF MANIFEST FILE ERROR ***\n",
        "Reading the manifest file, at line 3\n",
        ">>> 'file b seq 1 type i'\n",
        "Found a non-monotonic sequence number\n",
      ])
  }

  @Test func linesHaveALength() throws {
    let line = "file a seq 1 type i"
    let fits = line + String(repeating: " ", count: 1023 - line.utf8.count) + "\n"
    #expect(try parse(fits).files.count == 1)
    #expect(reason(" " + fits)?.reason == .lineTooLong)
    // What is behind the first part of a comment counts as a line of its own.
    #expect(reason("#" + String(repeating: "x", count: 2000) + "\n")?.reason == .format)
  }

  @Test func notTextIsRefused() {
    let bytes = Array("file a".utf8) + [0xff] + Array(" seq 1 type i\n".utf8)
    #expect(throws: AOFManifestError.self) { try AOFManifest(parsing: bytes) }
  }

  /// The manifests are those of Redis 8.2 after the same steps, without its offsets.
  @Test func generationsFollowEachOther() {
    var manifest = AOFManifest()
    #expect(manifest.replaceBase(naming, isRDB: true).name == "appendonly.aof.1.base.rdb")
    #expect(manifest.addIncrement(naming).name == "appendonly.aof.1.incr.aof")
    // A rewrite: a new increment first, the base when it is done.
    _ = manifest.addIncrement(naming)
    _ = manifest.addIncrement(naming)
    _ = manifest.replaceBase(naming, isRDB: false)
    manifest.retireIncrements(keepingLast: true)
    #expect(
      String(decoding: manifest.text, as: UTF8.self) == """
        file appendonly.aof.2.base.aof seq 2 type b
        file appendonly.aof.1.incr.aof seq 1 type h
        file appendonly.aof.2.incr.aof seq 2 type h
        file appendonly.aof.1.base.rdb seq 1 type h
        file appendonly.aof.3.incr.aof seq 3 type i

        """)
    #expect(
      manifest.files.map(\.name) == ["appendonly.aof.2.base.aof", "appendonly.aof.3.incr.aof"])
    #expect(manifest.forgetHistory().count == 3)
    #expect(manifest.history.isEmpty)
    manifest.retireIncrements(keepingLast: false)
    #expect(manifest.increments.isEmpty && manifest.history.count == 1)
    #expect(manifest.addIncrement(naming).sequence == 4)
  }

  /// The real servers count on to zero, and their next start refuses that.
  @Test func aBaseBelowZeroIsFollowedByOneThatCanBeRead() throws {
    var manifest = try parse("file a seq -1 type b\n")
    #expect(manifest.replaceBase(naming, isRDB: true).sequence == 1)
    #expect(try AOFManifest(parsing: manifest.text).base?.sequence == 1)
  }

  @Test func whatIsInUseIsNotDeletedAsHistory() throws {
    var manifest = try parse("file a seq 1 type h\nfile b seq 1 type h\nfile a seq 2 type i\n")
    #expect(manifest.forgetHistory().map(\.name) == ["b"])
  }

  @Test(arguments: ["plain", "my file\"x", "it's", "tab\t", "back\\slash", "é", "#", ""])
  func namesAreReadBack(name: String) throws {
    var manifest = AOFManifest()
    let written = manifest.addIncrement(AOFNaming(name)).name
    guard !written.contains("\\") else { return }
    #expect(try AOFManifest(parsing: manifest.text).increments.first?.name == written)
  }

  @Test func offsetsOfTheLastIncrementChange() {
    var manifest = AOFManifest()
    manifest.setLastOffsets(start: 1, end: 2)
    #expect(manifest.isEmpty)
    _ = manifest.addIncrement(naming, startOffset: 5)
    manifest.setLastOffsets(start: 5, end: 9)
    #expect(
      manifest.text
        == Array("file appendonly.aof.1.incr.aof seq 1 type i startoffset 5 endoffset 9\n".utf8))
  }
}
