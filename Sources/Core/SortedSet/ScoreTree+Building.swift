/// Building a score tree from members that are sorted already, in one pass.
extension ScoreTree {
  /// Entries that a node is given: full ones would all be split by the next insertions.
  private static let leafFill = ScoreNode.leafCountMax * 7 / 8
  private static let branchFill = ScoreNode.branchCountMax * 7 / 8

  /// A tree of `count` members, which `next` hands out in order.
  package init(count: Int, _ next: () -> ScoredMember) {
    self.init()
    if count == 0 { return }
    Allocation.free(root.base, ScoreNode.leafByteCount)
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
    for index in 0..<nodes.count {
      let leaf = ScoreNode.makeLeaf()
      leaf.count = Self.share(count, index, of: nodes.count)
      for entry in 0..<leaf.count {
        let member = next()
        leaf.scores(isLeaf: true)[entry] = member.score
        leaf.members(isLeaf: true)[entry] = member
      }
      if index > 0 {
        leaf.previous = nodes[index - 1]
        nodes[index - 1].next = leaf
      }
      nodes[index] = leaf
    }
    nodeByteCount &+= nodes.count * ScoreNode.leafByteCount
  }

  /// Puts branches above the first `count` nodes and these in their places; returns how many.
  private mutating func makeBranches(
    _ nodes: UnsafeMutableBufferPointer<ScoreNode>, _ count: Int
  ) -> Int {
    let branchCount = Self.nodeCount(count, Self.branchFill)
    var child = 0
    for index in 0..<branchCount {
      let branch = ScoreNode.makeBranch()
      for entry in 0..<Self.share(count, index, of: branchCount) {
        branch.openChild(at: entry, nodes[child], isLeaf: height == 0)
        child += 1
      }
      nodes[index] = branch
    }
    nodeByteCount &+= branchCount * ScoreNode.branchByteCount
    height &+= 1
    return branchCount
  }
}
