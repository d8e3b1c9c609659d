import CPrimitives
import Core
import Testing

@testable import Engine

@Suite struct KeyTableTests {
  @Test func fill() {
    let state = KeyspaceState(seedWords: (0x1234_5678_9abc_def1, 0x9e37_79b9_7f4a_7c15, 0xdead_beef_1234_5679, 77_777_777_777_777_777))
    var table = KeyTable(seed: state.seed, emptySegment: state.emptySegment)
    for n in 0..<1_000_000 {
      let digits = String(n)
      let key = Array(("key:" + String(repeating: "0", count: 12 - digits.count) + digits).utf8)
      key.withView { view in
        let hash = table.hash(view)
        let entry = Entry.make(Entry.Shape(keyByteCount: view.count), key: view, accessClock: 0)
        _ = table.insert(entry, hash)
      }
    }
    var displaced = 0, overflowing = 0, buckets = 0, overflowSum = 0
    table.forEachSlot { slot in if slot.address.pointee & 7 != 0 { displaced += 1 } }
    table.forEachSegment { s in
      for i in 0..<63 { buckets += 1; let o = s.bucket(i).overflow; if o > 0 { overflowing += 1; overflowSum += Int(o) } } }
    print("count", table.count, "segments", table.segmentCount, "depth", table.depth, "displaced", displaced, "overflowing", overflowing, "of", buckets, overflowSum)
  }
}
