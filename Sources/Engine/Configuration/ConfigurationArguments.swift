/// The command line as configuration: a file, perhaps standard input, and options that are turned
/// into the lines they stand for.
package struct ConfigurationArguments: Equatable {
  /// The first argument, unless it starts with a dash. An empty one, as a script's unset variable
  /// leaves it, is no file.
  package var file: [UInt8]?
  /// A lone dash as first or last argument.
  package var readsStandardInput = false
  /// One line for each option.
  package var options: [UInt8] = []

  /// REQUIRES: `arguments` are those after the program's name.
  package init(_ arguments: [[UInt8]]) {
    var first = 0
    if let argument = arguments.first, argument.first != UInt8(ascii: "-") {
      file = argument.isEmpty ? nil : argument
      first = 1
    }
    var lines = OptionLines()
    for index in first..<max(first, arguments.count) {
      let argument = arguments[index]
      if argument == [UInt8(ascii: "-")], index == 0 || index == arguments.count - 1 {
        readsStandardInput = true
      } else {
        lines.add(argument, next: index + 1 < arguments.count ? arguments[index + 1] : nil)
      }
    }
    options = lines.text
  }
}

/// Options in the course of becoming lines. An argument with two dashes starts a line only if the
/// option before it has its value: `--port --bla` gives `port` the value `--bla`.
private struct OptionLines {
  var text: [UInt8] = []
  private var hasValue = true

  mutating func add(_ argument: [UInt8], next: [UInt8]?) {
    guard hasValue, Self.isOption(argument) else {
      text += ConfigurationText.quoted(argument) + " ".utf8
      hasValue = true
      return
    }
    if !text.isEmpty { text.append(0x0a) }
    text += argument.dropFirst(2) + " ".utf8
    hasValue = ConfigurationText.words(of: argument)?.count != 1
    // A list of save points that is put together by a program may be empty.
    let isEmptySave =
      !hasValue && ConfigurationText.lowercased(argument) == Array("--save".utf8)
      && (next.map(Self.isOption) ?? true)
    if isEmptySave {
      text += "\"\"".utf8
      hasValue = true
    }
  }

  private static func isOption(_ argument: [UInt8]) -> Bool {
    argument.starts(with: "--".utf8)
  }
}
