import Core

/// Commands on many keys: each key's memory is asked for before the first one is worked on.
extension Call {
  /// Keys that are fetched ahead at once: about as many lines as a core can wait for.
  private static var groupCount: Int { 16 }

  /// Calls `body` with each key from argument `first` up to, not including, `end`, and its index;
  /// stops when `body` returns false and returns whether it never did.
  ///
  /// Groups of keys are hashed, then their buckets fetched, then their entries, as a batch does for
  /// the first keys of its commands. `body` looks its key up itself and may change the table.
  @inline(__always)
  @discardableResult
  func forEachKey(
    from first: Int, to end: Int, step: Int = 1, _ body: (Key, Int) -> Bool
  ) -> Bool {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.groupCount) { hashes in
      var start = first
      while start < end {
        let stop = min(end, start &+ Self.groupCount &* step)
        prefetchKeys(from: start, to: stop, step: step, hashes)
        var index = start
        var place = 0
        while index < stop {
          if !body(Key(bytes: self[index], hash: hashes[place]), index) { return false }
          index &+= step
          place &+= 1
        }
        start = stop
      }
      return true
    }
  }

  @inline(never)
  private func prefetchKeys(
    from start: Int, to stop: Int, step: Int, _ hashes: UnsafeMutableBufferPointer<UInt64>
  ) {
    let storage = database.storage
    withUnsafeTemporaryAllocation(of: Bucket.self, capacity: Self.groupCount) { buckets in
      var count = 0
      for index in stride(from: start, to: stop, by: step) {
        hashes[count] = storage.pointee.table.hash(self[index])
        buckets[count] = storage.pointee.table.prefetchBucket(hashes[count])
        count &+= 1
      }
      for place in 0..<count where buckets[place].prefetchRecord(hashes[place]) {
        _ = storage.pointee.table.prefetchNeighbour(hashes[place])
      }
    }
  }
}
