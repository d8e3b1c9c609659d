import CPrimitives

/// Walking the members, with memory fetched ahead, and looking each up in another table.
extension MemberTable {
  /// Records on their way from memory at once: about as many lines as a core can wait for.
  private static var groupCount: Int { 16 }

  /// A record that waits for its memory, and what the other table may have for it.
  private struct Waiting {
    let record: UnsafeMutableRawPointer
    var candidate: UnsafeMutableRawPointer?
    var hash: UInt64 = 0
  }

  /// Calls `body` with each record, in no order, until it returns false; returns whether it never
  /// did. `body` must not change the table.
  @inline(__always)
  @discardableResult
  package func forEachRecord(_ body: (Record) -> Bool) -> Bool {
    if !isPaged { return forEachFlatRecord(body) }
    return inGroups({ group in
      for waiting in group where !body(Record(address: waiting.record)) { return false }
      return true
    })
  }

  @inline(__always)
  private func forEachFlatRecord(_ body: (Record) -> Bool) -> Bool {
    let count = flat.count
    for index in 0..<count {
      if index + 8 < count { apus_prefetch(flat.slot(index + 8).recordAddress) }
      if !body(record(flat.slot(index))) { return false }
    }
    return true
  }

  /// Calls `body` with each record and whether `other` has one of the same key, until it returns
  /// false; returns whether it never did. Both tables hash by `context`.
  @inline(__always)
  @discardableResult
  package func forEachRecord(
    probing other: MemberTable, _ context: TableContext, _ body: (Record, Bool) -> Bool
  ) -> Bool {
    if isPaged, other.isPaged, other.paged.pointee.takesPrints {
      return inGroups(joining: other) { group in
        for waiting in group {
          let record = Record(address: waiting.record)
          if !body(record, other.has(record, waiting.candidate, context)) { return false }
        }
        return true
      }
    }
    return inGroups { group in
      other.prefetch(group, context)
      for waiting in group {
        let record = Record(address: waiting.record)
        if !body(record, other.find(record.key, waiting.hash) != nil) { return false }
      }
      return true
    }
  }

  /// Whether this table has a record of the same key, which is `candidate` nearly always.
  @inline(__always)
  private func has(
    _ record: Record, _ candidate: UnsafeMutableRawPointer?, _ context: TableContext
  ) -> Bool {
    guard let candidate else { return false }
    if Record(address: candidate).key == record.key { return true }
    return find(record.key, context.hash(record.key)) != nil
  }

  /// Hashes a group and asks for what its lookups will read.
  private func prefetch(_ group: UnsafeMutableBufferPointer<Waiting>, _ context: TableContext) {
    for index in group.indices {
      group[index].hash = context.hash(Record(address: group[index].record).key)
      if isPaged { _ = paged.pointee.prefetchBucket(group[index].hash) }
    }
    guard isPaged else { return }
    for waiting in group
    where paged.pointee.homeBucket(waiting.hash).prefetchRecord(waiting.hash) {
      _ = paged.pointee.prefetchNeighbour(waiting.hash)
    }
  }

  /// Collects the records in groups whose memory is on its way, and hands each to `body`.
  @inline(__always)
  private func inGroups(
    joining other: MemberTable? = nil, _ body: (UnsafeMutableBufferPointer<Waiting>) -> Bool
  ) -> Bool {
    withUnsafeTemporaryAllocation(of: Waiting.self, capacity: Self.groupCount) { group in
      var count = 0
      func add(_ slot: Slot, _ candidate: UnsafeMutableRawPointer?) -> Bool {
        apus_prefetch(slot.recordAddress)
        if let candidate { apus_prefetch(candidate) }
        group[count] = Waiting(record: slot.recordAddress, candidate: candidate)
        count += 1
        if count < Self.groupCount { return true }
        count = 0
        return body(group)
      }
      let isWhole: Bool
      if !isPaged {
        isWhole = forEachFlatSlot { add($0, nil) }
      } else if let other {
        isWhole = paged.pointee.walk { add($0, other.paged.pointee.candidate($1)) }
      } else {
        isWhole = paged.pointee.walk { slot, _ in add(slot, nil) }
      }
      return isWhole && body(UnsafeMutableBufferPointer(rebasing: group[..<count]))
    }
  }

  private func forEachFlatSlot(_ body: (Slot) -> Bool) -> Bool {
    for index in 0..<flat.count where !body(flat.slot(index)) { return false }
    return true
  }
}
