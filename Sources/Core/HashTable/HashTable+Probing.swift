import CPrimitives

/// Walking a table beside another one.
///
/// What a slot keeps of its record's hash (sixteen bits, the tag, the home bucket) is all that
/// another table needs to look the record up, as long as its directory asks for no more than those
/// sixteen bits, and both tables hash alike. So two large sets are intersected without hashing a
/// single member, in hash order, which is the order of both tables' memory; a record is read only
/// where 30 bits of the hash agree.
extension HashTable {
  /// What a slot tells about its record's hash.
  struct Print {
    /// The top sixteen bits, in their place.
    let high: UInt64
    let home: Int
    let tag: UInt8
  }

  /// Whether a `Print` is enough to look something up in this table.
  var takesPrints: Bool { depth <= 16 && chainedPageCount == 0 }

  /// Calls `body` with every slot, in hash order segment by segment, until it returns false.
  /// Returns whether it never did. `body` must not change the table.
  @inline(__always)
  func walk(_ body: (Slot, Print) -> Bool) -> Bool {
    forEachPage { page in
      for bucketIndex in 0..<Segment.bucketCount {
        let bucket = page.bucket(bucketIndex)
        var filled = bucket.filledSlots
        while filled != 0 {
          let place = filled.trailingZeroBitCount
          filled &= filled &- 1
          let slot = bucket.slot(place)
          let bits = slot.address.pointee
          let displacement = Int(bits & Slot.displacementMask)
          let print = Print(
            high: bits & Slot.hashMask,
            home: Segment.home(displacedBy: displacement, to: bucketIndex), tag: bucket.tag(place))
          if !body(slot, print) { return false }
        }
      }
      return true
    }
  }

  /// A record that agrees in all that the print tells; nil if there is none, which is certain.
  /// REQUIRES: `takesPrints`.
  @inline(__always)
  func candidate(_ print: Print) -> UnsafeMutableRawPointer? {
    let segment = segment(print.high)
    for distance in 0...Segment.displacementMax {
      let bucket = segment.bucket(Segment.neighbour(print.home, distance))
      var matches = bucket.matches(print.tag)
      while matches != 0 {
        let slot = bucket.slot(matches.trailingZeroBitCount)
        let bits = slot.address.pointee
        if (bits ^ print.high) & Slot.hashMask == 0,
          Int(bits & Slot.displacementMask) == distance
        {
          return slot.recordAddress
        }
        matches &= matches &- 1
      }
      if bucket.overflow == 0 { return nil }
    }
    return nil
  }
}
