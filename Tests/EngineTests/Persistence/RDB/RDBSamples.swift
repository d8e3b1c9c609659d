/// Values as they stand in files, put together by hand.
enum RDBSamples {
  static func little(_ number: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  /// A length or another number.
  static func number(_ number: Int) -> [UInt8] {
    if number < 64 { return [UInt8(number)] }
    if number < 1 << 14 { return [0x40 | UInt8(number >> 8), UInt8(truncatingIfNeeded: number)] }
    return [0x81] + little(number, 8).reversed()
  }

  static func string(_ bytes: [UInt8]) -> [UInt8] { number(bytes.count) + bytes }

  static func strings(_ texts: String...) -> [UInt8] {
    number(texts.count) + texts.flatMap { string(Array($0.utf8)) }
  }

  static func strings(_ texts: [String]) -> [UInt8] { texts.flatMap { string(Array($0.utf8)) } }

  static func double(_ score: Double) -> [UInt8] {
    little(Int(bitPattern: UInt(score.bitPattern)), 8)
  }

  static func number64(_ number: Int64) -> [UInt8] { little(Int(number), 8) }

  // MARK: Listpacks

  /// A listpack around entries that are encoding and data; with `count`, one that lies.
  static func listpack(_ entries: [[UInt8]], count: Int? = nil) -> [UInt8] {
    var body: [UInt8] = []
    for entry in entries {
      body += entry
      if entry.count >= 128 { body.append(UInt8(entry.count >> 7)) }
      body.append(UInt8(entry.count & 127) | (entry.count >= 128 ? 0x80 : 0))
    }
    return little(7 + body.count, 4) + little(count ?? entries.count, 2) + body + [0xFF]
  }

  /// An entry as a listpack has it: an integer as such, everything else as text.
  static func entry(_ text: String) -> [UInt8] {
    guard let number = Int(text), String(number) == text else { return textEntry(text) }
    if 0...127 ~= number { return [UInt8(number)] }
    return [0xF4] + little(number, 8)
  }

  /// An entry of text, which may be that of an integer.
  static func textEntry(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    if bytes.count < 64 { return [0x80 | UInt8(bytes.count)] + bytes }
    return [0xE0 | UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
  }

  /// An entry of short text in the longest form.
  static func overlongEntry(_ text: String) -> [UInt8] {
    [0xF0] + little(text.utf8.count, 4) + Array(text.utf8)
  }

  static func listpack(_ texts: [String]) -> [UInt8] { listpack(texts.map(entry)) }

  // MARK: Older forms

  static func ziplist(_ texts: [String]) -> [UInt8] {
    var body: [UInt8] = []
    var previous = 0
    var last = 10
    for text in texts {
      var entry: [UInt8] = [UInt8(previous)]
      if let number = Int(text), String(number) == text {
        entry += [0xE0] + little(number, 8)
      } else {
        entry += [UInt8(text.utf8.count)] + Array(text.utf8)
      }
      last = 10 + body.count
      body += entry
      previous = entry.count
    }
    return little(11 + body.count, 4) + little(last, 4) + little(texts.count, 2) + body + [0xFF]
  }

  static func zipmap(_ texts: [String]) -> [UInt8] {
    var bytes = [UInt8(texts.count / 2)]
    for (index, text) in texts.enumerated() {
      bytes.append(UInt8(text.utf8.count))
      if index % 2 == 1 { bytes.append(0) }
      bytes += Array(text.utf8)
    }
    return bytes + [0xFF]
  }

  static func intset(_ width: Int, _ numbers: [Int]) -> [UInt8] {
    little(width, 4) + little(numbers.count, 4) + numbers.flatMap { little($0, width) }
  }
}
