import Core
import Engine

/// Lines of a configuration split as inline requests do, quoting is undone by splitting, and
/// loading the same text twice gives the same values. No file is touched.
enum ConfigurationFuzzer {
  static func check(_ input: [UInt8]) -> String? {
    var kept: [UInt8] = []
    for line in input.split(separator: 0x0a) {
      let bytes = Array(line)
      let words = ConfigurationText.words(of: bytes)
      if words != inlineWords(bytes) { return "inline words differ: \(bytes)" }
      for word in words ?? [] {
        if let failure = checkQuoting(word) { return failure }
      }
      guard let name = words?.first.map(ConfigurationText.lowercased) else { continue }
      // These open files.
      if ["include", "logfile"].contains(String(decoding: name, as: UTF8.self)) { continue }
      kept += bytes + [0x0a]
    }
    return load(kept) == load(kept) ? nil : "loaded twice: differs"
  }

  private static func inlineWords(_ line: [UInt8]) -> [[UInt8]]? {
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    guard line.withView({ InlineArguments.split($0, into: &bytes, ranges: &ranges) }) else {
      return nil
    }
    return ranges.map { Array(bytes[$0]) }
  }

  private static func checkQuoting(_ word: [UInt8]) -> String? {
    var quoted: [UInt8] = []
    word.withView { Quoting.append($0, to: &quoted) }
    #if APUS_PLANTED_BUG
      if word.contains(0x7f) { quoted = [0x22] + word + [0x21] }
    #endif
    if quoted != ConfigurationText.quoted(word) { return "quoted in two ways: \(word)" }
    return ConfigurationText.words(of: quoted) == [word] ? nil : "quoting lost: \(word)"
  }

  /// Every value after loading, or the failure, as text.
  private static func load(_ text: [UInt8]) -> [String] {
    var path = Array("/".utf8)
    let directory = WorkingDirectory(
      change: {
        path = $0
        return nil
      }, current: { path })
    let configuration = Configuration(directory: directory)
    var shown: [String] = []
    do throws(ConfigurationFailure) {
      try ConfigurationLoader(into: configuration).load(file: nil, input: text)
    } catch {
      shown.append(error.report ?? error.logLine ?? "")
    }
    for (name, value) in configuration.matching([Array("*".utf8)]) {
      shown.append("\(name) \(value)")
    }
    return shown
  }
}
