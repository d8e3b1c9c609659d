import Core

/// Intersection, union and difference.
extension SetValue {
  /// Calls `body` with each element and whether `other` has it, until it returns false; returns
  /// whether it never did.
  @inline(__always)
  @discardableResult
  func forEach(probing other: SetValue, _ body: (Element, Bool) -> Bool) -> Bool {
    switch (encoding, other.encoding) {
    case (.table, .table):
      return table.forEachRecord(probing: other.table, tables) { body(.bytes($0.key), $1) }
    case (.intset, .intset):
      let (mine, theirs) = (intset, other.intset)
      // Both rise: what is behind a found one needs no search from the start.
      var place = 0
      let isSimilar = theirs.count / 8 <= mine.count
      for index in 0..<mine.count {
        let number = mine[index]
        if isSimilar {
          while place < theirs.count, theirs[place] < number { place += 1 }
        } else {
          place = theirs.rank(of: number)
        }
        let isFound = place < theirs.count && theirs[place] == number
        if !body(.integer(number), isFound) { return false }
      }
      return true
    default: return forEach { body($0, other.contains($0)) }
    }
  }
}

/// The sets that a command combines, in the order of its keys. Those of missing keys are left out.
///
/// Lifetime: within `Call.withSets`.
struct SetOperands {
  private let sets: UnsafeMutableBufferPointer<SetValue>
  let missingCount: Int
  /// Whether the first key exists, whose set is the first one then.
  let hasFirst: Bool
  let keyspace: UnsafeMutablePointer<KeyspaceState>

  init(
    _ sets: UnsafeMutableBufferPointer<SetValue>, missingCount: Int, hasFirst: Bool,
    _ keyspace: UnsafeMutablePointer<KeyspaceState>
  ) {
    self.sets = sets
    self.missingCount = missingCount
    self.hasFirst = hasFirst
    self.keyspace = keyspace
  }

  // MARK: Intersection

  /// The most elements that an intersection has.
  var intersectionCountMax: Int { missingCount > 0 ? 0 : sets.lazy.map(\.count).min() ?? 0 }

  /// Calls `body` with each element of all sets, until it returns false, and with the form of the
  /// set that it comes from.
  ///
  /// The smallest set is walked and the others are probed, the next smallest first.
  @inline(__always)
  func intersect(_ body: (SetValue.Element, Encoding) -> Bool) {
    guard missingCount == 0, !sets.isEmpty else { return }
    sortBySize(from: 0, descending: false)
    let smallest = sets[0]
    guard let second = (1..<sets.count).first(where: { !sets[$0].isSame(as: smallest) }) else {
      smallest.forEach { body($0, smallest.encoding) }
      return
    }
    smallest.forEach(probing: sets[second]) { element, isFound in
      guard isFound, isInAll(element, from: second + 1) else { return true }
      return body(element, smallest.encoding)
    }
  }

  private func isInAll(_ element: SetValue.Element, from start: Int) -> Bool {
    for index in start..<sets.count where !sets[index].contains(element) { return false }
    return true
  }

  /// How many elements all sets have, counted up to `limit`.
  func intersectionCount(limit: Int) -> Int {
    if missingCount > 0 { return 0 }
    if !sets.contains(where: { !$0.isSame(as: sets[0]) }) { return min(sets[0].count, limit) }
    var count = 0
    intersect { _, _ in
      count += 1
      return count < limit
    }
    return count
  }

  /// The intersection as a set of its own, in the form that Redis 7.2 gives it.
  func intersection() -> SetValue {
    sortBySize(from: 0, descending: false)
    let isOfIntegers = missingCount == 0 && sets.first?.encoding == .intset
    var result = SetValue.empty(isOfIntegers ? .intset : .listpack, keyspace)
    var hasOnlyIntegers = true
    intersect { element, encoding in
      if hasOnlyIntegers, case .bytes(let bytes) = element {
        hasOnlyIntegers = encoding == .table && SetValue.integer(bytes) != nil
      }
      result.addNew(element)
      return true
    }
    if hasOnlyIntegers { result.becomeIntsetIfSmall() }
    return result
  }

  // MARK: Union and difference

  /// The union as a set of its own, which grows from `encoding`.
  func union(from encoding: Encoding) -> SetValue {
    var result = SetValue.empty(encoding, keyspace)
    for set in sets {
      set.forEach { element in
        _ = result.add(element)
        return true
      }
    }
    return result
  }

  /// Calls `body` with each element that only the first set has.
  ///
  /// Two ways, chosen as Redis does by what they cost: each element is looked up in the other sets,
  /// the largest first, or the others' elements are taken out of a copy of the first.
  @inline(__always)
  func subtract(from encoding: Encoding, _ body: (SetValue.Element) -> Void) {
    guard canDiffer else { return }
    if prefersProbing {
      forEachInFirstOnly(body)
    } else {
      let rest = removingOthers(from: encoding)
      rest.forEach { element in
        body(element)
        return true
      }
      rest.free()
    }
  }

  /// The difference as a set of its own, which grows from `encoding`.
  func difference(from encoding: Encoding) -> SetValue {
    if canDiffer, !prefersProbing { return removingOthers(from: encoding) }
    var result = SetValue.empty(encoding, keyspace)
    if canDiffer { forEachInFirstOnly { result.addNew($0) } }
    return result
  }

  /// Whether the first set exists and is not among those taken from it.
  private var canDiffer: Bool {
    hasFirst && !sets.dropFirst().contains { $0.isSame(as: sets[0]) }
  }

  /// Lookups have the better constant, so they are preferred up to twice the steps.
  private var prefersProbing: Bool {
    let all = sets.reduce(into: 0) { $0 += $1.count }
    return sets[0].count * sets.count / 2 <= all
  }

  private func forEachInFirstOnly(_ body: (SetValue.Element) -> Void) {
    let first = sets[0]
    guard sets.count > 1 else {
      first.forEach { element in
        body(element)
        return true
      }
      return
    }
    sortBySize(from: 1, descending: true)
    first.forEach(probing: sets[1]) { element, isFound in
      if !isFound, !isInAny(element, from: 2) { body(element) }
      return true
    }
  }

  private func isInAny(_ element: SetValue.Element, from start: Int) -> Bool {
    for index in start..<sets.count where sets[index].contains(element) { return true }
    return false
  }

  private func removingOthers(from encoding: Encoding) -> SetValue {
    var result = SetValue.empty(encoding, keyspace)
    sets[0].forEach { element in
      result.addNew(element)
      return true
    }
    for set in sets.dropFirst() {
      let isLeft = set.forEach { element in
        _ = result.remove(element)
        return result.count > 0
      }
      if !isLeft { break }
    }
    return result
  }

  /// The elements that `union` and `subtract` may have at most.
  var countSum: Int { sets.reduce(into: 0) { $0 += $1.count } }

  private func sortBySize(from start: Int, descending: Bool) {
    if sets.count - start < 2 { return }
    var sorted = UnsafeMutableBufferPointer(rebasing: sets[start...])
    sorted.sort { descending ? $0.count > $1.count : $0.count < $1.count }
  }
}

extension Call {
  /// Looks up the sets of the keys from argument `first` up to, not including, `end`.
  @inline(__always)
  func withSets(
    from first: Int, to end: Int, _ body: (SetOperands) -> Void
  ) throws(CommandError) {
    let database = database
    let isAllSets = withUnsafeTemporaryAllocation(of: SetValue.self, capacity: end - first) {
      sets in
      var count = 0
      var hasFirst = false
      let isAllSets = forEachKey(from: first, to: end) { key, index in
        guard let slot = database.read(key) else { return true }
        guard slot.entry.type == .set else { return false }
        sets.initializeElement(at: count, to: database.set(slot))
        count += 1
        if index == first { hasFirst = true }
        return true
      }
      if isAllSets {
        body(
          SetOperands(
            UnsafeMutableBufferPointer(rebasing: sets[..<count]),
            missingCount: end - first - count, hasFirst: hasFirst, database.keyspace))
      }
      return isAllSets
    }
    if !isAllSets { throw .wrongType }
  }
}
