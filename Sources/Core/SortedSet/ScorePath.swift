/// The way from the root of a score tree to a leaf: each branch, and which child of it was taken.
///
/// Ownership: none; the steps lie on the stack of `ScorePath.with`.
struct ScorePath {
  /// A set has at most 2^32 members (`ScoreBranch.sizes`), and few branches less than 36 children.
  private static let heightMax = 16

  let steps: UnsafeMutablePointer<(node: ScoreBranch, index: Int)>
  let height: Int

  /// Runs `body` with the path to the leaf where the element is, or would be, and that leaf.
  @inline(__always)
  static func with<Result>(
    _ root: ScoreNode, height: Int, _ score: Double, _ bytes: ByteView,
    _ body: (ScorePath, ScoreLeaf) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(of: (node: ScoreBranch, index: Int).self, capacity: heightMax) {
      let path = ScorePath(steps: $0.baseAddress.unsafelyUnwrapped, height: height)
      var node = root
      for level in 0..<height {
        let index = node.branch.child(score, bytes)
        path.steps[level] = (node.branch, index)
        node = node.branch.children[index]
      }
      return body(path, node.leaf)
    }
  }

  /// Every branch has so many elements more below the child that was taken.
  @inline(__always)
  func addToSizes(_ change: Int) {
    for level in 0..<height {
      let (node, index) = steps[level]
      node.sizes[index] = UInt32(truncatingIfNeeded: Int(node.sizes[index]) &+ change)
    }
  }

  /// The first entry of the node below the branch at `level` has changed: that branch and those
  /// above, as far as it is their first as well, have it as their entry.
  func copyFirst(upFrom level: Int) {
    var level = level
    while level >= 0 {
      let (node, index) = steps[level]
      // A node that has lost its last entry is about to be dropped.
      let isLeaf = level == height &- 1
      if node.children[index].count(isLeaf: isLeaf) == 0 { return }
      node.copyFirst(ofChild: index, isLeaf: isLeaf)
      if index > 0 { return }
      level &-= 1
    }
  }
}
