import Core

/// A sorted set, and the builder of sorted sets, agree with a sorted array.
///
///     | operations |, each: | kind 1 | ... |
///
/// Members come and go in runs, because only thousands of them make a tree with branches of
/// branches.
struct SortedSetFuzzer: ModelFuzzer {
  private var set = SortedSet(capacity: 0, MemberNames.context)
  private var model = SortedModel()
  private(set) var reader: InputReader
  var work: WorkBudget

  init(_ input: [UInt8]) {
    reader = InputReader(input)
    work = WorkBudget(input, most: 8000)
  }

  var modelCount: Int { model.count }

  func free() { set.free { Allocation.free($0, $1) } }

  mutating func step() -> String? { change() ?? checkSearch() }

  private mutating func change() -> String? {
    let kind = reader.byte()
    switch kind & 15 {
    case 0...4: return setMany(kind)
    case 5, 6: return setOne()
    case 7: return removeMany(kind)
    case 8: return removeOne()
    case 9, 10: return removeRanks()
    case 11: return moveMany(kind)
    case 12: return duplicate()
    case 13: return scan()
    default: return build(kind)
    }
  }

  // MARK: Members

  private func view(_ name: Int) -> ByteView { MemberNames.views[name] }

  private func slot(_ name: Int) -> Slot? { set.find(view(name), MemberNames.hashes[name]) }

  private mutating func put(_ name: Int, _ score: Double) -> String? {
    let slot = slot(name)
    let old = slot.map { set.member($0).score }
    if old != model.score(name) { return "\(name): score \(String(describing: old))" }
    if let slot {
      set.setScore(set.member(slot), score)
    } else {
      set.insert(view(name), MemberNames.hashes[name], score: score, MemberNames.context)
    }
    model.set(name, score)
    work.take(1)
    return nil
  }

  private mutating func remove(_ name: Int) -> String? {
    guard let slot = slot(name) else {
      return model.score(name) == nil ? nil : "\(name) is not found"
    }
    set.remove(slot)
    model.remove(name)
    work.take(1)
    return nil
  }

  private mutating func name() -> Int { reader.index(below: MemberNames.count) }

  private mutating func count(_ kind: UInt8) -> Int {
    (1 + Int(reader.byte())) * (kind & 0x80 == 0 ? 1 : 8)
  }

  /// Names that follow each other by an odd step, with scores alike, rising, falling or spread.
  private mutating func members(_ kind: UInt8) -> [SortedModel.Member] {
    let (count, start, score) = (count(kind), name(), reader.score())
    let stride = 2 * Int(reader.byte()) + 1
    let step = [0, 0.001, -1, 37][Int(kind >> 4 & 3)]
    return (0..<min(count, MemberNames.count / stride)).map { number in
      let rise = step == 37 ? Double(number * number % 64) : Double(number) * step
      return SortedModel.Member(
        score: score + rise, name: (start + number * stride) % MemberNames.count)
    }
  }

  // MARK: Operations

  private mutating func setMany(_ kind: UInt8) -> String? {
    for member in members(kind) {
      if let failure = put(member.name, member.score) { return failure }
    }
    return nil
  }

  private mutating func setOne() -> String? {
    let name = name()
    return put(name, reader.score())
  }

  private mutating func removeMany(_ kind: UInt8) -> String? {
    for member in members(kind) {
      if let failure = remove(member.name) { return failure }
    }
    return nil
  }

  private mutating func removeOne() -> String? {
    let rank = reader.index(below: model.count)
    return rank < model.count ? remove(model.members[rank].name) : nil
  }

  private mutating func removeRanks() -> String? {
    let start = reader.index(below: model.count)
    let end = min(start + Int(reader.byte()), model.count)
    set.remove(ranks: start..<end, MemberNames.context)
    #if APUS_PLANTED_BUG
      if end - start == 13 { return nil }
    #endif
    model.remove(ranks: start..<end)
    work.take(end - start)
    return nil
  }

  /// New scores for members from all over the set.
  private mutating func moveMany(_ kind: UInt8) -> String? {
    let (count, start) = (min(count(kind), model.count), reader.index(below: model.count))
    let score = reader.score()
    for number in 0..<count {
      let member = model.members[(start + number * 7919) % model.count]
      let isRelative = kind & 0x10 == 0 && (member.score + score).isFinite
      if let failure = put(member.name, isRelative ? member.score + score : score) {
        return failure
      }
    }
    return nil
  }

  private mutating func duplicate() -> String? {
    let copy = set.duplicated(MemberNames.context)
    set.free { Allocation.free($0, $1) }
    set = copy
    work.take(model.count / 2)
    return nil
  }

  private mutating func scan() -> String? {
    var isFound = [Bool](repeating: false, count: model.count)
    var cursor: UInt64 = 0
    var number = 0
    repeat {
      cursor = set.scan(cursor) { member in
        let rank = set.tree.rank(member.score, member.bytes)
        if rank < isFound.count { isFound[rank] = true }
        number += 1
      }
    } while cursor != 0 && number <= model.count
    work.take(model.count)
    return number == model.count && !isFound.contains(false) ? nil : "\(number) members scanned"
  }

  // MARK: Building

  /// Puts another set in place of this one: all of its members and more, handed over in disorder.
  private mutating func build(_ kind: UInt8) -> String? {
    let added = members(kind).filter { model.score($0.name) == nil }
    var builder = SortedSetBuilder(MemberNames.context)
    for index in model.members.indices {
      collect(model.members[index * 7919 % model.count], kind, &builder)
    }
    for member in added { collect(member, kind, &builder) }
    work.take((model.count + added.count) / 2)
    if builder.count != model.count + added.count { return "\(builder.count) were collected" }
    if kind & 0x41 == 0x40 {
      builder.free()
      return nil
    }
    model.set(added)
    let longest = model.members.map { view($0.name).count }.max() ?? 0
    if builder.longestByteCount != longest { return "longest \(builder.longestByteCount)" }
    builder.sort()
    set.free { Allocation.free($0, $1) }
    set = kind & 1 == 0 ? builder.makeSet() : unpacked(builder.makeListpack())
    return nil
  }

  /// Appended, or merged of two scores.
  private func collect(
    _ member: SortedModel.Member, _ kind: UInt8, _ builder: inout SortedSetBuilder
  ) {
    if kind & 0x20 == 0 { return builder.append(view(member.name), score: member.score) }
    builder.merge(view(member.name), score: member.score - 1, max)
    builder.merge(view(member.name), score: member.score, max)
  }

  /// As a set that outgrows its listpack.
  private func unpacked(_ listpack: Listpack) -> SortedSet {
    let small = SortedListpack(listpack)
    var members: [ScoredMember] = []
    var pair = small.seek(0)
    while let current = pair {
      let score = small.score(current)
      members.append(small.member(current).withText { ScoredMember.make($0, score: score) })
      pair = small.next(current)
    }
    listpack.free()
    var next = 0
    return SortedSet(count: members.count, MemberNames.context) {
      next += 1
      return members[next - 1]
    }
  }

  // MARK: Checking

  /// Ranks of what is there and what is not, and the place of each rank.
  private mutating func checkSearch() -> String? {
    let (index, absent) = (reader.index(below: model.count), name())
    let tree = set.tree
    if tree.seek(model.count) != nil || tree.seek(-1) != nil { return "more than there are" }
    guard index < model.count else { return nil }
    let (score, name) = (model.members[index].score, model.members[index].name)
    guard let position = tree.seek(index), position.member.bytes == view(name),
      position.score == score
    else { return "\(index) is another member" }
    for name in [name, absent] where tree.rank(score, view(name)) != model.rank(score, name) {
      return "\(score) \(name): rank \(tree.rank(score, view(name)))"
    }
    let below = tree.rank(below: score)
    let upTo = tree.rank(upTo: score)
    return below == model.rank(score, 0) && upTo == model.rank(score, MemberNames.count)
      ? nil : "\(score): \(below) below, \(upTo) up to it"
  }

  func compare(_ memory: MemoryCheck) -> String? {
    if set.count != model.count || set.members.count != model.count {
      return "\(set.count) in order, \(set.members.count) members, not \(model.count)"
    }
    return compareForward() ?? compareBackward()
      ?? memory.failure(set.byteCount(sampleCount: 0))
  }

  private func compareForward() -> String? {
    let tree = set.tree
    var position = tree.seek(0)
    var index = 0
    while let current = position {
      guard index < model.count else { return "too many forward" }
      let expected = model.members[index]
      guard current.score == expected.score, current.member.score == expected.score,
        current.member.bytes == view(expected.name)
      else { return "forward, \(index): another member" }
      guard let slot = slot(expected.name), set.member(slot) == current.member else {
        return "\(index) is not found by its name"
      }
      guard index % 17 > 0 || tree.rank(current.score, current.member.bytes) == index else {
        return "\(index) has another rank"
      }
      index += 1
      position = tree.next(current)
    }
    return index == model.count ? nil : "\(index) members forward"
  }

  private func compareBackward() -> String? {
    let tree = set.tree
    var position = tree.seek(model.count - 1)
    var index = model.count
    while let current = position {
      index -= 1
      guard index >= 0, current.member.bytes == view(model.members[index].name) else {
        return "backward, \(index): another member"
      }
      position = tree.previous(current)
    }
    return index == 0 ? nil : "\(index) members not met backward"
  }
}
