import CAlloc

/// The longest common subsequence of two strings, for LCS.
///
/// The table of lengths differs by at most one from row to row, so a column is kept as one bit for
/// each byte of the first string, and 64 of them advance with one addition (Crochemore et al.,
/// Hyyrö): with V all ones, `U = V & mask(byte)`, `V = (V + U) | (V & ~U)`. A clear bit i of the
/// column after j bytes says L(i + 1, j) = L(i, j) + 1. That is 1/32 of the memory and 1/64 of the
/// steps of a table of integers. For the length alone one column suffices.
///
/// The walk back from the ends has to take Redis' turns where several subsequences are longest: up
/// when L(i - 1, j) > L(i, j - 1), else left. It keeps the lengths at (i, j) and (i, j - 1); a
/// step up changes them by a bit, a step left counts one column's bits, no more than filling did.
///
/// Admission is by what Redis would need, (a + 1)(b + 1) * 4 bytes, so that the same requests are
/// refused. Masks and columns take less than that, but for first strings of one or two bytes, where
/// the masks, one for each byte value at most, can add 2 KiB.
///
/// Ownership: borrows both strings; the columns go with `destroy()`.
package struct LongestCommonSubsequence {
  package enum Failure: Error, Equatable {
    /// A string has 2^32 - 2 bytes or more.
    case tooLong
    /// The table would take more than the limit.
    case exceedsLimit
    case outOfMemory
  }

  /// A run of equal bytes: where it begins in each string, and its length.
  package struct Match: Equatable {
    package let first: Int
    package let second: Int
    package let count: Int
  }

  package let length: Int
  private let first: ByteView
  private let second: ByteView
  private let wordCount: Int
  /// Column 0 (all ones) up to column `second.count`; nil when only the length was wanted.
  private let columns: UnsafeMutablePointer<UInt64>?

  /// Compares the strings. `lengthOnly` spares the columns; matches are then not to be asked for.
  package init(
    _ first: ByteView, _ second: ByteView, memoryLimit: UInt64, lengthOnly: Bool
  ) throws(Failure) {
    try Self.admit(first.count, second.count, memoryLimit)
    self.first = first
    self.second = second
    wordCount = (first.count + 63) / 64
    let columnCount = lengthOnly ? 1 : second.count + 1
    guard let columns = Self.allocate(columnCount * wordCount) else { throw .outOfMemory }
    columns.update(repeating: .max, count: wordCount)
    guard let masks = Masks(first: first, second: second, wordCount: wordCount) else {
      Self.free(columns, columnCount * wordCount)
      throw .outOfMemory
    }
    let step = lengthOnly ? 0 : wordCount
    var column = columns
    for index in 0..<second.count {
      Self.advance(column, to: column + step, masks.mask(of: second[index]), wordCount)
      column += step
    }
    masks.destroy()
    length = Self.prefixLength(column, first.count)
    if lengthOnly { Self.free(columns, wordCount) }
    self.columns = lengthOnly ? nil : columns
  }

  package func destroy() {
    if let columns { Self.free(columns, (second.count + 1) * wordCount) }
  }

  private static func admit(
    _ firstCount: Int, _ secondCount: Int, _ limit: UInt64
  ) throws(Failure) {
    let longest = UInt64(UInt32.max) - 2
    guard firstCount <= longest, secondCount <= longest else { throw .tooLong }
    // Both factors are below 2^32: their product fits, four times it may not.
    let cells = UInt64(firstCount + 1).multipliedReportingOverflow(by: UInt64(secondCount + 1))
    let bytes = cells.partialValue.multipliedReportingOverflow(by: 4)
    guard !cells.overflow, !bytes.overflow, bytes.partialValue <= limit else {
      throw .exceedsLimit
    }
  }

  /// Calls `body` with each run of matching bytes, the last one first, that has at least
  /// `minimumCount` bytes.
  package func forEachMatch(minimumCount: Int = 0, _ body: (Match) -> Void) {
    var start = (0, 0)
    var count = 0
    walk { first, second in
      if count > 0, first + 1 == start.0, second + 1 == start.1 {
        count += 1
      } else {
        if count > 0, count >= minimumCount {
          body(Match(first: start.0, second: start.1, count: count))
        }
        count = 1
      }
      start = (first, second)
    }
    if count > 0, count >= minimumCount {
      body(Match(first: start.0, second: start.1, count: count))
    }
  }

  /// Writes the subsequence itself. REQUIRES: room for `length` bytes.
  package func writeSubsequence(to target: UnsafeMutablePointer<UInt8>) {
    var at = length
    walk { index, _ in
      at -= 1
      target[at] = first[index]
    }
  }

  /// The subsequence itself.
  package var subsequence: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      guard let target = buffer.baseAddress else { return }
      writeSubsequence(to: target)
      count = length
    }
  }

  /// Calls `visit` with the places of each byte of the subsequence, from the last to the first.
  private func walk(_ visit: (_ first: Int, _ second: Int) -> Void) {
    guard let columns, length > 0 else { return }
    var i = first.count
    var j = second.count
    var here = length
    var left = Self.prefixLength(columns + (j - 1) * wordCount, i)
    while i > 0, j > 0, here > 0 {
      let column = columns + j * wordCount
      let isMatch = first[i - 1] == second[j - 1]
      if isMatch { visit(i - 1, j - 1) }
      let up = here - Self.increment(column, i - 1)
      if isMatch || up > left {
        left -= Self.increment(column - wordCount, i - 1)
        here = up
        i -= 1
        if !isMatch { continue }
      }
      j -= 1
      here = left
      left = j > 0 ? Self.prefixLength(columns + (j - 1) * wordCount, i) : 0
    }
  }

  /// 1 where the length grows with the byte at `index`.
  @inline(__always)
  private static func increment(_ column: UnsafeMutablePointer<UInt64>, _ index: Int) -> Int {
    Int(~column[index >> 6] >> UInt64(index & 63) & 1)
  }

  /// The length for the first `count` bytes of the first string: the clear bits before `count`.
  private static func prefixLength(_ column: UnsafeMutablePointer<UInt64>, _ count: Int) -> Int {
    var length = 0
    for word in 0..<(count >> 6) { length &+= (~column[word]).nonzeroBitCount }
    let rest = UInt64(count & 63)
    if rest > 0 { length &+= (~column[count >> 6] & (1 << rest - 1)).nonzeroBitCount }
    return length
  }

  @inline(__always)
  private static func advance(
    _ column: UnsafeMutablePointer<UInt64>, to next: UnsafeMutablePointer<UInt64>,
    _ mask: UnsafeMutablePointer<UInt64>, _ wordCount: Int
  ) {
    var carry: UInt64 = 0
    for word in 0..<wordCount {
      let value = column[word]
      let matched = value & mask[word]
      let (partial, firstOverflow) = value.addingReportingOverflow(matched)
      let (sum, secondOverflow) = partial.addingReportingOverflow(carry)
      carry = firstOverflow || secondOverflow ? 1 : 0
      next[word] = sum | value & ~matched
    }
  }

  fileprivate static func allocate(_ words: Int) -> UnsafeMutablePointer<UInt64>? {
    apus_alloc_zeroed(words * 8)?.bindMemory(to: UInt64.self, capacity: words)
  }

  fileprivate static func free(_ block: UnsafeMutablePointer<UInt64>, _ words: Int) {
    apus_free(block, words * 8)
  }
}

/// For each byte value of the second string, the places where the first has it, as bits. Only for
/// values that occur, of which there are no more than the second string has bytes.
private struct Masks {
  private let words: UnsafeMutablePointer<UInt64>
  private let totalCount: Int
  private let wordCount: Int
  private var slots: [Int]

  init?(first: ByteView, second: ByteView, wordCount: Int) {
    var slots = [Int](repeating: -1, count: 256)
    var used = 0
    for byte in second.buffer where slots[Int(byte)] < 0 {
      slots[Int(byte)] = used
      used += 1
    }
    guard let words = LongestCommonSubsequence.allocate(used * wordCount) else { return nil }
    for index in 0..<first.count where slots[Int(first[index])] >= 0 {
      words[slots[Int(first[index])] * wordCount + (index >> 6)] |= 1 << UInt64(index & 63)
    }
    self.words = words
    self.totalCount = used * wordCount
    self.wordCount = wordCount
    self.slots = slots
  }

  /// REQUIRES: `byte` occurs in the second string.
  func mask(of byte: UInt8) -> UnsafeMutablePointer<UInt64> {
    words + slots[Int(byte)] * wordCount
  }

  func destroy() { LongestCommonSubsequence.free(words, totalCount) }
}
