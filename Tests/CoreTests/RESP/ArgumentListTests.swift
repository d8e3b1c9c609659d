import CAlloc
import Testing

@testable import Core

@Suite struct ArgumentListTests {
  @Test func growsAndKeepsOrder() {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    defer { bytes.deallocate() }
    var list = ArgumentList(capacity: 1)
    for count in 0..<1000 { list.append(ByteView(bytes, count: count)) }
    #expect((0..<list.count).map { list.base[$0].count } == Array(0..<1000))
    list.truncate(to: 10)
    #expect(list.count == 10 && list.base[9].count == 9)
    list.destroy()
  }

  @Test func givesMemoryBackAfterALongRequest() {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    defer { bytes.deallocate() }
    var list = ArgumentList()
    let base = list.base
    for _ in 0..<100_000 { list.append(ByteView(bytes, count: 0)) }
    #expect(list.base != base)
    list.truncate(to: 0)
    // Usable again, from its first capacity on.
    for count in 0..<300 { list.append(ByteView(bytes, count: count)) }
    #expect(list.count == 300 && list.base[299].count == 299)
    list.destroy()
  }

  @Test func rebasesOnlyWhatLiesInTheOldBytes() {
    let old = UnsafeMutablePointer<UInt8>.allocate(capacity: 100)
    let new = UnsafeMutablePointer<UInt8>.allocate(capacity: 100)
    let other = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    defer {
      old.deallocate()
      new.deallocate()
      other.deallocate()
    }
    var list = ArgumentList(capacity: 4)
    for offset in [0, 7, 50] { list.append(ByteView(old + offset, count: 0)) }
    list.append(ByteView(other, count: 1))
    list.rebase(from: UnsafePointer(old), byteCount: 50, to: UnsafePointer(new))
    #expect((0..<3).map { list.base[$0].base - UnsafePointer(new) } == [0, 7, 50])
    #expect(list.base[3].base == UnsafePointer(other))
    list.destroy()
  }
}
