import Core

extension Call {
  /// Replies with lines of help, each a simple string as Redis sends them.
  package func replyHelp(_ container: StaticString, _ lines: [StaticString]) {
    let head = "\(container) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    reply.array(lines.count + 3)
    Array(head.utf8).withView { reply.simple($0) }
    for line in lines { reply.simple(line) }
    reply.simple("HELP")
    reply.simple("    Print this help.")
  }
}
