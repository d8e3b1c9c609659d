/// Sorting members into the order of a score tree: by score, and by their bytes where scores are
/// equal.
///
/// A radix sort over the scores' bits, least significant byte first, without the bytes that all
/// have in common: results of unions have thousands of members, and comparing each of them a dozen
/// times costs as much as everything else. Few members, and those with equal scores, are compared.
///
/// Complexity: O(n), and O(m log m) for m members with one score. Memory: 32 bytes a member
/// meanwhile.
package enum ScoreSort {
  private struct Item {
    let key: UInt64
    let member: ScoredMember
  }

  /// Below this, comparing is faster.
  private static let radixCountMin = 192

  package static func sort(_ members: UnsafeMutableBufferPointer<ScoredMember>) {
    if isSorted(members) { return }
    if members.count < radixCountMin { return compareAll(members) }
    sortByScore(members)
    sortEqualScores(members)
  }

  private static func compareAll(_ members: UnsafeMutableBufferPointer<ScoredMember>) {
    // The view is a copy, what it shows is not.
    var members = members
    members.sort(by: isBefore)
  }

  @inline(__always)
  private static func isBefore(_ left: ScoredMember, _ right: ScoredMember) -> Bool {
    left.isBefore(right.score, right.bytes)
  }

  private static func isSorted(_ members: UnsafeMutableBufferPointer<ScoredMember>) -> Bool {
    for index in members.indices.dropFirst() where isBefore(members[index], members[index - 1]) {
      return false
    }
    return true
  }

  private static func sortByScore(_ members: UnsafeMutableBufferPointer<ScoredMember>) {
    let count = members.count
    withUnsafeTemporaryAllocation(of: Item.self, capacity: 2 * count) { buffer in
      let base = buffer.baseAddress.unsafelyUnwrapped
      var (source, target) = (base, base + count)
      var differing: UInt64 = 0
      for index in 0..<count {
        source[index] = Item(key: members[index].score.risingBits, member: members[index])
        differing |= source[index].key ^ source[0].key
      }
      for shift in stride(from: UInt64(0), to: 64, by: 8) where (differing >> shift) & 255 != 0 {
        pass(from: source, to: target, count, shift)
        swap(&source, &target)
      }
      for index in 0..<count { members[index] = source[index].member }
    }
  }

  /// Distributes the items by one byte of their keys, keeping the order of equal ones.
  private static func pass(
    from source: UnsafeMutablePointer<Item>, to target: UnsafeMutablePointer<Item>, _ count: Int,
    _ shift: UInt64
  ) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { places in
      places.initialize(repeating: 0)
      for index in 0..<count { places[Int((source[index].key &>> shift) & 255)] &+= 1 }
      var place = 0
      for byte in 0..<256 {
        let number = places[byte]
        places[byte] = place
        place &+= number
      }
      for index in 0..<count {
        let byte = Int((source[index].key &>> shift) & 255)
        target[places[byte]] = source[index]
        places[byte] &+= 1
      }
    }
  }

  private static func sortEqualScores(_ members: UnsafeMutableBufferPointer<ScoredMember>) {
    var start = 0
    while start < members.count {
      var end = start + 1
      while end < members.count, members[end].score == members[start].score { end += 1 }
      if end - start > 1 {
        compareAll(UnsafeMutableBufferPointer(rebasing: members[start..<end]))
      }
      start = end
    }
  }
}
