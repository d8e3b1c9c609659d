/// A way to look for bugs with bytes that nobody thought of.
///
/// `check` feeds the bytes to the code under test and says what went wrong, or nil; traps and
/// sanitizers say the rest. libFuzzer calls it through `Entry.swift`, the saved cases of
/// `Tests/Fuzz/Cases` through `Tests/FuzzTests`.
package struct Fuzzer {
  package let name: String
  package let check: ([UInt8]) -> String?

  package static let all = [
    Fuzzer(name: "RequestParser", check: RequestParserFuzzer.check),
    Fuzzer(name: "AOFReader", check: AOFReaderFuzzer.check),
    Fuzzer(name: "Configuration", check: ConfigurationFuzzer.check),
    Fuzzer(name: "Glob", check: GlobFuzzer.check),
    Fuzzer(name: "HyperLogLog", check: HyperLogLogFuzzer.check),
    Fuzzer(name: "Batch", check: BatchFuzzer.check),
    Fuzzer(name: "Listpack", check: ListpackFuzzer.check),
    Fuzzer(name: "Intset", check: IntsetFuzzer.check),
    Fuzzer(name: "Quicklist", check: QuicklistFuzzer.check),
    Fuzzer(name: "ScoreTree", check: ScoreTreeFuzzer.check),
    Fuzzer(name: "SortedSet", check: SortedSetFuzzer.check),
    Fuzzer(name: "SortedListpack", check: SortedListpackFuzzer.check),
    Fuzzer(name: "ExpiringHash", check: ExpiringHashFuzzer.check),
    Fuzzer(name: "MemberTable", check: MemberTableFuzzer.check),
    Fuzzer(name: "Geo", check: GeoFuzzer.check),
    Fuzzer(name: "Bitmap", check: BitmapFuzzer.check),
    Fuzzer(name: "GeoSearch", check: GeoSearchFuzzer.check),
    Fuzzer(name: "RDB", check: RDBFuzzer.check),
    Fuzzer(name: "Restore", check: RestoreFuzzer.check),
  ]

  /// Whether nobody else in the process allocates, so that used memory can be compared.
  nonisolated(unsafe) package static var checksMemory = false

  package static func named(_ name: String) -> Fuzzer? { all.first { $0.name == name } }
}

/// Reproducible sizes of reads, from one byte of the input.
struct ReadSizes {
  private var state: UInt64

  init(seed: UInt8) { state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1 }

  /// Mostly a few bytes, sometimes many.
  mutating func next() -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return 1 + Int(state >> 59) * (state & 7 == 0 ? 5000 : 1)
  }
}
