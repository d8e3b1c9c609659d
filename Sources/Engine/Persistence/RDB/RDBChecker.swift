import Core
import Glibc

/// What `apus-check-rdb` does: reads a file as a server would, keeps nothing of it, and shows in
/// the words of `redis-check-rdb` what it meets.
package struct RDBChecker {
  private let write: (String) -> Void
  private let files: FileSystem

  package init(files: FileSystem, write: @escaping (String) -> Void) {
    self.files = files
    self.write = write
  }

  /// Whether the file is right as far as it goes.
  package func check(_ path: String) -> Bool { checkStart(of: path) != nil }

  /// As `check`; returns where behind the RDB content something else may follow, as in an
  /// append-only file.
  package func checkStart(of path: String) -> Int? {
    let byteCount = files.byteCount(path)
    do throws(SystemFailure) {
      if byteCount < 0 { throw SystemFailure(Int32(clamping: -byteCount)) }
      let descriptor = try files.openFile(path, O_RDONLY)
      defer { _ = files.close(descriptor) }
      return check(path, RDBReader(files, descriptor, byteCount))
    } catch {
      write("Cannot open file \(path): \(error.reason)\n")
      return nil
    }
  }

  private func check(_ path: String, _ reader: consuming RDBReader) -> Int? {
    write("[offset 0] Checking RDB file \(path)\n")
    let keyspace = Keyspace(seedWords: Self.seedWords, databaseCount: Self.databaseCount)
    keyspace.state.pointee.now = WallClock.milliseconds()
    var options = RDBLoad.Options()
    options.discards = true
    let position = Position()
    options.observe = { show($0, position) }
    var notes = RDBLoad.Notes()
    do throws(RDBFailure) {
      let load = try RDBLoad(reader, into: keyspace, options)
      position.load = load
      defer { notes = load.notes }
      _ = try load.load(byteCount: .max)
      write("[offset \(load.offset)] \(load.notes.checksumText)\n")
      write("[offset \(load.offset)] \\o/ RDB looks OK! \\o/\n")
      show(load.notes)
      return load.offset
    } catch {
      show(error, notes)
      return nil
    }
  }

  private static var seedWords: (UInt64, UInt64, UInt64, UInt64) {
    var random = SystemRandomNumberGenerator()
    return (random.next(), random.next(), random.next(), random.next())
  }

  /// As many as Redis allows.
  private static var databaseCount: Int { 16_384 }

  /// Where an event is, which only the load knows.
  private final class Position {
    weak var load: RDBLoad?
  }

  private func show(_ event: RDBLoad.Event, _ position: Position) {
    let offset = position.load?.offset ?? 0
    switch event {
    case .field(let name, let value):
      write("[offset \(offset)] AUX FIELD \(Self.text(name)) = '\(Self.text(value))'\n")
    case .database(let index): write("[offset \(offset)] Selecting DB ID \(index)\n")
    case .function: write("[offset \(offset)] Function library\n")
    }
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private func show(_ failure: RDBFailure, _ notes: RDBLoad.Notes) {
    write("--- RDB ERROR DETECTED ---\n[offset \(failure.offset)] \(failure.reason)\n")
    if let key = failure.key { write("[additional info] Reading key '\(Self.text(key))'\n") }
    show(notes)
  }

  private func show(_ notes: RDBLoad.Notes) {
    write("[info] \(notes.loadedCount + notes.expiredCount) keys read\n")
    write("[info] \(notes.volatileCount + notes.expiredCount) expires\n")
    write("[info] \(notes.expiredCount) already expired\n")
    if notes.emptyCount > 0 { write("[info] \(notes.emptyCount) empty keys skipped\n") }
  }
}

extension RDBLoad.Notes {
  fileprivate var checksumText: String {
    hasNoChecksum ? "RDB file was saved with checksum disabled: no check performed." : "Checksum OK"
  }
}

extension RDBReader {
  /// Reads a file that has `byteCount` bytes from where it stands.
  init(_ files: FileSystem, _ descriptor: Int32, _ byteCount: Int) {
    self.init(byteCount: byteCount) { (target, count) throws(RDBError) in
      do throws(SystemFailure) {
        return try files.readSome(descriptor, target, count)
      } catch {
        throw .unreadable(error.number)
      }
    }
  }
}
