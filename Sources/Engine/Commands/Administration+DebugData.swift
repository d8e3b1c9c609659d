import Core

// DEBUG: keys, and how they are stored.
extension Administration {
  static let debugData: [DebugSubcommand] = [
    DebugSubcommand(
      "DIGEST", 2...2, "", ["Output a hex signature representing the current DB content."]
    ) { call throws(CommandError) in
      Array(call.server.keyspace.digest.hexadecimal).withView { call.reply.simple($0) }
    },
    DebugSubcommand(
      "DIGEST-VALUE", 2...Int.max, "<key> [<key> ...]",
      ["Output a hex signature of the values of all the specified keys."], debugDigestValue),
    DebugSubcommand(
      "OBJECT", 3...3, "<key>", ["Show low level info about `key` and associated value."],
      debugObject),
    DebugSubcommand(
      "SDSLEN", 3...3, "<key>", ["Show how much room the strings of `key` and value take."],
      debugStringLength),
    DebugSubcommand(
      "POPULATE", 3...5, "<count> [<prefix>] [<size>]",
      [
        "Create <count> string keys named key:<num>. If <prefix> is specified then",
        "it is used instead of the 'key' prefix.",
      ], debugPopulate),
    DebugSubcommand(
      "HTSTATS", 3...4, "<dbid> [full]",
      ["Return hash table statistics of the specified Redis database."], debugTable),
    DebugSubcommand(
      "HTSTATS-KEY", 3...4, "<key> [full]",
      ["Like HTSTATS but for the hash table stored at <key>'s value."], debugTableOfKey),
    DebugSubcommand(
      "STRUCTSIZE", 2...2, "", ["Return the size of the server's main structures."]
    ) { call throws(CommandError) in
      let text =
        "bits:\(Int.bitWidth) entry:\(Entry.headerByteCount) bucket:\(Bucket.byteCount)"
        + " segment:\(Segment.byteCount(bucketCount: Segment.bucketCountMax))"
        + " client:\(MemoryLayout<Client>.size)"
        + " command:\(MemoryLayout<Command>.size)"
      Array(text.utf8).withView { call.reply.simple($0) }
    },
  ]

  /// DEBUG DIGEST-VALUE key [key ...]
  private static func debugDigestValue(_ call: Call) throws(CommandError) {
    call.reply.array(call.count - 2)
    for index in 2..<call.count {
      let digest = call.database.find(call.key(index)).map { call.database.digest($0) } ?? Digest()
      digest.hexadecimal.withView { call.reply.simple($0) }
    }
  }

  /// DEBUG OBJECT key
  private static func debugObject(_ call: Call) throws(CommandError) {
    guard let slot = call.database.find(call.key(2)) else { throw .noSuchKey }
    let address = String(UInt(bitPattern: slot.entry.base), radix: 16)
    let text =
      "Value at:0x\(address) refcount:\(call.database.referenceCount(slot))"
      + " encoding:\(call.database.encodingName(slot))"
      + " serializedlength:\(serializedByteCount(call, slot)) lru:\(slot.entry.accessClock)"
      + " lru_seconds_idle:\(call.database.idleSeconds(slot))"
    Array(text.utf8).withView { call.reply.simple($0) }
  }

  /// Bytes that a snapshot without compression takes for the value.
  private static func serializedByteCount(_ call: Call, _ slot: Slot) -> Int {
    var writer = RDBWriter(compresses: false)
    RDBObjectWriter(dialect: call.server.settings.rdbDialect).write(slot.entry, to: &writer)
    return writer.byteCount
  }

  /// DEBUG SDSLEN key
  private static func debugStringLength(_ call: Call) throws(CommandError) {
    guard let slot = call.database.find(call.key(2)) else { throw .noSuchKey }
    guard slot.entry.isString, !call.database.isInteger(slot) else {
      throw .text("ERR Not an sds encoded string.")
    }
    let count = call.database.string(slot).count
    let room = Allocation.sizeClass(slot.entry.byteCount)
    var available = room - slot.entry.byteCount
    var outside = 0
    if slot.entry.encoding == .block {
      let block = StringBlock(payload: slot.entry.payload)
      available = block.capacity - count
      outside = block.allocatedByteCount
    }
    let text =
      "key_sds_len:\(slot.entry.key.count), key_sds_avail:0, key_zmalloc: \(room),"
      + " val_sds_len:\(count), val_sds_avail:\(available), val_zmalloc: \(outside)"
    Array(text.utf8).withView { call.reply.simple($0) }
  }

  /// DEBUG POPULATE count [prefix] [size]
  private static func debugPopulate(_ call: Call) throws(CommandError) {
    let count = try positive(call, 2)
    // A size of 0 is as none.
    let size = call.count == 5 ? try positive(call, 4) : 0
    if size > call.server.parserLimits.bulkByteCountMax {
      throw .text("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
    }
    let prefix = call.count >= 4 ? [UInt8](call[3]) : Array("key".utf8)
    for number in 0..<count {
      let name = prefix + Array(":\(number)".utf8)
      var value = Array("value:\(number)".utf8)
      if size > 0 {
        value = Array(value.prefix(Int(size)))
        value += [UInt8](repeating: 0, count: Int(size) - value.count)
      }
      name.withView { name in
        let key = Key(bytes: name, hash: call.database.hash(name))
        // Keys that exist stay as they are.
        if call.database.find(key) != nil { return }
        value.withView {
          call.database.setString(key, nil, $0, .remove)
          if call.isLogged { call.effect("SET").add(name).add($0).end() }
          call.database.endUnit()
        }
        call.modified(key, .set)
      }
    }
    call.reply.ok()
  }

  private static func positive(_ call: Call, _ index: Int) throws(CommandError) -> Int64 {
    guard let value = call[index].parseInteger(), value >= 0 else {
      throw .text("ERR value is out of range, must be positive")
    }
    return value
  }

  /// DEBUG HTSTATS dbid [FULL]
  private static func debugTable(_ call: Call) throws(CommandError) {
    let index = try call.integer(2)
    guard index >= 0, index < call.server.keyspace.databaseCount else {
      throw .text("ERR Out of range database")
    }
    let database = call.server.keyspace[Int(index)]
    let main = TableStatistics(database, onlyVolatile: false)
    let expires = TableStatistics(database, onlyVolatile: true)
    call.reply.verbatim("[Dictionary HT]\n\(main.report)[Expires HT]\n\(expires.report)")
  }

  /// DEBUG HTSTATS-KEY key [FULL]
  private static func debugTableOfKey(_ call: Call) throws(CommandError) {
    guard call.database.find(call.key(2)) != nil else { throw .noSuchKey }
    // No type with a hash table of its own exists yet.
    throw .text(
      "ERR The value stored at the specified key is not represented using an hash table")
  }
}
