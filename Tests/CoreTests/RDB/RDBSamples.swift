/// Forms of old files, put together by hand.
enum RDBSamples {
  private static func little(_ number: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  /// A ziplist around entries that are encoding and data. `longPrevious`: lengths of the entries
  /// before in five bytes, whether they need them or not.
  static func ziplist(_ entries: [[UInt8]], longPrevious: Bool = false) -> [UInt8] {
    var body: [UInt8] = []
    var previous = 0
    var last = 10
    for entry in entries {
      let isLong = longPrevious || previous >= 254
      let whole = (isLong ? [0xFE] + little(previous, 4) : [UInt8(previous)]) + entry
      last = 10 + body.count
      body += whole
      previous = whole.count
    }
    return little(11 + body.count, 4) + little(last, 4) + little(entries.count, 2) + body + [0xFF]
  }
}
