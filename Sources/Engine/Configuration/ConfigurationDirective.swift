/// Lines of `redis.conf` that are not parameters: they add to a list, and CONFIG GET knows none.
enum ConfigurationDirective {
  /// Names that CONFIG REWRITE keeps although they are not parameters.
  static let kept: Set<String> = ["include", "rename-command", "user", "loadmodule", "sentinel"]

  /// Parameters that Redis took once and ignores since.
  private static let ignored: Set<String> = [
    "list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands",
  ]

  /// Why the directive cannot be taken, or nil if it can be without doing anything.
  static func refusal(of name: String, _ words: [[UInt8]]) -> String? {
    switch name {
    case _ where ignored.contains(name) && words.count == 1: return nil
    case "rename-command" where words.count == 2:
      return isCommand(words[0]) ? unsupported(name) : "No such command in rename-command"
    case "user" where !words.isEmpty: return isDefaultUser(words) ? nil : unsupportedUser(words)
    case "loadmodule" where !words.isEmpty: return unsupported(name)
    case "sentinel": return "sentinel directive while not in sentinel mode"
    case _ where name.contains("."):
      return words.isEmpty ? "Module config specified without value" : unsupported(name)
    default: return "Bad directive or wrong number of arguments"
    }
  }

  private static func isCommand(_ word: [UInt8]) -> Bool {
    let name = String(decoding: ConfigurationText.lowercased(word), as: UTF8.self)
    return CommandTable.all.contains { $0.name.description == name }
  }

  private static func unsupported(_ name: String) -> String {
    "\(name) is not supported yet by this version of Apus"
  }

  /// CONFIG REWRITE of a Redis with a password writes it twice: as `requirepass`, and hashed here.
  private static func unsupportedUser(_ words: [[UInt8]]) -> String {
    guard words[0] == Array("default".utf8) else { return unsupported("user") }
    return unsupported("user") + "; delete the line, and give the password with requirepass"
  }

  /// Whether the line describes the user that everyone is anyway. CONFIG REWRITE of Redis adds
  /// that line to every file, so that refusing it would refuse those files.
  private static func isDefaultUser(_ words: [[UInt8]]) -> Bool {
    let words = words.map { String(decoding: $0, as: UTF8.self) }
    let rules = Set(words.dropFirst())
    let required: Set = ["on", "nopass", "~*", "+@all"]
    return words.first == "default" && rules.isSuperset(of: required)
      && rules.subtracting(required).isSubset(of: ["&*", "sanitize-payload"])
  }
}
