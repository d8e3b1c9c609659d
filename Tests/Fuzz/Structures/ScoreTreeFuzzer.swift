import Core

/// A score tree agrees with a sorted array.
///
///     | operations |, each: | kind 1 | number of members 1 | where 2 | ... |
///
/// Runs of members come and go at once, because only thousands of them make a tree with branches
/// of branches.
struct ScoreTreeFuzzer: ModelFuzzer {
  private var tree = ScoreTree()
  /// In the tree's order.
  private var model: [ScoredMember] = []
  private var namesGiven: UInt32 = 0
  private static let memberCountMax = 6000
  private(set) var reader: InputReader
  var work: WorkBudget

  init(_ input: [UInt8]) {
    reader = InputReader(input)
    work = WorkBudget(input, most: 8000)
  }

  var modelCount: Int { model.count }

  func free() {
    for member in model { member.free() }
    tree.free { Allocation.free($0, $1) }
  }

  mutating func step() -> String? {
    change()
    return checkSearch()
  }

  private mutating func change() {
    let kind = reader.byte()
    let count = 1 + Int(reader.byte()) * (kind & 0x80 == 0 ? 1 : 8)
    switch kind & 7 {
    case 0...3: insert(kind, min(count, Self.memberCountMax - model.count))
    case 4: remove(count, isSpread: true)
    case 5: remove(count, isSpread: false)
    default: changeScores(count)
    }
  }

  // MARK: Editing

  /// Members with scores from one place on: alike, rising, falling, or spread.
  private mutating func insert(_ kind: UInt8, _ count: Int) {
    let start = Double(reader.index(below: 65536)) - 32768
    let step = [0, 0.001, -0.001, 37][Int(kind & 3)]
    for number in 0..<max(count, 0) {
      let spread = kind & 3 == 3 ? Double(number * number % 64) : Double(number)
      insert(ScoredMember.make(ByteView("m"), score: start + step * spread), isNew: true)
    }
  }

  /// Gives a new member bytes of its own, some of them the beginning of others.
  private mutating func insert(_ member: ScoredMember, isNew: Bool) {
    var member = member
    if isNew {
      let score = member.score
      member.free()
      namesGiven += 1
      let mixed = namesGiven &* 0x9E37_79B1
      let name = String(mixed, radix: 16).utf8 + (namesGiven % 5 == 0 ? [0] : [])
      member = Array(name).withView { ScoredMember.make($0, score: score) }
    }
    model.insert(member, at: modelRank(member.score, member.bytes))
    tree.insert(member)
    work.take(1)
  }

  /// Members side by side, or each at another place.
  private mutating func remove(_ count: Int, isSpread: Bool) {
    let start = reader.index(below: model.count)
    for number in 0..<min(count, model.count) {
      let index = isSpread ? (start + number * 7919) % model.count : min(start, model.count - 1)
      let member = model.remove(at: index)
      tree.remove(member)
      member.free()
      work.take(1)
    }
    #if APUS_PLANTED_BUG
      if !isSpread, count % 8 == 3, !model.isEmpty { model.removeLast() }
    #endif
  }

  private mutating func changeScores(_ count: Int) {
    let start = reader.index(below: model.count)
    let change = Double(Int8(bitPattern: reader.byte()))
    for number in 0..<min(count, 64, model.count) {
      let member = model.remove(at: (start + number * 7919) % model.count)
      tree.remove(member)
      member.score = change == -128 ? .infinity : member.score + change
      insert(member, isNew: false)
    }
  }

  // MARK: Checking

  /// Where in the model an element is, or would be.
  private func modelRank(_ score: Double, _ bytes: ByteView) -> Int {
    var (low, high) = (0, model.count)
    while low < high {
      let middle = (low + high) / 2
      let member = model[middle]
      let isBefore =
        member.score < score
        || (member.score == score && member.bytes.isBefore(bytes))
      if isBefore { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Ranks of what is there and what is not, and the place of each rank.
  private mutating func checkSearch() -> String? {
    let index = reader.index(below: model.count)
    if tree.seek(model.count) != nil || tree.seek(-1) != nil { return "more than there are" }
    guard index < model.count else { return nil }
    let (score, bytes) = (model[index].score, Array(model[index].bytes))
    if tree.seek(index)?.member != model[index] { return "\(index) is another member" }
    for absent in [bytes, bytes + [0], [], [0xFF]] {
      let (rank, expected) = absent.withView { (tree.rank(score, $0), modelRank(score, $0)) }
      if rank != expected { return "\(score) \(absent): rank \(rank)" }
    }
    let below = tree.rank(below: score)
    let upTo = tree.rank(upTo: score)
    let start = [].withView { modelRank(score, $0) }
    let end = model[index...].firstIndex { $0.score > score } ?? model.count
    return below == start && upTo == end
      ? nil : "\(score): \(below) below, \(upTo) up to it"
  }

  func compare(_ memory: MemoryCheck) -> String? { compareElements() ?? checkMemory(memory) }

  private func compareElements() -> String? {
    if tree.count != model.count { return "count \(tree.count), not \(model.count)" }
    var index = 0
    var position = tree.seek(0)
    while let current = position {
      guard index < model.count, current.member == model[index],
        current.score == model[index].score
      else { return "forward, \(index): another member" }
      // Seldom in large trees, where it takes longest.
      if model.count < 500 || index % 17 == 0 {
        guard tree.seek(index) == current,
          tree.rank(current.score, current.member.bytes) == index
        else { return "\(index) is not found" }
      }
      index += 1
      position = tree.next(current)
    }
    if index != model.count { return "\(index) members forward" }
    position = tree.seek(model.count - 1)
    while let current = position {
      index -= 1
      guard index >= 0, current.member == model[index] else {
        return "backward, \(index): another member"
      }
      position = tree.previous(current)
    }
    return index == 0 ? nil : "\(index) members not met backward"
  }

  private func checkMemory(_ memory: MemoryCheck) -> String? {
    let members = model.reduce(0) { $0 + Allocation.sizeClass($1.byteCount) }
    if tree.allocatedByteCount > 16_384 + 64 * model.count {
      return "\(tree.allocatedByteCount) bytes for \(model.count) members"
    }
    return memory.failure(members + tree.allocatedByteCount)
  }
}
