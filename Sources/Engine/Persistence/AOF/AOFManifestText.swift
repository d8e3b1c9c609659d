import Core

/// Why a manifest is not one, with Redis' words.
package struct AOFManifestError: Error, Equatable {
  package enum Reason: String, Error {
    case empty = "Found an empty AOF manifest"
    case unreadable = "Read AOF manifest failed"
    case lineTooLong = "The AOF manifest file contains too long line"
    case format = "Invalid AOF manifest file format"
    case path = "File can't be a path, just a filename"
    case duplicateBase = "Found duplicate base file information"
    case notMonotonic = "Found a non-monotonic sequence number"
    case unknownType = "Unknown AOF file type"
  }

  package let reason: Reason
  /// The line's number from 1 and its text, if it could be read.
  package let line: (number: Int, text: String)?

  /// What Redis writes, to the log or the terminal.
  package var messages: [String] {
    var messages = ["\n*** FATAL AOF MANIFEST FILE ERROR ***\n"]
    if let line {
      messages.append("Reading the manifest file, at line \(line.number)\n")
      messages.append(">>> '\(line.text)'\n")
    }
    return messages + ["\(reason.rawValue)\n"]
  }

  package static func == (left: AOFManifestError, right: AOFManifestError) -> Bool {
    left.messages == right.messages
  }
}

extension AOFManifest {
  /// A line's bytes, its end included. As in Redis what is longer counts as several lines.
  private static let lineByteCountMax = 1024
  /// No manifest that is in use comes near it, and beyond there is room to count on.
  private static let sequenceMax: Int64 = 1 << 62

  // MARK: Reading

  /// Reads a manifest's text. Fields that are not known are skipped, as those of later versions.
  package init(parsing text: [UInt8]) throws(AOFManifestError) {
    self.init()
    var position = 0
    var number = 0
    while position < text.count {
      let rest = text[position...].prefix(Self.lineByteCountMax)
      let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
      let line = text[position..<end]
      position = end
      number += 1
      if line.first == UInt8(ascii: "#") { continue }
      // Redis looks for the end in a C string, so a zero byte hides it.
      guard line.last == UInt8(ascii: "\n"), !line.contains(0) else {
        throw AOFManifestError(reason: .lineTooLong, line: nil)
      }
      let trimmed = Self.trim(line)
      do throws(AOFManifestError.Reason) {
        try append(Self.parseLine(trimmed))
      } catch {
        let shown = String(decoding: trimmed, as: UTF8.self)
        throw AOFManifestError(reason: error, line: (number, shown))
      }
    }
    if number == 0 { throw AOFManifestError(reason: .empty, line: nil) }
  }

  private static func trim(_ line: ArraySlice<UInt8>) -> [UInt8] {
    let isBlank = { (byte: UInt8) in byte == 32 || byte == 9 || byte == 13 || byte == 10 }
    let start = line.drop(while: isBlank)
    guard let last = start.lastIndex(where: { !isBlank($0) }) else { return [] }
    return Array(start[...last])
  }

  private static func parseLine(_ line: [UInt8]) throws(AOFManifestError.Reason) -> File {
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    guard line.withView({ InlineArguments.split($0, into: &bytes, ranges: &ranges) }),
      ranges.count >= 6, ranges.count % 2 == 0
    else { throw .format }
    var fields = Fields()
    for index in stride(from: 0, to: ranges.count, by: 2) {
      try fields.take(Array(bytes[ranges[index]]), Array(bytes[ranges[index + 1]]))
    }
    guard let name = fields.name, fields.sequence != 0, let letter = fields.type else {
      throw .format
    }
    guard let kind = Kind(rawValue: letter) else { throw .unknownType }
    return File(
      name, fields.sequence, kind, startOffset: fields.startOffset, endOffset: fields.endOffset)
  }

  /// A line's fields so far; of two with the same key the last one counts.
  private struct Fields {
    var name: String?
    var sequence: Int64 = 0
    var type: UInt8?
    var startOffset: Int64?
    var endOffset: Int64?

    mutating func take(_ key: [UInt8], _ value: [UInt8]) throws(AOFManifestError.Reason) {
      switch String(decoding: ConfigurationText.lowercased(key), as: UTF8.self) {
      case "file": name = try fileName(value)
      case "seq": sequence = try number(value)
      case "type": type = value.first
      case "startoffset": startOffset = value.withView { $0.parseInteger() }
      case "endoffset": endOffset = value.withView { $0.parseInteger() }
      default: break
      }
    }

    /// Names that are no files' are refused as well; Redis tries to read the folder.
    private func fileName(_ value: [UInt8]) throws(AOFManifestError.Reason) -> String {
      guard let name = String(validating: value, as: UTF8.self) else { throw .format }
      let isPath = name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
      if isPath || name.isEmpty || name == "." || name == ".." { throw .path }
      return name
    }

    /// As `atoll` reads it: a sign, digits, and whatever behind them.
    private func number(_ value: [UInt8]) throws(AOFManifestError.Reason) -> Int64 {
      let isSigned = value.first == UInt8(ascii: "-") || value.first == UInt8(ascii: "+")
      var number: Int64 = 0
      for byte in value.dropFirst(isSigned ? 1 : 0) {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
        // Far below the limit there is room for another digit.
        guard number <= AOFManifest.sequenceMax / 10 else { throw .format }
        number = number * 10 + Int64(byte - UInt8(ascii: "0"))
      }
      guard number <= AOFManifest.sequenceMax else { throw .format }
      return value.first == UInt8(ascii: "-") ? -number : number
    }
  }

  // MARK: Writing

  /// The manifest's text: the base, then the history, then the increments.
  package var text: [UInt8] {
    var text: [UInt8] = []
    for file in (base.map { [$0] } ?? []) + history + increments {
      text += Array("file ".utf8)
      Self.appendName(Array(file.name.utf8), to: &text)
      text += Array(" seq \(file.sequence) type ".utf8) + [file.kind.rawValue]
      if let offset = file.startOffset { text += Array(" startoffset \(offset)".utf8) }
      if let offset = file.endOffset { text += Array(" endoffset \(offset)".utf8) }
      text.append(UInt8(ascii: "\n"))
    }
    return text
  }

  /// Quotes what would not be read back as it is; Redis forgets the single quote.
  private static func appendName(_ name: [UInt8], to text: inout [UInt8]) {
    let isPlain = name.allSatisfy { byte in
      byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "'")
        && byte != UInt8(ascii: "\\")
    }
    if isPlain, !name.isEmpty {
      text += name
    } else {
      name.withView { Quoting.append($0, to: &text) }
    }
  }
}
