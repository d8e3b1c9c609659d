import CPrimitives
import Core

/// Strings as bitmaps: changing bits of one, and storing what several have been combined into.
extension Database {
  /// Makes the string at least so many bytes that can be changed, with zeros behind its old end, or
  /// a key that does not exist a string of zeros. The slot stays valid, its entry may move.
  /// REQUIRES: the slot, if there is one, is `key`'s and holds a string; byteCount > 0.
  func editBits(_ key: Key, _ slot: Slot?, byteCount: Int) -> BitEditor {
    guard let slot else {
      return BitEditor(insertZeros(key, byteCount), count: byteCount, isLonger: true)
    }
    let oldCount = string(slot).count
    let count = max(oldCount, byteCount)
    return BitEditor(
      makeEditable(slot, zeroExtendedTo: count), count: count, isLonger: count > oldCount)
  }

  /// Sets the key to a combination of strings, which may be its own. `slot` is what a lookup just
  /// returned for it. REQUIRES: not all sources are empty.
  func setCombination(
    _ key: Key, _ slot: Slot?, _ operation: BitOperation, _ sources: BitSources
  ) {
    let count = sources.byteCountMax
    if count > Entry.inlineByteCountMax {
      let block =
        slot.flatMap { detachBlock($0, fitting: count) } ?? StringBlock(capacity: count)
      operation.combine(sources.sources, into: block.bytes, count: count)
      block.count = count
      return setBlock(key, slot, block, .remove)
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) {
      guard let target = $0.baseAddress else { return }
      operation.combine(sources.sources, into: target, count: count)
      setRawText(key, slot, ByteView(target, count: count))
    }
  }
}

/// A string's bytes, to be changed bit by bit. Valid until the keyspace is changed otherwise.
struct BitEditor {
  private let bytes: UnsafeMutablePointer<UInt8>
  private let count: Int
  /// Whether the string has become longer to be edited.
  let isLonger: Bool

  fileprivate init(_ bytes: UnsafeMutablePointer<UInt8>, count: Int, isLonger: Bool) {
    self.bytes = bytes
    self.count = count
    self.isLonger = isLonger
  }

  var view: ByteView { ByteView(bytes, count: count) }

  /// REQUIRES: the bit is one of the string's.
  func set(_ index: Int, _ isSet: Bool) {
    assert(index >= 0 && index >> 3 < count)
    let mask: UInt8 = 0x80 >> UInt8(index & 7)
    bytes[index >> 3] = bytes[index >> 3] & ~mask | (isSet ? mask : 0)
  }

  /// REQUIRES: the field's bits are the string's.
  func set(_ field: BitField, at offset: Int, _ value: Int64) {
    assert(offset >= 0 && field.lastByte(at: offset) < count)
    field.write(value, to: bytes, at: offset)
  }
}

/// The strings that a BITOP combines: where their bytes are, and the digits of those that are
/// stored as integers.
///
/// Ownership: borrows the strings, which must not change before the combination is stored; owns the
/// list. `destroy` ends it.
struct BitSources {
  private let base: UnsafeMutablePointer<apus_bits_source>
  private let capacity: Int
  private var count = 0
  /// Room for the text of each source, made for the first one that needs it.
  private var digits: UnsafeMutablePointer<UInt8>?
  private(set) var byteCountMax = 0

  init(capacity: Int) {
    self.capacity = capacity
    base = Allocation.allocate(capacity * MemoryLayout<apus_bits_source>.stride)
      .assumingMemoryBound(to: apus_bits_source.self)
  }

  func destroy() {
    Allocation.free(base, capacity * MemoryLayout<apus_bits_source>.stride)
    if let digits { Allocation.free(digits, capacity * IntegerText.maximumCount) }
  }

  fileprivate var sources: UnsafeMutableBufferPointer<apus_bits_source> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }

  /// REQUIRES: not more than the capacity are added.
  mutating func add(_ content: StringContent) {
    switch content {
    case .bytes(let bytes): add(bytes)
    case .block(let block): add(block.view)
    case .integer(let value):
      let text = digitsBase + count * IntegerText.maximumCount
      add(ByteView(text, count: IntegerText.write(value, to: text)))
    }
  }

  mutating func add(_ bytes: ByteView) {
    assert(count < capacity)
    base[count] = apus_bits_source(bytes: bytes.base, count: bytes.count)
    count += 1
    byteCountMax = max(byteCountMax, bytes.count)
  }

  private var digitsBase: UnsafeMutablePointer<UInt8> {
    mutating get {
      if let digits { return digits }
      let made = Allocation.allocate(capacity * IntegerText.maximumCount)
        .assumingMemoryBound(to: UInt8.self)
      digits = made
      return made
    }
  }
}
