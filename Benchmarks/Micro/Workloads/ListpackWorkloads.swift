import Core

/// Small lists, hashes and sets in one block: appending, finding, reading, editing.
enum ListpackWorkloads {
  static let all = [
    Workload("Listpack: append, remove the first", smallSet) { _ in queueing(smallCount) },
    Workload("Listpack: append, remove the first", largeSet) { _ in queueing(largeCount) },
    Workload("Listpack: find", smallSet) { _ in finding(smallCount) },
    Workload("Listpack: find", largeSet) { _ in finding(largeCount) },
    Workload("Listpack: replace", smallSet) { _ in replacing(smallCount) },
    Workload("Listpack: replace", largeSet) { _ in replacing(largeCount) },
    Workload("Listpack: next and read", largeSet) { _ in walking(largeCount) },
    Workload("Listpack: validate", largeSet, .thousand) { _ in validating(largeCount) },
  ]

  private static let smallCount = 16
  private static let largeCount = 512
  private static let smallSet = "16 elements, 200 bytes"
  private static let largeSet = "512 elements, 6 KB"

  /// Of ten letters, but each eighth an integer.
  private static func texts(_ count: Int) -> Texts {
    Texts(count) { $0 % 8 == 0 ? "\($0)" : "element\(100 + $0)" }
  }

  private static func filled(_ texts: Texts) -> Listpack {
    var pack = Listpack()
    for index in 0..<texts.count { pack.append(ListpackElement(texts[index])) }
    return pack
  }

  private static func queueing(_ size: Int) -> PreparedWorkload {
    let texts = texts(size)
    var pack = filled(texts)
    return PreparedWorkload { count in
      var removed = 0
      for index in 0..<count {
        pack.append(ListpackElement(texts[index]))
        removed &+= pack.remove(at: pack.start)
      }
      return removed
    } isRight: { count, result in
      result == count && pack.count == size && pack.holds(texts[count - 1], at: pack.seek(-1) ?? 0)
    }
  }

  /// Each element in turn, so that half of them are passed on the way.
  private static func finding(_ size: Int) -> PreparedWorkload {
    let texts = texts(size)
    let pack = filled(texts)
    return PreparedWorkload { count in
      var sum = 0
      for index in 0..<count { sum &+= pack.find(texts[index], from: pack.start) ?? 0 }
      return sum
    } returns: { count in
      let places = (0..<size).map { pack.seek($0) ?? 0 }
      return (0..<count).reduce(0) { $0 + places[$1 % size] }
    }
  }

  /// By another text of the same length, as HSET does, in the middle.
  private static func replacing(_ size: Int) -> PreparedWorkload {
    let texts = Texts(2) { "element\($0 == 0 ? "aaa" : "bbb")" }
    var pack = filled(Self.texts(size))
    let place = pack.seek(size / 2 + 1) ?? pack.start
    return PreparedWorkload { count in
      for index in 0..<count { pack.replace(at: place, with: ListpackElement(texts[index])) }
      return count
    } isRight: { count, result in
      result == count && pack.count == size && pack.holds(texts[count - 1], at: place)
    }
  }

  private static func walking(_ size: Int) -> PreparedWorkload {
    let pack = filled(texts(size))
    return PreparedWorkload { count in
      var position = pack.start
      var sum = 0
      for _ in 0..<count {
        switch pack.element(at: position) {
        case .integer: sum &+= 1
        case .bytes(let bytes): sum &+= bytes.count
        }
        position = pack.next(position)
        if position == pack.end { position = pack.start }
      }
      return sum
    } returns: { count in
      (0..<count).reduce(0) { $0 + ($1 % size % 8 == 0 ? 1 : 10) }
    }
  }

  private static func validating(_ size: Int) -> PreparedWorkload {
    let pack = filled(texts(size))
    return PreparedWorkload { count in
      (0..<count).reduce(0) { sum, _ in sum &+ (Listpack.isValid(pack.view) ? 1 : 0) }
    } returns: {
      $0
    }
  }
}
