/// `proc-title-template`: text with variables in braces, `{{` for a brace.
package struct TitleTemplate {
  /// The variables, by the names Redis gave them.
  package enum Variable: String, CaseIterable {
    case title
    case listenAddress = "listen-addr"
    case serverMode = "server-mode"
    case port
    case tlsPort = "tls-port"
    case unixSocket = "unixsocket"
    case configFile = "config-file"
  }

  private enum Piece {
    case byte(UInt8)
    case variable(Variable)
  }

  private var pieces: [Piece] = []

  /// Nil if there is no template, a brace is not closed or a variable unknown.
  package init?(_ template: [UInt8]) {
    if template.isEmpty { return nil }
    let open = UInt8(ascii: "{")
    var rest = template[...]
    while let byte = rest.popFirst() {
      if byte != open {
        pieces.append(.byte(byte))
      } else if rest.first == open {
        rest.removeFirst()
        pieces.append(.byte(open))
      } else {
        guard let end = rest.firstIndex(of: UInt8(ascii: "}")),
          let variable = Variable(rawValue: String(decoding: rest[..<end], as: UTF8.self))
        else { return nil }
        pieces.append(.variable(variable))
        rest = rest[(end + 1)...]
      }
    }
  }

  /// The text with the variables' values, and no blanks at its ends.
  package func expanded(_ value: (Variable) -> String) -> String {
    var bytes: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .byte(let byte): bytes.append(byte)
      case .variable(let variable): bytes += value(variable).utf8
      }
    }
    return String(decoding: ConfigurationText.trimmed(bytes), as: UTF8.self)
  }
}
