import Glibc
import Testing

@testable import Engine

@Suite struct AOFDirectoryTests {
  private func directory(
    _ folder: String, _ files: FileSystem = FileSystem()
  ) -> AOFDirectory {
    AOFDirectory(files: files, parent: folder, directoryName: "aof", name: "log")
  }

  private let silent: AOFReport = { _, _ in }

  private func twoFiles() -> AOFManifest {
    var manifest = AOFManifest()
    _ = manifest.replaceBase(AOFNaming("log"), isRDB: true)
    _ = manifest.addIncrement(AOFNaming("log"))
    return manifest
  }

  @Test func withoutFolderOrManifestThereIsNoLog() throws {
    try withTemporaryFolder { folder in
      var lines: [String] = []
      let directory = directory(folder)
      #expect(try directory.loadManifest { lines.append($1) }.isEmpty)
      try directory.make()
      #expect(try directory.loadManifest { lines.append($1) }.isEmpty)
      #expect(
        lines == [
          "The AOF directory aof doesn't exist", "The AOF manifest file log.manifest doesn't exist",
        ])
    }
  }

  @Test func whatIsSavedIsLoaded() throws {
    try withTemporaryFolder { folder in
      let directory = directory(folder)
      try directory.make()
      try directory.saveManifest(twoFiles())
      #expect(try directory.loadManifest(silent) == twoFiles())
      #expect(namesInFolder("\(folder)/aof") == ["log.manifest"])
    }
  }

  /// Whichever call fails, the old manifest or the new one is there, whole, and nothing beside it.
  @Test func savingSurvivesEachFailure() throws {
    let messages = [
      "Can't open the AOF manifest file temp-log.manifest: Input/output error",
      "Error trying to write the temporary AOF manifest file temp-log.manifest: Input/output error",
      "Fail to fsync the temp AOF file temp-log.manifest: Input/output error.",
      "Fail to fsync AOF directory FOLDER/aof: Input/output error.",
      "Error trying to rename the temporary AOF manifest file temp-log.manifest into log.manifest: "
        + "Input/output error",
      "Fail to fsync AOF directory FOLDER/aof: Input/output error.",
    ]
    for (number, message) in messages.enumerated() {
      try withTemporaryFolder { folder in
        try directory(folder).make()
        let old = twoFiles()
        try directory(folder).saveManifest(old)
        var new = old
        _ = new.addIncrement(AOFNaming("log"))
        let faulty = FaultyFileSystem([number: .error(EIO)])
        let expected = AOFFailure(message.replacing("FOLDER", with: folder))
        #expect(throws: expected) { try directory(folder, faulty.files()).saveManifest(new) }
        let found = try directory(folder).loadManifest(silent)
        #expect(found == (number == 5 ? new : old))
        #expect(namesInFolder("\(folder)/aof") == ["log.manifest"])
      }
    }
  }

  @Test func savingGoesOnWhenInterruptedOrShort() throws {
    for number in 0..<7 {
      for fault in [FaultyFileSystem.Fault.error(EINTR), .short] {
        try withTemporaryFolder { folder in
          try directory(folder).make()
          let faulty = FaultyFileSystem([number: fault])
          try directory(folder, faulty.files()).saveManifest(twoFiles())
          #expect(try directory(folder).loadManifest(silent) == twoFiles())
        }
      }
    }
  }

  @Test func theOldFileBecomesTheBase() throws {
    try withTemporaryFolder { folder in
      writeFile("\(folder)/log", "content")
      var manifest = AOFManifest()
      var lines: [String] = []
      try directory(folder).upgradeIfNeeded(&manifest) { lines.append($1) }
      #expect(
        lines == ["Successfully migrated an old-style AOF file (log) into the AOF directory (aof)."]
      )
      #expect(readFile("\(folder)/aof/log") == Array("content".utf8))
      #expect(readFile("\(folder)/aof/log.manifest") == Array("file log seq 1 type b\n".utf8))
      #expect(!namesInFolder(folder).contains("log"))
      // And only once.
      writeFile("\(folder)/log", "another")
      try directory(folder).upgradeIfNeeded(&manifest) { lines.append($1) }
      #expect(lines.count == 1 && readFile("\(folder)/aof/log") == Array("content".utf8))
    }
  }

  /// However far an upgrade came, the next start finishes it.
  @Test func anUpgradeThatWasCutOffGoesOn() throws {
    let count = try withTemporaryFolder { folder in
      writeFile("\(folder)/log", "content")
      var manifest = AOFManifest()
      let counting = FaultyFileSystem()
      try directory(folder, counting.files()).upgradeIfNeeded(&manifest, silent)
      return counting.seen.count
    }
    #expect(count == 11)
    for number in 0..<count {
      try withTemporaryFolder { folder in
        writeFile("\(folder)/log", "content")
        var manifest = AOFManifest()
        let faulty = FaultyFileSystem([number: .error(EIO)])
        #expect(throws: AOFFailure.self) {
          try directory(folder, faulty.files()).upgradeIfNeeded(&manifest, silent)
        }
        manifest = try directory(folder).loadManifest(silent)
        try directory(folder).upgradeIfNeeded(&manifest, silent)
        #expect(manifest.files.map(\.name) == ["log"])
        #expect(readFile("\(folder)/aof/log") == Array("content".utf8))
        #expect(try directory(folder).loadManifest(silent) == manifest)
      }
    }
  }

  @Test func startMakesBaseAndIncrement() throws {
    try withTemporaryFolder { folder in
      var manifest = AOFManifest()
      var lines: [String] = []
      let opened = try directory(folder).openAtStart(
        &manifest, usesRDB: true, { lines.append($1) }
      ) { path in writeFile(path, "base") }
      close(opened.descriptor)
      #expect(opened.name == "log.1.incr.aof" && opened.byteCount == 0)
      #expect(
        lines == [
          "Creating AOF base file log.1.base.rdb on server start",
          "Creating AOF incr file log.1.incr.aof on server start",
        ])
      #expect(try directory(folder).loadManifest(silent) == manifest)
      writeFile("\(folder)/aof/log.1.incr.aof", "12345")
      let again = try directory(folder).openAtStart(
        &manifest, usesRDB: true, { lines.append($1) }
      ) { _ in Issue.record("a second base") }
      close(again.descriptor)
      #expect(again.byteCount == 5)
      #expect(lines.last == "Opening AOF incr file log.1.incr.aof on server start")
    }
  }

  @Test func aRewriteOpensTheNextIncrement() throws {
    try withTemporaryFolder { folder in
      try directory(folder).make()
      var manifest = twoFiles()
      writeFile("\(folder)/aof/log.2.incr.aof", "left behind")
      let opened = try directory(folder).openNextIncrement(&manifest, startOffset: nil, silent)
      close(opened.descriptor)
      #expect(readFile("\(folder)/aof/log.2.incr.aof") == [])
      #expect(try directory(folder).loadManifest(silent).increments.map(\.sequence) == [1, 2])
    }
  }

  @Test func aManifestThatCannotBeSavedChangesNothing() throws {
    try withTemporaryFolder { folder in
      try directory(folder).make()
      for number in 0..<6 {
        var manifest = twoFiles()
        let faulty = FaultyFileSystem([number: .error(ENOSPC)])
        #expect(throws: AOFFailure.self) {
          try directory(folder, faulty.files())
            .openNextIncrement(&manifest, startOffset: nil, silent)
        }
        #expect(manifest == twoFiles())
      }
    }
  }

  @Test func historyIsDeletedAndForgotten() throws {
    try withTemporaryFolder { folder in
      try directory(folder).make()
      var manifest = twoFiles()
      _ = manifest.addIncrement(AOFNaming("log"))
      _ = manifest.replaceBase(AOFNaming("log"), isRDB: true)
      manifest.retireIncrements(keepingLast: true)
      var deleted: [String] = []
      var lines: [String] = []
      try directory(folder).deleteHistory(&manifest, { lines.append($1) }) { deleted.append($0) }
      #expect(deleted == ["\(folder)/aof/log.1.incr.aof", "\(folder)/aof/log.1.base.rdb"])
      #expect(lines.first == "Removing the history file log.1.incr.aof in the background")
      #expect(try directory(folder).loadManifest(silent) == manifest)
      #expect(manifest.history.isEmpty)
    }
  }
}
