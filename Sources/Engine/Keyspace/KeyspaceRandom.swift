/// SplitMix64: random numbers for choosing among keys, two multiplications each.
///
/// Its state must not be the seed of the hash: replies show which numbers were drawn.
struct KeyspaceRandom: RandomNumberGenerator {
  private var state: UInt64

  init(state: UInt64) {
    self.state = state
    // What was handed in is left behind, and cannot be found again from what comes.
    var mixed = self
    self.state = mixed.next() ^ mixed.next() &* 0x9fb2_1c65_1e98_df25
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ (state &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed &>> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed &>> 31)
  }
}
