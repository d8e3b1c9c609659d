import CPrimitives

/// Walking a table beside another one.
///
/// What a slot keeps of its record's hash (its top bits, and with its place the position) is all
/// that another table needs to look the record up, as long as its directory asks for no more than
/// those top bits, and both tables hash alike. So two large sets are intersected without hashing a
/// single member, in hash order, which is the order of both tables' memory; a record is read only
/// where 29 bits of the hash agree.
extension HashTable {
  /// What a slot tells about its record's hash.
  struct Print {
    /// The top bits, in their place.
    let high: UInt64
    let position: Int
  }

  /// Whether a `Print` is enough to look something up in this table.
  var takesPrints: Bool { depth <= Slot.hashBitCount && chainedPageCount == 0 }

  /// Calls `body` with every slot, in hash order segment by segment, until it returns false.
  /// Returns whether it never did. `body` must not change the table.
  @inline(__always)
  func walk(_ body: (Slot, Print) -> Bool) -> Bool {
    forEachPage { page in
      page.forEachPosition { slot, position in
        body(slot, Print(high: slot.hashBits, position: position))
      }
    }
  }

  /// A record that agrees in all that the print tells; nil if there is none, which is certain.
  /// REQUIRES: `takesPrints`.
  @inline(__always)
  func candidate(_ print: Print) -> UnsafeMutableRawPointer? {
    let segment = segment(print.high)
    let home = segment.home(print.position)
    for distance in 0...Segment.displacementMax {
      let bucket = segment.bucket(segment.neighbour(home, distance))
      var matches = bucket.matches(UInt8(truncatingIfNeeded: print.position))
      while matches != 0 {
        let slot = bucket.slot(matches.trailingZeroBitCount)
        if slot.hashBits == print.high, slot.displacement == distance {
          return slot.recordAddress
        }
        matches &= matches &- 1
      }
      if bucket.overflow == 0 { return nil }
    }
    return nil
  }
}
