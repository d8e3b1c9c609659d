/// Segments that cannot be split.
///
/// To split keys that share more bits of their hashes than the directory looks at leads nowhere:
/// with a weak hash the directory would double until memory ends. (With a good one, keyed with 256
/// random bits, no client can choose such keys.) So the directory only doubles while it has few
/// entries for each key, and a full segment that would need more of them gets further pages, which
/// are searched one after the other: slow, but right, and bounded by the number of keys.
///
///     directory -> page -> page -> page, all of one prefix
///
/// Each bucket of a page that is not the last is marked, which keeps a search from ending there;
/// so a search in other segments pays nothing. The first key that comes when the directory may be
/// deep enough splits the segment and puts the keys of the further pages in anew.
///
/// Invariants: a further page is empty only until the next `shrink`; each page counts its own keys,
/// deadlines and displacements; a segment with further pages is not merged.
extension HashTable {
  /// Puts a slot's bits into a further page of the segment, a new one if need be: never nil.
  @inline(never)
  mutating func placeInChain(_ bits: UInt64, _ hash: UInt64) -> Slot? {
    let position = Segment.position(hash)
    var last = segment(hash)
    while let page = last.next {
      if page.count < page.countMax, let slot = page.placeMakingRoom(bits, at: position) {
        return slot
      }
      last = page
    }
    let added = makePage(depth: last.depth, bucketCount: Segment.bucketCountMax)
    link(last, to: added)
    chainedPageCount += 1
    return added.place(bits, at: position)
  }

  /// Which page of a segment that has several a slot lies in.
  @inline(never)
  func chainedPage(of slot: Slot, _ first: Segment) -> Segment {
    var page = first
    while !page.contains(slot), let next = page.next { page = next }
    return page
  }

  private func link(_ page: Segment, to next: Segment?) {
    page.next = next
    for index in 0..<page.bucketCount { page.bucket(index).setChained(next != nil) }
  }

  /// Takes the further pages off and returns the first of them. `reinsert` is to follow.
  func unchain(_ segment: Segment) -> Segment? {
    guard let chain = segment.next else { return nil }
    link(segment, to: nil)
    return chain
  }

  /// Puts the keys of pages into the segments that they belong to now. CONSUMES the pages.
  mutating func reinsert(_ chain: Segment) {
    var page = Optional(chain)
    while let current = page {
      page = current.next
      current.forEachSlot { slot, _, _ in
        let record = record(slot)
        count -= 1
        if slot.isVolatile { volatileCount -= 1 }
        _ = insert(record, hash(record.key))
      }
      freePage(current)
      chainedPageCount -= 1
    }
  }

  /// Frees further pages that have become empty.
  mutating func releaseEmptyPages(_ segment: Segment) {
    var last = segment
    while let page = last.next {
      if page.count > 0 {
        last = page
        continue
      }
      link(last, to: page.next)
      freePage(page)
      chainedPageCount -= 1
    }
  }
}
