import Core

/// One pass over a file of the log that finds how far it is good, and what is wrong there, in the
/// words of `redis-check-aof`.
struct AOFScan {
  private struct Stop: Error {}

  /// Behind the last whole command or transaction.
  private(set) var validOffset = 0
  /// What is wrong and where.
  private(set) var error: String?
  /// Something begins that is neither a command nor an annotation.
  private(set) var isFormatError = false
  /// The file is to be cut here, because what follows is younger than asked for.
  private(set) var timestampOffset: Int?
  /// An annotation that cannot be understood ends everything.
  private(set) var aborts = false

  private let path: String
  private let timestamp: Int?
  private var line: Int
  /// Of the line or string that is looked at.
  private var offset = 0
  private var isInTransaction = false

  static func run(
    _ file: inout AOFCheckedFile, name: String, path: String, timestamp: Int?, line: inout Int
  ) throws(SystemFailure) -> AOFScan {
    var scan = AOFScan(path: path, timestamp: timestamp, line: line)
    do throws(AnyStop) {
      try scan.read(&file)
    } catch {
      if case .system(let failure) = error { throw failure }
    }
    line = scan.line
    return scan
  }

  private enum AnyStop: Error {
    case found
    case system(SystemFailure)
  }

  private init(path: String, timestamp: Int?, line: Int) {
    self.path = path
    self.timestamp = timestamp
    self.line = line
  }

  private mutating func read(_ file: inout AOFCheckedFile) throws(AnyStop) {
    while true {
      if !isInTransaction { validOffset = file.offset }
      switch try peek(&file) {
      case nil:
        if isInTransaction { try fail("Reached EOF before reading EXEC for MULTI") }
        return
      case UInt8(ascii: "#"): try readAnnotation(&file)
      case UInt8(ascii: "*"): try readCommand(&file)
      default:
        isFormatError = true
        return
      }
    }
  }

  private mutating func fail(_ text: String) throws(AnyStop) {
    let digits = String(offset, radix: 16)
    error = "0x\(String(repeating: " ", count: max(16 - digits.count, 0)))\(digits): \(text)"
    throw .found
  }

  // MARK: Reading, with the system's errors set apart

  private func peek(_ file: inout AOFCheckedFile) throws(AnyStop) -> UInt8? {
    do throws(SystemFailure) { return try file.peek() } catch { throw .system(error) }
  }

  private func line(
    _ file: inout AOFCheckedFile, _ limit: Int
  ) throws(AnyStop) -> [UInt8] {
    do throws(SystemFailure) { return try file.line(limit: limit) } catch { throw .system(error) }
  }

  // MARK: Annotations

  private mutating func readAnnotation(_ file: inout AOFCheckedFile) throws(AnyStop) {
    offset = file.offset
    let line = try line(&file, AOFSyntax.annotationByteCountMax)
    guard line.last == UInt8(ascii: "\n") else {
      if line.count < AOFSyntax.annotationByteCountMax {
        try fail("Reached EOF before the end of an annotation")
      }
      isFormatError = true
      throw .found
    }
    guard let timestamp, line.starts(with: "#TS:".utf8) else { return }
    let digits = line.dropFirst(4).prefix { $0 != 13 && $0 != 10 }
    guard let value = Array(digits).withView({ $0.parseInteger() }) else {
      error = "Invalid timestamp annotation"
      aborts = true
      throw .found
    }
    guard value > timestamp else { return }
    // Within a transaction `redis-check-aof` cuts here, and leaves one without end.
    timestampOffset = validOffset
    throw .found
  }

  // MARK: Commands

  private mutating func readCommand(_ file: inout AOFCheckedFile) throws(AnyStop) {
    guard let count = try readNumber(&file, UInt8(ascii: "*")) else { return try endOfFile() }
    guard count > 0, count <= Int(Int32.max) else {
      return try fail(
        "Expected to read command of \(count) arguments, which is not in the suitable range")
    }
    for index in 0..<count {
      guard let length = try readNumber(&file, UInt8(ascii: "$")) else { return try endOfFile() }
      guard length >= 0, length <= Int.max - 2 else {
        return try fail(
          "Expected to read string of \(length) bytes, which is not in the suitable range")
      }
      let head = try readString(&file, length)
      if index == 0 { try noteTransaction(head, length) }
    }
  }

  /// A command ends before its next line.
  private mutating func endOfFile() throws(AnyStop) {
    if isInTransaction { try fail("Reached EOF before reading EXEC for MULTI") }
    throw .found
  }

  /// The number of a line that begins with `prefix`; nil where there is no line.
  private mutating func readNumber(
    _ file: inout AOFCheckedFile, _ prefix: UInt8
  ) throws(AnyStop) -> Int? {
    offset = file.offset
    let line = try line(&file, 127)
    guard let first = line.first else { return nil }
    if first != prefix {
      try fail("Expected prefix '\(Self.character(prefix))', got: '\(Self.quoted(first))")
    }
    var end = 1
    var value = 0
    let isNegative = line.count > 1 && line[1] == UInt8(ascii: "-")
    if isNegative { end = 2 }
    while end < line.count, line[end] &- 48 <= 9 {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(line[end] &- 48))
      value = overflow || carry ? Int.max : sum
      end += 1
    }
    // Without a digit there is no number, and its end stands where it should begin.
    if end == (isNegative ? 2 : 1) { end = 1 }
    try expectLineEnd(Array(line[end...].prefix(2)))
    return isNegative ? -value : value
  }

  private mutating func expectLineEnd(_ bytes: [UInt8]) throws(AnyStop) {
    if bytes == [13, 10] {
      line += 1
      return
    }
    let shown = (bytes + [0, 0]).prefix(2).map { Hexadecimal.digits($0) }
    try fail("Expected \\r\\n, got: \(String(decoding: shown.flatMap { $0 }, as: UTF8.self))")
  }

  private static func character(_ byte: UInt8) -> String {
    String(decoding: [byte], as: UTF8.self)
  }

  /// The byte and the quote behind it. In C a zero byte ends the message.
  private static func quoted(_ byte: UInt8) -> String { byte == 0 ? "" : "\(character(byte))'" }

  /// The first bytes of a string, if it is whole.
  private mutating func readString(
    _ file: inout AOFCheckedFile, _ length: Int
  ) throws(AnyStop) -> [UInt8] {
    offset = file.offset
    let run: (head: [UInt8], tail: [UInt8], count: Int)
    do throws(SystemFailure) {
      run = try file.run(length + 2, keeping: min(length, 6))
    } catch { throw .system(error) }
    if run.count < length + 2 {
      try fail("Expected to read \(length + 2) bytes, got \(run.count) bytes")
    }
    try expectLineEnd(run.tail)
    return run.head
  }

  private mutating func noteTransaction(_ head: [UInt8], _ length: Int) throws(AnyStop) {
    let isMulti = length == 5 && head.withView { $0.isKeyword("multi") }
    let isExec = length == 4 && head.withView { $0.isKeyword("exec") }
    if isMulti, isInTransaction { try fail("Unexpected MULTI in AOF \(path)") }
    if isExec, !isInTransaction { try fail("Unexpected EXEC in AOF \(path)") }
    if isMulti { isInTransaction = true }
    if isExec { isInTransaction = false }
  }
}
