import Core

/// A small sorted set in a listpack agrees with a sorted array.
///
///     | operations |, each: | kind 1 | name 2 | rank 2 | ... |
struct SortedListpackFuzzer {
  private var pack = SortedListpack(Listpack())
  private var model = SortedModel()
  private var reader: InputReader
  private static let stepCountMax = 400
  /// As many as `zset-max-listpack-entries` allows, and some.
  private static let memberCountMax = 140

  static func check(_ input: [UInt8]) -> String? {
    _ = MemberNames.hashes
    let memory = MemoryCheck()
    var fuzzer = SortedListpackFuzzer(reader: InputReader(input))
    let failure = fuzzer.run(memory)
    fuzzer.pack.listpack.free()
    return failure ?? memory.failure(0)
  }

  private init(reader: InputReader) { self.reader = reader }

  private mutating func run(_ memory: MemoryCheck) -> String? {
    var steps = 0
    while !reader.isAtEnd, steps < Self.stepCountMax {
      if let failure = step() { return failure }
      steps += 1
      if steps % 16 == 0, let failure = compare(memory) { return failure }
    }
    return compare(memory)
  }

  private mutating func step() -> String? {
    let kind = reader.byte()
    let name = reader.index(below: MemberNames.count)
    let rank = reader.index(below: model.count)
    if let failure = checkSearch(name, rank) { return failure }
    switch kind & 7 {
    case 0, 1: return put(name)
    case 2: return putMany(name)
    case 3: return append(name)
    case 4, 5: return rank < model.count ? put(model.members[rank].name) : nil
    case 6: return rank < model.count ? remove(model.members[rank].name) : nil
    default: return removeRanks(rank)
    }
  }

  private func view(_ name: Int) -> ByteView { MemberNames.views[name] }

  // MARK: Operations

  private mutating func put(_ name: Int) -> String? { put(name, reader.score()) }

  private mutating func put(_ name: Int, _ score: Double) -> String? {
    let pair = pack.find(view(name))
    if pair.map(pack.score) != model.score(name) { return "\(name) has another score" }
    if let pair {
      pack.setScore(pair, view(name), score)
    } else {
      guard model.count < Self.memberCountMax else { return nil }
      guard pack.hasRoom(for: view(name).count) else { return "no room for \(name)" }
      pack.insert(view(name), score: score)
    }
    model.set(name, score)
    return nil
  }

  private mutating func putMany(_ name: Int) -> String? {
    let (count, stride, score) = (reader.byte() & 31, Int(reader.byte()), reader.score())
    for number in 0...Int(count) {
      let member = (name + number * stride) % MemberNames.count
      if let failure = put(member, score) { return failure }
    }
    return nil
  }

  private mutating func append(_ name: Int) -> String? {
    let last = model.members.last?.score ?? 0
    guard model.score(name) == nil, model.count < Self.memberCountMax,
      model.rank(last, name) == model.count
    else { return nil }
    pack.append(view(name), score: last)
    model.set(name, last)
    return nil
  }

  private mutating func remove(_ name: Int) -> String? {
    guard let pair = pack.find(view(name)) else { return "\(name) is not found" }
    pack.remove(pair)
    model.remove(name)
    return nil
  }

  private mutating func removeRanks(_ start: Int) -> String? {
    let end = min(start + Int(reader.byte() & 15), model.count)
    pack.remove(ranks: start..<end)
    #if APUS_PLANTED_BUG
      if end - start == 7 { return nil }
    #endif
    model.remove(ranks: start..<end)
    return nil
  }

  // MARK: Checking

  private func checkSearch(_ name: Int, _ rank: Int) -> String? {
    if pack.seek(model.count) != nil { return "more than there are" }
    guard (pack.find(view(name)) != nil) == (model.score(name) != nil) else {
      return "\(name) is there: \(model.score(name) == nil)"
    }
    guard rank < model.count else { return nil }
    let expected = model.members[rank]
    guard let pair = pack.seek(rank), holds(pair, expected), pack.rank(pair) == rank,
      pack.find(view(expected.name)).map(pack.rank) == rank
    else { return "\(rank) is another member" }
    let below = pack.rank { found, _ in found < expected.score }
    let upTo = pack.rank { found, _ in found <= expected.score }
    return below == model.rank(expected.score, 0)
      && upTo == model.rank(expected.score, MemberNames.count)
      ? nil : "\(expected.score): \(below) below, \(upTo) up to it"
  }

  private func holds(_ pair: SortedListpack.Pair, _ expected: SortedModel.Member) -> Bool {
    pack.score(pair) == expected.score
      && pack.member(pair).withText { $0 == view(expected.name) }
  }

  private func compare(_ memory: MemoryCheck) -> String? {
    guard pack.count == model.count, Listpack.isValid(pack.listpack.view) else {
      return "\(pack.count) pairs, not \(model.count)"
    }
    var index = 0
    var pair = pack.seek(0)
    while let current = pair {
      guard index < model.count, holds(current, model.members[index]) else {
        return "forward, \(index): another member"
      }
      let previous = pack.previous(current).map { index > 0 && holds($0, model.members[index - 1]) }
      guard previous ?? (index == 0) else { return "\(index) has another before it" }
      index += 1
      pair = pack.next(current)
    }
    return index == model.count
      ? memory.failure(pack.listpack.allocatedByteCount) : "\(index) members forward"
  }
}
