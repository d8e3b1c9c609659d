import Core

/// Large lists: both ends, an index, a range, and the middle.
enum QuicklistWorkloads {
  static let all = [
    Workload("Quicklist: push tail, pop head", smallSet) { _ in queueing(smallCount, .tail) },
    Workload("Quicklist: push tail, pop head", largeSet) { queueing(min(largeCount, $0), .tail) },
    Workload("Quicklist: push head, pop tail", smallSet) { _ in queueing(smallCount, .head) },
    Workload("Quicklist: push head, pop tail", largeSet) { queueing(min(largeCount, $0), .head) },
    Workload("Quicklist: seek", smallSet) { _ in seeking(smallCount) },
    Workload("Quicklist: seek", largeSet, .thousand) { seeking(min(largeCount, $0)) },
    Workload("Quicklist: next and read", largeSet) { walking(min(largeCount, $0)) },
    Workload("Quicklist: insert and remove", smallSet) { _ in inserting(smallCount) },
    Workload("Quicklist: insert and remove", largeSet) { inserting(min(largeCount, $0)) },
  ]

  private static let smallCount = 256
  private static let largeCount = 1 << 20
  private static let smallSet = "256 elements, 4 KB"
  private static let largeSet = "1 Mi elements, 19 MB"
  private static let limits = QuicklistLimits(setting: -2)

  private static func filled(_ size: Int, _ keys: Keys) -> Quicklist {
    let list = Quicklist()
    for index in 0..<size { list.push(.bytes(keys[index]), .tail, limits) }
    return list
  }

  private static func queueing(_ size: Int, _ side: QuicklistSide) -> PreparedWorkload {
    let keys = Keys(1024)
    let list = filled(size, keys)
    return PreparedWorkload { count in
      var popped = 0
      for index in 0..<count {
        list.push(ListpackElement(keys[index]), side, limits)
        guard let position = side == .tail ? list.first : list.last else { return 0 }
        list.remove(at: position)
        popped &+= 1
      }
      return popped
    } isRight: { count, result in
      guard let position = side == .tail ? list.last : list.first,
        case .bytes(let bytes) = list.element(at: position)
      else { return false }
      return result == count && list.count == size && bytes == keys[count - 1]
    }
  }

  private static func seeking(_ size: Int) -> PreparedWorkload {
    let list = filled(size, Keys(size))
    return PreparedWorkload { count in
      var found = 0
      for index in 0..<count where list.seek((index &* 0x9e37_79b1) & (size &- 1)) != nil {
        found &+= 1
      }
      return found
    } returns: {
      $0
    }
  }

  private static func walking(_ size: Int) -> PreparedWorkload {
    let list = filled(size, Keys(size))
    return PreparedWorkload { count in
      var position = list.first
      var sum = 0
      for _ in 0..<count {
        guard let current = position else { return 0 }
        if case .bytes(let bytes) = list.element(at: current) { sum &+= bytes.count }
        position = list.next(current) ?? list.first
      }
      return sum
    } returns: {
      $0 * Keys.byteCount
    }
  }

  /// As LINSERT and LREM do, not far from the head.
  private static func inserting(_ size: Int) -> PreparedWorkload {
    let keys = Keys(1024)
    let list = filled(size, keys)
    return PreparedWorkload { count in
      var removed = 0
      for index in 0..<count {
        guard let old = list.seek(100) else { return 0 }
        list.insert(ListpackElement(keys[index]), before: old, limits)
        guard let new = list.seek(100) else { return 0 }
        list.remove(at: new)
        removed &+= 1
      }
      return removed
    } isRight: { count, result in
      result == count && list.count == size
    }
  }
}
