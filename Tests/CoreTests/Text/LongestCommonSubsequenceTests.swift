import Testing

@testable import Core

@Suite struct LongestCommonSubsequenceTests {
  private typealias LCS = LongestCommonSubsequence

  private struct Outcome: Equatable {
    var length = 0
    var text: [UInt8] = []
    var matches: [[Int]] = []
  }

  private func outcome(_ a: [UInt8], _ b: [UInt8], minimum: Int = 0) throws -> Outcome {
    try a.withView { (a) throws in
      try b.withView { (b) throws in
        let lcs = try LCS(a, b, memoryLimit: 1 << 29, lengthOnly: false)
        defer { lcs.destroy() }
        let short = try LCS(a, b, memoryLimit: 1 << 29, lengthOnly: true)
        #expect(short.length == lcs.length)
        var outcome = Outcome(length: lcs.length, text: [UInt8](repeating: 0, count: lcs.length))
        outcome.text.withUnsafeMutableBufferPointer { buffer in
          if let base = buffer.baseAddress { lcs.writeSubsequence(to: base) }
        }
        lcs.forEachMatch(minimumCount: minimum) {
          outcome.matches.append([$0.first, $0.second, $0.count])
        }
        return outcome
      }
    }
  }

  // As Redis 7.0 answers LCS of these.
  @Test func answersTheKnownSample() throws {
    let a = Array("ohmytext".utf8)
    let b = Array("mynewtext".utf8)
    let all = try outcome(a, b)
    #expect(all.length == 6)
    #expect(all.text == Array("mytext".utf8))
    #expect(all.matches == [[4, 5, 4], [2, 0, 2]])
    #expect(try outcome(a, b, minimum: 4).matches == [[4, 5, 4]])
    #expect(try outcome(a, b, minimum: 5).matches.isEmpty)
  }

  @Test func takesEmptyStrings() throws {
    #expect(try outcome([], []) == Outcome())
    #expect(try outcome([1], []) == Outcome())
    #expect(try outcome([], [1]) == Outcome())
    #expect(try outcome([1], [2]) == Outcome())
  }

  @Test func agreesWithTheTable() throws {
    for round in 0..<600 {
      let longest = round % 3 == 0 ? 200 : 12
      let alphabet: ClosedRange<UInt8> = 0...UInt8.random(in: 0...(round % 2 == 0 ? 2 : 30))
      let a = (0..<Int.random(in: 0...longest)).map { _ in UInt8.random(in: alphabet) }
      let b = (0..<Int.random(in: 0...longest)).map { _ in UInt8.random(in: alphabet) }
      #expect(try outcome(a, b) == table(a, b), "\(a) \(b)")
    }
    for count in [63, 64, 65, 127, 128, 129] {
      let same = (0..<count).map { UInt8($0) }
      #expect(try outcome(same, same).matches == [[0, 0, count]])
    }
  }

  /// A carry has to run through words in which the byte does not occur.
  @Test func countsAByteOnceAcrossWords() throws {
    let filling = [UInt8](repeating: 0, count: 200)
    #expect(try outcome([7] + filling + [7], [7]) == table([7] + filling + [7], [7]))
    #expect(try outcome([7] + filling + [7], [7, 7]).length == 2)
  }

  /// The textbook's table and Redis' way back through it.
  private func table(_ a: [UInt8], _ b: [UInt8]) -> Outcome {
    var lengths = [[Int]](
      repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in a.indices {
      for j in b.indices {
        lengths[i + 1][j + 1] =
          a[i] == b[j] ? lengths[i][j] + 1 : max(lengths[i][j + 1], lengths[i + 1][j])
      }
    }
    var outcome = Outcome(length: lengths[a.count][b.count])
    var (i, j, run) = (a.count, b.count, 0)
    while i > 0, j > 0 {
      if a[i - 1] == b[j - 1] {
        outcome.text.insert(a[i - 1], at: 0)
        (i, j, run) = (i - 1, j - 1, run + 1)
        continue
      }
      if run > 0 { outcome.matches.append([i, j, run]) }
      run = 0
      if lengths[i - 1][j] > lengths[i][j - 1] { i -= 1 } else { j -= 1 }
    }
    if run > 0 { outcome.matches.append([i, j, run]) }
    return outcome
  }

  private func failure(_ a: Int, _ b: Int, _ limit: UInt64) -> LCS.Failure? {
    // Admission reads the lengths alone, so views of lengths that nobody has stand for them.
    var byte: UInt8 = 0
    return withUnsafeMutablePointer(to: &byte) { pointer in
      do throws(LCS.Failure) {
        let first = ByteView(pointer, count: a)
        let lcs = try LCS(first, ByteView(pointer, count: b), memoryLimit: limit, lengthOnly: true)
        lcs.destroy()
        return nil
      } catch {
        return error
      }
    }
  }

  @Test func admitsByTheTablesSize() {
    #expect(failure(1, 1, 16) == nil)
    #expect(failure(1, 1, 15) == .exceedsLimit)
    #expect(failure(1 << 16, 1 << 16, 1 << 29) == .exceedsLimit)
    #expect(failure(1 << 31, 1 << 31, .max) == .exceedsLimit)
    #expect(failure((1 << 32) - 3, (1 << 32) - 3, .max) == .exceedsLimit)
    #expect(failure((1 << 32) - 2, 0, .max) == .tooLong)
    #expect(failure(0, .max, .max) == .tooLong)
  }
}
