import Glibc

/// Why something about the system cannot be told.
package struct Unseen: Error, Equatable {
  let reason: String
}

/// The kernel's files below a root, which is `/` but in tests.
///
/// Containers hide some of them, virtual machines lack others, and what stands in them comes from
/// outside: whatever is not as expected is `Unseen`, so that no check takes it for good.
struct SystemFiles {
  private let root: String
  /// More than any file that is read here has; what follows is not looked at.
  private static let byteCountMax = 1 << 20

  init(root: String = "") { self.root = root }

  /// The text of the file at `path`, without the white space around it.
  func text(_ path: String) throws(Unseen) -> String {
    let descriptor = open(root + path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw missing(path) }
    defer { close(descriptor) }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while content.count < Self.byteCountMax {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw missing(path) }
      if count == 0 { break }
      content += buffer[..<count]
    }
    return String(decoding: ConfigurationText.trimmed(content), as: UTF8.self)
  }

  /// The number that is all there is in the file at `path`. None is negative.
  func number(_ path: String) throws(Unseen) -> UInt64 {
    let text = try text(path)
    guard let number = UInt64(text), text.utf8.first != UInt8(ascii: "+") else {
      throw nonsense(path, text)
    }
    return number
  }

  /// The one of `choices` that stands in brackets, as in `always [madvise] never`.
  func choice(_ path: String, of choices: [String]) throws(Unseen) -> String {
    let text = try text(path)
    let chosen = text.split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("[") }
    guard chosen.count == 1, chosen[0].hasSuffix("]") else { throw nonsense(path, text) }
    let name = String(chosen[0].dropFirst().dropLast())
    guard choices.contains(name) else { throw nonsense(path, text) }
    return name
  }

  /// The only word in the file at `path`: a name as the kernel makes them.
  func name(_ path: String) throws(Unseen) -> String {
    let text = try text(path)
    let isName = text.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
    guard isName, !text.isEmpty else { throw nonsense(path, text) }
    return text
  }

  func exists(_ path: String) -> Bool { FileContent.exists(root + path) }

  /// The paths that `pattern` matches, in order.
  func matches(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(root + pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in
      found.gl_pathv[index].map { String(String(cString: $0).dropFirst(root.count)) }
    }
  }

  private func missing(_ path: String) -> Unseen {
    Unseen(reason: "\(path) is not to be seen here (\(String(cString: strerror(errno))))")
  }

  /// REQUIRES: `text` is what the file at `path` holds.
  func nonsense(_ path: String, _ text: String) -> Unseen {
    let shown = text.unicodeScalars.prefix(40).map { $0.isASCII && $0.value >= 32 ? $0 : "?" }
    var line = String.UnicodeScalarView()
    line.append(contentsOf: shown)
    return Unseen(reason: "\(path) holds '\(String(line))', which is not understood")
  }
}
