import Core

/// Members drawn at random, each with the same chance, for SRANDMEMBER and SPOP.
///
/// Several different ones are chosen in one of two ways. If they are a good part of the set, it is
/// walked once and each member taken with the chance `wanted left / members left` (Knuth's
/// algorithm S), which needs no memory. If they are few of many, members are drawn until there are
/// enough different ones; what was drawn is remembered, so the memory is in proportion to the
/// answer. Redis copies a large part of the set to the same end.
extension SetValue {
  private func random(below bound: Int) -> Int {
    Int(keyspace.pointee.random.next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// The slot of a random record. REQUIRES: a table that is not empty.
  private var randomSlot: Slot? { table.randomSlot { keyspace.pointee.random.next() } }

  /// Calls `body` with a random element. REQUIRES: not empty.
  func withRandom(_ body: (Element) -> Void) {
    switch encoding {
    case .intset: body(.integer(intset[random(below: intset.count)]))
    case .listpack:
      let listpack = listpack
      if let position = listpack.seek(random(below: listpack.count)) {
        body(listpack.element(at: position))
      }
    default: if let slot = randomSlot { body(.bytes(table.record(slot).key)) }
    }
  }

  // MARK: Several

  /// From which part of the set on walking all of it is cheaper than drawing: Redis' bound.
  private static var walkedPart: Int { 3 }

  /// Calls `body` with `count` different elements, each choice of so many being as likely.
  /// REQUIRES: count <= self.count.
  func forEachOfSample(_ count: Int, _ body: (Element) -> Void) {
    if encoding == .listpack || count > self.count / Self.walkedPart {
      return chooseWalking(count) { element, isChosen in if isChosen { body(element) } }
    }
    var drawn = DrawnNumbers(count: count)
    while drawn.count < count {
      if encoding == .intset {
        let index = random(below: intset.count)
        if drawn.insert(UInt64(index) + 1) { body(.integer(intset[index])) }
      } else if let slot = randomSlot {
        let record = table.record(slot)
        if drawn.insert(UInt64(UInt(bitPattern: record.address))) { body(.bytes(record.key)) }
      }
    }
    drawn.free()
  }

  /// Calls `body` with every element and whether it is one of `count` chosen at random.
  private func chooseWalking(_ count: Int, _ body: (Element, Bool) -> Void) {
    var wanted = count
    var left = self.count
    forEach { element in
      let isChosen = random(below: left) < wanted
      body(element, isChosen)
      left -= 1
      if isChosen { wanted -= 1 }
      return true
    }
  }

  // MARK: Removing

  /// Takes a random element out, after calling `body` with it. REQUIRES: not empty.
  mutating func pop(_ body: (Element) -> Void) {
    switch encoding {
    case .intset:
      var intset = intset
      let number = intset[random(below: intset.count)]
      body(.integer(number))
      intset.remove(number)
      didMove(.intset, intset.payload)
    case .listpack:
      var listpack = listpack
      guard let position = listpack.seek(random(below: listpack.count)) else { return }
      body(listpack.element(at: position))
      listpack.remove(at: position)
      didMove(.listpack, listpack.payload)
    default:
      guard let slot = randomSlot else { return }
      body(.bytes(table.record(slot).key))
      removeRecord(slot)
    }
  }

  /// When that many times what remains is less than what is taken, what remains moves to a new
  /// set: Redis' bound, which shows in the encoding afterwards.
  private static var movingFactor: Int { 5 }

  /// Takes `count` random elements out, calling `body` with each. REQUIRES: 0 < count < self.count.
  mutating func pop(_ count: Int, _ body: (Element) -> Void) {
    let remaining = self.count - count
    if encoding != .table {
      if count == 1 { return pop(body) }
      popRebuilding(count, body)
    } else if remaining * Self.movingFactor > count {
      for _ in 0..<count { pop(body) }
    } else {
      popAllBut(remaining, body)
    }
  }

  /// Writes what is not taken into a new intset or listpack: one pass, however many are taken.
  private mutating func popRebuilding(_ count: Int, _ body: (Element) -> Void) {
    var intset = Intset()
    var listpack = Listpack()
    chooseWalking(count) { element, isChosen in
      if isChosen { return body(element) }
      switch element {
      case .integer(let number) where encoding == .intset: intset.insert(number)
      default: listpack.append(element)
      }
    }
    free()
    if encoding == .intset {
      listpack.free()
      didMove(.intset, intset.payload)
    } else {
      intset.free()
      didMove(.listpack, listpack.payload)
    }
  }

  /// Moves `remaining` random records to a new set, as small as its members allow, and takes all
  /// others with the table.
  private mutating func popAllBut(_ remaining: Int, _ body: (Element) -> Void) {
    var kept = SetValue.empty(.listpack, keyspace)
    for _ in 0..<remaining { pop { kept.addNew($0) } }
    forEach { element in
      body(element)
      return true
    }
    free()
    didMove(kept.encoding, kept.payload)
  }
}

/// Which numbers were drawn: an open-addressed set of words.
///
/// Invariants: at most half of the places are filled, 0 being a free one.
/// Ownership: owns its block, which `free` frees.
private struct DrawnNumbers {
  private let places: UnsafeMutableBufferPointer<UInt64>
  private(set) var count = 0

  /// For up to `count` numbers.
  init(count: Int) {
    var capacity = 16
    while capacity / 2 < count { capacity *= 2 }
    let block = Allocation.allocateZeroed(capacity * 8).assumingMemoryBound(to: UInt64.self)
    places = UnsafeMutableBufferPointer(start: block, count: capacity)
  }

  /// Notes a number that is not 0; false when it was drawn before.
  mutating func insert(_ number: UInt64) -> Bool {
    let mask = places.count - 1
    var place = Int(truncatingIfNeeded: (number &* 0x9e37_79b9_7f4a_7c15) >> 32) & mask
    while places[place] != 0 {
      if places[place] == number { return false }
      place = (place + 1) & mask
    }
    places[place] = number
    count += 1
    return true
  }

  func free() {
    if let base = places.baseAddress { Allocation.free(base, places.count * 8) }
  }
}
