import CPrimitives

/// What all hash tables of a keyspace share: the seed of their hash, and the empty page that
/// an empty table points to.
///
/// Lifetime: made once, never freed. Copies refer to the same memory.
package struct TableContext {
  private let seed: UnsafePointer<apus_hash_seed>
  let emptySegment: Segment

  /// `seedWords`: four random numbers, new for each process.
  package init(seedWords: (UInt64, UInt64, UInt64, UInt64)) {
    let seed = UnsafeMutablePointer<apus_hash_seed>.allocate(capacity: 1)
    seed.initialize(to: apus_hash_seed(words: seedWords))
    self.seed = UnsafePointer(seed)
    emptySegment = Segment.make(depth: 0, bucketCount: Segment.bucketCountMin)
  }

  @inline(__always)
  package func hash(_ bytes: ByteView) -> UInt64 { apus_hash(bytes.base, bytes.count, seed) }
}
