import Core

extension Call {
  /// Replies with lines of help, each a simple string as Redis sends them.
  package func replyHelp(_ container: StaticString, _ lines: [String]) {
    let head = "\(container) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    reply.array(lines.count + 3)
    for line in [head] + lines + ["HELP", "    Prints this help."] {
      Array(line.utf8).withView { reply.simple($0) }
    }
  }
}
