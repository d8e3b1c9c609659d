@testable import Core

typealias SeedWords = (UInt64, UInt64, UInt64, UInt64)

/// A hash table beside a dictionary that says what must be in it.
final class HashTableModel {
  var table: HashTable<KeyRecord>
  /// What each key's deadline is; nil for none.
  var model: [[UInt8]: Int64?] = [:]
  var random: SplitMixGenerator

  init(_ number: UInt64, seedWords: SeedWords? = nil) {
    var random = SplitMixGenerator(seed: number)
    let drawn = (random.next(), random.next(), random.next(), random.next())
    self.random = random
    let words = seedWords ?? drawn
    table = HashTable(TableContext(seedWords: words))
  }

  /// With this seed the hash of seven bytes, as a little-endian number, is 49 times that number.
  static let transparentSeed: SeedWords = (0, 0, 0, 0)

  /// A key whose hash under `transparentSeed` is at most 48 less than `hash`, which is below 2^62.
  static func key(hash: UInt64) -> [UInt8] {
    (0..<7).map { UInt8(truncatingIfNeeded: (hash / 49) >> (8 * UInt64($0))) }
  }

  func insert(_ key: [UInt8], deadline: Int64? = nil) {
    key.withView { view in
      _ = table.insert(KeyRecord(view, deadline: deadline), table.hash(view))
    }
    model[key] = .some(deadline)
  }

  func slot(_ key: [UInt8]) -> Slot? { key.withView { table.find($0, table.hash($0)) } }

  func remove(_ key: [UInt8]) {
    if let slot = slot(key) { table.remove(slot).free { Allocation.free($0, $1) } }
    model[key] = nil
  }

  func removeAll() { for key in Array(model.keys) { remove(key) } }

  func destroy() { table.destroy { Allocation.free($0, $1) } }

  /// Everything that must hold between two operations; the first thing that does not, or nil.
  func brokenInvariant() -> String? {
    if table.count != model.count { return "count \(table.count), expected \(model.count)" }
    let volatile = model.values.count { $0 != nil }
    if table.volatileCount != volatile { return "volatileCount \(table.volatileCount)" }
    let earliest = model.values.compactMap { $0 }.min() ?? .max
    if table.earliestDeadline > earliest { return "earliestDeadline of the table" }
    for (key, deadline) in model {
      guard let slot = slot(key) else { return "\(key) is not found" }
      if slot.isVolatile != (deadline != nil) { return "volatile bit of \(key)" }
      if let deadline, table.record(slot).deadline != deadline { return "deadline of \(key)" }
    }
    return brokenDirectory()
  }

  private func brokenDirectory() -> String? {
    if table.segmentCount == 0 { return table.count == 0 ? nil : "no segments" }
    var counts = [Int32](repeating: 0, count: 33)
    var keyCount = 0
    var pageByteCount = 0
    var chainedPageCount = 0
    var index = 0
    while index < 1 << table.depth {
      let segment = table.directory[index]
      if segment.depth > table.depth { return "depth of a segment" }
      let span = 1 << (table.depth - segment.depth)
      if index % span != 0 { return "alignment of a segment's directory entries" }
      for entry in index..<(index + span) where table.directory[entry] != segment {
        return "directory entry \(entry)"
      }
      counts[segment.depth] += 1
      var next = Optional(segment)
      while let page = next {
        next = page.next
        keyCount += page.count
        pageByteCount += page.byteCount
        if page != segment { chainedPageCount += 1 }
        if let broken = broken(page, prefix: UInt64(index / span)) { return broken }
      }
      index += span
    }
    if keyCount != table.count { return "sum of the segments' counts" }
    if pageByteCount != table.pageByteCount { return "bytes of the pages" }
    if chainedPageCount != table.chainedPageCount { return "number of further pages" }
    for depth in 0...32 where table.segmentCounts[depth] != counts[depth] {
      return "number of segments of depth \(depth)"
    }
    if table.depth > 0, counts[table.depth] == 0 { return "the directory could be halved" }
    return Int(counts.reduce(0, +)) == table.segmentCount ? nil : "segmentCount"
  }

  private func broken(_ segment: Segment, prefix: UInt64) -> String? {
    var overflow = [Int](repeating: 0, count: segment.bucketCount)
    var count = 0
    var volatileCount = 0
    var problem: String?
    segment.forEachSlot { slot, bucketIndex, tag in
      count += 1
      let key = table.record(slot).key
      let hash = table.hash(key)
      if segment.depth > 0, hash >> UInt64(64 - segment.depth) != prefix { problem = "prefix" }
      if slot.address.pointee & Slot.hashMask != hash & Slot.hashMask { problem = "hash bits" }
      if tag != Segment.tag(hash) { problem = "tag" }
      if table.page(of: slot) != segment { problem = "a slot's page" }
      let home = segment.home(Segment.position(hash))
      if segment.neighbour(home, slot.displacement) != bucketIndex { problem = "displacement" }
      for passed in 0..<slot.displacement { overflow[segment.neighbour(home, passed)] += 1 }
      if slot.isVolatile {
        volatileCount += 1
        if table.record(slot).deadline < segment.earliestDeadline { problem = "earliestDeadline" }
      }
      if slot.isVolatile != table.record(slot).isVolatile { problem = "volatile bit" }
    }
    if count != segment.count { problem = "count of a segment" }
    if volatileCount != segment.volatileCount { problem = "volatileCount of a segment" }
    for index in 0..<segment.bucketCount {
      let bits = segment.bucket(index).overflow
      if (bits & Bucket.chainedBit != 0) != (segment.next != nil) { problem = "mark of a bucket" }
      let counted = Int(bits & ~Bucket.chainedBit)
      if counted != overflow[index] { problem = "overflow \(counted), not \(overflow[index])" }
    }
    return problem
  }
}
