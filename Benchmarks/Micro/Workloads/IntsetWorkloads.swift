import Core

/// Small sets of integers.
enum IntsetWorkloads {
  static let all = [
    Workload("Intset: contains", smallSet) { _ in looking(smallCount) },
    Workload("Intset: contains", largeSet) { _ in looking(largeCount) },
    Workload("Intset: remove and insert", smallSet) { _ in moving(smallCount) },
    Workload("Intset: remove and insert", largeSet) { _ in moving(largeCount) },
    Workload("Intset: fill, random", "0 to 512 integers, 2 KB") { _ in filling() },
    Workload("Intset: validate", largeSet, .thousand) { _ in validating() },
  ]

  private static let smallCount = 16
  private static let largeCount = 512
  private static let smallSet = "16 integers, 72 bytes"
  private static let largeSet = "512 integers, 2 KB"

  /// Multiples of a thousand, which take four bytes each, in an order of their own.
  private static func number(_ index: Int, _ size: Int) -> Int64 {
    Int64((index &* 0x9e37_79b1) & (size &- 1)) &* 1000
  }

  private static func filled(_ size: Int) -> Intset {
    var set = Intset()
    for index in 0..<size { set.insert(Int64(index) * 1000) }
    set.insert(1_000_000)
    set.remove(1_000_000)
    return set
  }

  /// Every second one is there.
  private static func looking(_ size: Int) -> PreparedWorkload {
    let set = filled(size)
    return PreparedWorkload { count in
      var found = 0
      for index in 0..<count
      where set.contains(number(index, size) &+ Int64(index & 1)) { found &+= 1 }
      return found
    } returns: {
      ($0 + 1) / 2
    }
  }

  private static func moving(_ size: Int) -> PreparedWorkload {
    var set = filled(size)
    return PreparedWorkload { count in
      var changed = 0
      for index in 0..<count {
        let number = number(index, size)
        if set.remove(number), set.insert(number) { changed &+= 1 }
      }
      return changed
    } isRight: { count, result in
      result == count && set.count == size && set[size - 1] == Int64(size - 1) * 1000
    }
  }

  /// Sets that are filled one behind the other, and freed.
  private static func filling() -> PreparedWorkload {
    PreparedWorkload { count in
      var added = 0
      var set = Intset()
      for index in 0..<count {
        if set.count == largeCount {
          set.free()
          set = Intset()
        }
        if set.insert(number(index, largeCount)) { added &+= 1 }
      }
      set.free()
      return added
    } returns: {
      $0
    }
  }

  private static func validating() -> PreparedWorkload {
    let set = filled(largeCount)
    return PreparedWorkload { count in
      (0..<count).reduce(0) { sum, _ in sum &+ (Intset.isValid(set.view) ? 1 : 0) }
    } returns: {
      $0
    }
  }
}
