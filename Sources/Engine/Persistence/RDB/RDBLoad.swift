import Core
import Glibc

/// Loads an RDB file into a keyspace, as many bytes at a time as the caller likes.
///
/// Keys of a file are new, so nothing is looked up before it is made. Entries are put into the
/// table some at a time: their buckets' lines are asked for when an entry has been read, and have
/// come when sixteen later ones are there. A key that is there all the same is a damaged file.
///
/// Lifetime: one for a file. Ownership: owns reader and entries that are not in a table yet.
final class RDBLoad {
  struct Options {
    /// Whether a key that exists is replaced, and not an error.
    var replacesKeys = false
    /// The base of an append-only file: what is past its deadline stays, because the log says when
    /// it went.
    var keepsExpired = false
    var checksums = true
    /// Whether keys are only looked at, and freed at once.
    var discards = false
    /// Told what stands between keys, for who shows it.
    var observe: ((Event) -> Void)?
    /// For tests: pause after each key.
    var delayMicroseconds = 0
  }

  private var reader: RDBReader
  private var objects: RDBObjectReader
  private let keyspace: Keyspace
  private let options: Options
  private var database: Database
  private var key = ScratchBlock()
  private let pending: UnsafeMutablePointer<Pending>
  private var pendingCount = 0
  private(set) var notes = Notes()
  /// The key that was there already.
  private var repeatedKey: [UInt8]?

  /// What the file says and what became of it.
  struct Notes {
    var version = 0
    var fields: [(name: [UInt8], value: [UInt8])] = []
    var libraries: [[UInt8]] = []
    var loadedCount = 0
    var expiredCount = 0
    /// Keys with a deadline among those that were only looked at.
    var volatileCount = 0
    var emptyCount = 0
    var hasNoChecksum = false
    /// Keys of collections without elements, some of them.
    var emptyKeys: [[UInt8]] = []

    fileprivate static let emptyKeyCountMax = 10
    fileprivate static let fieldCountMax = 64

    /// The value of an auxiliary field.
    func field(_ name: String) -> String? {
      fields.last { $0.name == Array(name.utf8) }.map { String(decoding: $0.value, as: UTF8.self) }
    }
  }

  /// What stands between keys.
  enum Event {
    case field(name: [UInt8], value: [UInt8])
    case database(Int)
    case function
  }

  private struct Pending {
    let entry: Entry
    let hash: UInt64
    let database: Database
  }

  private static let pendingCountMax = 32

  /// Reads the file's head. `reader` is CONSUMED.
  init(
    _ reader: consuming RDBReader, into keyspace: Keyspace, _ options: Options
  ) throws(RDBFailure) {
    let version: Int
    do throws(RDBError) {
      version = try Self.version(&reader)
    } catch {
      throw RDBFailure(error: error, offset: reader.offset)
    }
    self.reader = reader
    self.keyspace = keyspace
    self.options = options
    objects = RDBObjectReader(keyspace.state, version: version)
    database = keyspace[0]
    notes.version = version
    pending = .allocate(capacity: Self.pendingCountMax)
  }

  deinit {
    for index in 0..<pendingCount { pending[index].entry.free { Allocation.free($0, $1) } }
    pending.deallocate()
    key.free()
  }

  private static func version(_ reader: inout RDBReader) throws(RDBError) -> Int {
    let magic = try reader.bytes(RDBOpcode.magicByteCount)
    let names: [(StaticString, ClosedRange<Int>)] = [
      ("REDIS", 1...RDBVersion.newest),
      ("VALKEY", RDBVersion.firstOfValkey...RDBVersion.newestOfValkey),
    ]
    for (name, versions) in names {
      let count = name.utf8CodeUnitCount
      guard magic.slice(0, count) == ByteView(name) else { continue }
      let digits = magic.slice(count, magic.count).buffer
      guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
        let version = Int(String(decoding: digits, as: UTF8.self)), versions.contains(version)
      else { throw .unsupportedVersion([UInt8](digits)) }
      return version
    }
    throw .corrupt("Wrong signature trying to load DB from file")
  }

  /// Bytes read so far.
  var offset: Int { reader.offset }

  // MARK: Loading

  /// Loads keys until about so many bytes more have been read. Returns whether the file is at its
  /// end, and every key in the keyspace.
  func load(byteCount: Int) throws(RDBFailure) -> Bool {
    let (target, overflow) = reader.offset.addingReportingOverflow(byteCount)
    let limit = overflow ? Int.max : target
    var entering: KeyName?
    do throws(RDBError) {
      while reader.offset < limit {
        if try loadNext(&entering) {
          try insertPending()
          return true
        }
        entering = nil
      }
      return false
    } catch {
      throw RDBFailure(error: error, offset: reader.offset, key: repeatedKey ?? entering?.bytes)
    }
  }

  /// The name of a key that is being read, copied only if it comes to that.
  private struct KeyName {
    let view: ByteView
    var bytes: [UInt8] { [UInt8](view) }
  }

  /// What stands before a key.
  private struct Prefix {
    var deadline: Int64?
    var idleSeconds: UInt64 = 0
  }

  /// Loads the next key, or whatever stands before it. Returns whether the file has ended.
  @inline(__always)
  private func loadNext(_ entering: inout KeyName?) throws(RDBError) -> Bool {
    var prefix = Prefix()
    while true {
      let type = try reader.byte()
      if type < RDBOpcode.slotImport {
        try loadKey(type, prefix, &entering)
        return false
      }
      if type == RDBOpcode.deadlineMilliseconds {
        prefix.deadline = try reader.integer(Int64.self)
      } else if try readOpcode(type, &prefix) {
        return true
      }
    }
  }

  @inline(__always)
  private func loadKey(
    _ type: UInt8, _ prefix: Prefix, _ entering: inout KeyName?
  ) throws(RDBError) {
    let name = key.copy(of: try reader.string())
    entering = KeyName(view: name)
    var heading = RDBObjectReader.Heading(
      key: name, deadline: prefix.deadline,
      accessClock: keyspace.state.pointee.accessClock)
    if prefix.idleSeconds != 0 {
      let idle = UInt32(clamping: min(prefix.idleSeconds, 0xff_ffff))
      heading.accessClock = (heading.accessClock &- idle) & 0xff_ffff
    }
    let entry: Entry
    do throws(RDBError) {
      entry = try objects.entry(type: type, heading, &reader)
    } catch {
      guard case .empty = error else { throw error }
      return skipEmpty(name)
    }
    if let deadline = prefix.deadline, deadline < keyspace.state.pointee.now,
      !options.keepsExpired
    {
      notes.expiredCount += 1
      return entry.free { Allocation.free($0, $1) }
    }
    if options.discards {
      notes.loadedCount += 1
      if prefix.deadline != nil { notes.volatileCount += 1 }
      return entry.free { Allocation.free($0, $1) }
    }
    try append(entry)
    if options.delayMicroseconds > 0 { usleep(UInt32(clamping: options.delayMicroseconds)) }
  }

  private func skipEmpty(_ name: ByteView) {
    notes.emptyCount += 1
    if notes.emptyCount <= Notes.emptyKeyCountMax { notes.emptyKeys.append([UInt8](name)) }
  }

  // MARK: Entering

  @inline(__always)
  private func append(_ entry: Entry) throws(RDBError) {
    let hash = database.hash(entry.key)
    database.storage.pointee.table.prefetchPlace(hash)
    pending[pendingCount] = Pending(entry: entry, hash: hash, database: database)
    pendingCount += 1
    if pendingCount == Self.pendingCountMax { try insertPending() }
  }

  /// In the file's order, so that of two keys of one name the last one stays.
  private func insertPending() throws(RDBError) {
    var count = 0
    // What was inserted belongs to its table.
    defer {
      pending.update(from: pending + count, count: pendingCount - count)
      pendingCount -= count
      notes.loadedCount += count
    }
    while count < pendingCount {
      let item = pending[count]
      let key = Key(bytes: item.entry.key, hash: item.hash)
      if options.replacesKeys {
        item.database.put(item.entry, key)
      } else if !item.database.insertNew(item.entry, key) {
        repeatedKey = [UInt8](key.bytes)
        throw .corrupt("RDB has duplicated key")
      }
      count += 1
    }
  }

  // MARK: Opcodes

  /// Reads what an opcode stands for. Returns whether it is the end.
  private func readOpcode(_ opcode: UInt8, _ prefix: inout Prefix) throws(RDBError) -> Bool {
    switch opcode {
    case RDBOpcode.end:
      try checkEnd()
      return true
    case RDBOpcode.selectDatabase: try selectDatabase()
    case RDBOpcode.resizeDatabase:
      try reserve(try reader.number())
      _ = try reader.number()
    case RDBOpcode.deadlineSeconds:
      prefix.deadline = Int64(try reader.integer(Int32.self)) * 1000
    case RDBOpcode.idle: prefix.idleSeconds = try reader.number()
    case RDBOpcode.frequency: _ = try reader.byte()
    case RDBOpcode.field:
      let (name, value) = try reader.pair()
      options.observe?(.field(name: [UInt8](name), value: [UInt8](value)))
      if notes.fields.count < Notes.fieldCountMax {
        notes.fields.append((name: [UInt8](name), value: [UInt8](value)))
      }
    case RDBOpcode.function:
      notes.libraries.append([UInt8](try reader.string()))
      options.observe?(.function)
    case RDBOpcode.functionDraft: throw .corrupt("Pre-release function format not supported.")
    case RDBOpcode.slotInformation:
      for _ in 0..<3 { _ = try reader.number() }
    case RDBOpcode.moduleField: throw .unsupported(type: 7)
    default: throw .unsupported(type: opcode)
    }
    return false
  }

  /// A key takes some bytes of the file, so that a number that lies costs no more than a file of
  /// its size could.
  private func reserve(_ count: UInt64) throws(RDBError) {
    if options.discards { return }
    try insertPending()
    let possible = reader.remaining / Self.keyByteCountMin
    database.storage.pointee.table.reserve(Int(min(count, UInt64(possible))))
  }

  /// Type, key and value of a byte each, with their lengths.
  private static var keyByteCountMin: Int { 5 }

  private func selectDatabase() throws(RDBError) {
    let index = try reader.number()
    guard index < UInt64(keyspace.databaseCount) else {
      throw .corrupt("the file has more databases than `databases` allows")
    }
    // An entry that waits knows its database.
    database = keyspace[Int(index)]
    options.observe?(.database(Int(index)))
  }

  private func checkEnd() throws(RDBError) {
    guard notes.version >= RDBOpcode.versionWithChecksum else { return }
    let computed = reader.checksum()
    let stored = try reader.integer(UInt64.self)
    notes.hasNoChecksum = stored == 0
    guard options.checksums, stored != 0 else { return }
    if stored != computed { throw .corrupt("Wrong RDB checksum: RDB CRC error") }
  }
}

extension Database {
  /// Puts the entry of a key into the table unless the key is there.
  @inline(__always)
  func insertNew(_ entry: Entry, _ key: Key) -> Bool {
    if storage.pointee.table.find(key.bytes, key.hash) != nil { return false }
    countFieldDeadlines(entry, 1)
    _ = storage.pointee.table.insert(entry, key.hash)
    return true
  }
}
