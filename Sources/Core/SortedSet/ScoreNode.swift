import CPrimitives

/// A member of a sorted set with its score: one allocation, to which the set's two indices point.
///
///     | score 8 | length 4 | bytes ... |
///
/// Ownership: the sorted set's. Lifetime: until the member is removed; a change of its score keeps
/// it.
package struct ScoredMember: Equatable {
  package let base: UnsafeMutableRawPointer

  package static let headerByteCount = 12

  @inline(__always)
  package init(base: UnsafeMutableRawPointer) { self.base = base }

  package static func make(_ bytes: ByteView, score: Double) -> ScoredMember {
    let member = ScoredMember(base: Allocation.allocate(headerByteCount &+ bytes.count))
    member.score = score
    member.base.storeBytes(
      of: UInt32(truncatingIfNeeded: bytes.count), toByteOffset: 8, as: UInt32.self)
    apus_copy(
      (member.base + headerByteCount).assumingMemoryBound(to: UInt8.self), bytes.base, bytes.count)
    return member
  }

  package func free() { Allocation.free(base, byteCount) }

  package var byteCount: Int { Self.headerByteCount &+ count }

  package var score: Double {
    @inline(__always) get { base.load(as: Double.self) }
    nonmutating set { base.storeBytes(of: newValue, as: Double.self) }
  }

  private var count: Int {
    @inline(__always) get { Int(base.load(fromByteOffset: 8, as: UInt32.self)) }
  }

  package var bytes: ByteView {
    @inline(__always) get {
      ByteView(
        (base + Self.headerByteCount).assumingMemoryBound(to: UInt8.self), count: count)
    }
  }
}

/// A node of a score tree: a leaf of members, or a branch of nodes.
///
///     leaf, 1024 bytes     | count 8 | previous 8 | next 8 | scores 62 x 8 | members 62 x 8 |
///     branch, 2048 bytes   | count 8 | scores 72 x 8 | members 72 x 8 | children 72 x 8 |
///                          | sizes 72 x 4 |
///
/// Scores lie side by side, so that a search reads them without touching a member, unless scores
/// are equal. In a branch, score and member i are those of the first element below child i.
struct ScoreNode: Equatable {
  let base: UnsafeMutableRawPointer

  static let leafByteCount = 1024
  static let branchByteCount = 2048
  static let leafCountMax = 62
  static let branchCountMax = 72

  static func makeLeaf() -> ScoreNode {
    let node = ScoreNode(base: Allocation.allocate(leafByteCount))
    node.count = 0
    node.previous = nil
    node.next = nil
    return node
  }

  static func makeBranch() -> ScoreNode {
    let node = ScoreNode(base: Allocation.allocate(branchByteCount))
    node.count = 0
    return node
  }

  var count: Int {
    @inline(__always) get { base.load(as: Int.self) }
    nonmutating set { base.storeBytes(of: newValue, as: Int.self) }
  }

  // MARK: Leaves

  var previous: ScoreNode? {
    get { linked(8) }
    nonmutating set { link(newValue, 8) }
  }

  var next: ScoreNode? {
    @inline(__always) get { linked(16) }
    nonmutating set { link(newValue, 16) }
  }

  @inline(__always)
  private func linked(_ offset: Int) -> ScoreNode? {
    UnsafeMutableRawPointer(bitPattern: base.load(fromByteOffset: offset, as: UInt.self))
      .map { ScoreNode(base: $0) }
  }

  private func link(_ node: ScoreNode?, _ offset: Int) {
    base.storeBytes(of: UInt(bitPattern: node?.base), toByteOffset: offset, as: UInt.self)
  }

  @inline(__always)
  func scores(isLeaf: Bool) -> UnsafeMutablePointer<Double> {
    (base + (isLeaf ? 24 : 8)).assumingMemoryBound(to: Double.self)
  }

  @inline(__always)
  func members(isLeaf: Bool) -> UnsafeMutablePointer<ScoredMember> {
    (base + (isLeaf ? 24 + 8 * Self.leafCountMax : 8 + 8 * Self.branchCountMax))
      .assumingMemoryBound(to: ScoredMember.self)
  }

  // MARK: Branches

  var children: UnsafeMutablePointer<ScoreNode> {
    (base + 8 + 16 * Self.branchCountMax).assumingMemoryBound(to: ScoreNode.self)
  }

  /// Elements below each child.
  var sizes: UnsafeMutablePointer<UInt32> {
    (base + 8 + 24 * Self.branchCountMax).assumingMemoryBound(to: UInt32.self)
  }

  /// Elements below the branch.
  var size: Int {
    var sum = 0
    for index in 0..<count { sum &+= Int(sizes[index]) }
    return sum
  }

  // MARK: Searching

  /// How many entries come before the element with this score and these bytes.
  @inline(__always)
  func lowerBound(_ score: Double, _ bytes: ByteView, isLeaf: Bool) -> Int {
    partition(isLeaf: isLeaf) { found, member in
      found < score || (found == score && member.bytes.isBefore(bytes))
    }
  }

  /// The first entry that is not on the near side of a bound.
  @inline(__always)
  func partition(isLeaf: Bool, _ isBefore: (Double, ScoredMember) -> Bool) -> Int {
    let scores = scores(isLeaf: isLeaf)
    let members = members(isLeaf: isLeaf)
    var low = 0
    var high = count
    while low < high {
      let middle = (low &+ high) &>> 1
      if isBefore(scores[middle], members[middle]) { low = middle &+ 1 } else { high = middle }
    }
    return low
  }
}
