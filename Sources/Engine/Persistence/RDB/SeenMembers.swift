import Core

/// Tells whether a member has come before, while the few members of a compact form are checked.
///
/// Open addressing over hashes alone, half empty, forgotten as a whole: whoever is told that a hash
/// has been there looks whether the member has. The keyspace's hash is seeded, so that no file can
/// be made of collisions.
///
/// Ownership: owns its block, which is used again for the next collection.
struct SeenMembers {
  private var slots: UnsafeMutablePointer<UInt64>
  private var capacity = 64
  private var mask = 0

  init() {
    slots = Self.allocate(capacity)
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<UInt64> {
    Allocation.allocate(count * 8).assumingMemoryBound(to: UInt64.self)
  }

  func free() { Allocation.free(slots, capacity * 8) }

  /// Forgets all, and makes room for so many.
  mutating func begin(_ count: Int) {
    var needed = 16
    while needed < 2 * count { needed *= 2 }
    if needed > capacity {
      free()
      capacity = needed
      slots = Self.allocate(capacity)
    }
    slots.update(repeating: 0, count: needed)
    mask = needed - 1
  }

  /// Notes a member's hash; false if it was there, so that the member may have been. REQUIRES: no
  /// more than `begin` was told.
  mutating func insert(_ hash: UInt64) -> Bool {
    // Zero is a free place.
    let hash = hash == 0 ? 1 : hash
    var index = Int(truncatingIfNeeded: hash) & mask
    while slots[index] != 0 {
      if slots[index] == hash { return false }
      index = (index + 1) & mask
    }
    slots[index] = hash
    return true
  }
}
