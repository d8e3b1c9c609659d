/// Building a score tree from members that are sorted already, in one pass.
extension ScoreTree {
  /// Entries that a node is given: full ones would all be split by the next insertions.
  private static let leafFill = ScoreLeaf.countMax * 7 / 8
  private static let branchFill = ScoreBranch.countMax * 7 / 8

  /// A tree of `count` members, which `next` hands out in order.
  package init(count: Int, _ next: () -> ScoredMember) {
    self.init()
    if count == 0 { return }
    root.free(isLeaf: true)
    nodeByteCount = 0
    self.count = count
    let leafCount = Self.nodeCount(count, Self.leafFill)
    withUnsafeTemporaryAllocation(of: ScoreNode.self, capacity: leafCount) { nodes in
      makeLeaves(nodes, count, next)
      var nodeCount = leafCount
      while nodeCount > 1 { nodeCount = makeBranches(nodes, nodeCount) }
      root = nodes[0]
    }
  }

  private static func nodeCount(_ count: Int, _ fill: Int) -> Int { (count + fill - 1) / fill }

  /// How many of `count` entries the node with number `index` of `nodeCount` gets: all about as
  /// many.
  private static func share(_ count: Int, _ index: Int, of nodeCount: Int) -> Int {
    count / nodeCount + (index < count % nodeCount ? 1 : 0)
  }

  private mutating func makeLeaves(
    _ nodes: UnsafeMutableBufferPointer<ScoreNode>, _ count: Int, _ next: () -> ScoredMember
  ) {
    var previous: ScoreLeaf?
    for index in 0..<nodes.count {
      let leaf = ScoreLeaf.make()
      for _ in 0..<Self.share(count, index, of: nodes.count) { leaf.append(next()) }
      leaf.refine()
      leaf.previous = previous
      previous?.next = leaf
      previous = leaf
      nodes[index] = ScoreNode(leaf)
    }
    nodeByteCount &+= nodes.count * ScoreLeaf.byteCount
  }

  /// Puts branches above the first `count` nodes and these in their places; returns how many.
  private mutating func makeBranches(
    _ nodes: UnsafeMutableBufferPointer<ScoreNode>, _ count: Int
  ) -> Int {
    let branchCount = Self.nodeCount(count, Self.branchFill)
    var child = 0
    for index in 0..<branchCount {
      let branch = ScoreBranch.make()
      for entry in 0..<Self.share(count, index, of: branchCount) {
        branch.insert(nodes[child], at: entry, isLeaf: height == 0)
        child += 1
      }
      nodes[index] = ScoreNode(branch)
    }
    nodeByteCount &+= branchCount * ScoreBranch.byteCount
    height &+= 1
    return branchCount
  }
}
