import Core

/// The index of a database.
typealias KeyTable = HashTable<Entry>

extension Entry: TableRecord {
  @inline(__always)
  init(address: UnsafeMutableRawPointer) {
    self.init(address.assumingMemoryBound(to: UInt8.self))
  }

  @inline(__always)
  var address: UnsafeMutableRawPointer { UnsafeMutableRawPointer(base) }

  @inline(__always)
  var isVolatile: Bool { hasDeadline }
}

extension Slot {
  /// The key that the slot of a database's table points to.
  @inline(__always)
  var entry: Entry { Entry(address: recordAddress) }

  /// Points the slot to another entry for the same key.
  @inline(__always)
  func setEntry(_ entry: Entry, isVolatile: Bool) {
    setRecord(entry.address, isVolatile: isVolatile)
  }
}
