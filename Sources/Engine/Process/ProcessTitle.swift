import CProcess

/// The text that `ps` shows for the server and its children.
package struct ProcessTitle {
  private let configuration: Configuration
  /// The program as it was called, and the server's mode.
  private let program: String
  private let mode: String

  /// `mode` is "", "[cluster]" or "[sentinel]".
  package init(_ configuration: Configuration, program: String, mode: String = "") {
    self.configuration = configuration
    self.program = program
    self.mode = mode
  }

  /// Makes room for titles. To be called first in `main`, before anything keeps a pointer to the
  /// arguments or the environment.
  package static func prepare() { apus_process_title_prepare() }

  /// Shows the title if `set-proc-title` wants it; a child gives its own name.
  package func show(as name: String? = nil) {
    guard configuration.boolean(.setProcTitle), let text = text(as: name) else { return }
    apus_process_title_set(text)
  }

  /// The template with its variables, or nil if it cannot be read.
  func text(as name: String? = nil) -> String? {
    TitleTemplate(configuration.bytes(.procTitleTemplate))?.expanded { variable in
      switch variable {
      case .title: name ?? program
      case .listenAddress: listenAddress
      case .serverMode: mode
      case .port: String(configuration.integer(.port))
      case .tlsPort: String(configuration.integer(.tlsPort))
      case .unixSocket: configuration.text(.unixsocket)
      case .configFile: configuration.file ?? ""
      }
    }
  }

  /// The first address and the port, or the Unix socket where there is no port.
  private var listenAddress: String {
    let port = configuration.integer(.port)
    if port == 0, !configuration.bytes(.unixsocket).isEmpty {
      return "unixsocket:\(configuration.text(.unixsocket))"
    }
    return "\(configuration.bindAddresses.first ?? "*"):\(port)"
  }
}
