import CAlloc
import Glibc

/// What the server says about itself: on `--version`, on `--help` and at start.
package enum Banner {
  /// The line of `--version`, with the fields that programs look for in Redis'.
  package static var version: String {
    let allocator = String(cString: apus_alloc_name())
    return "Apus server v=\(Version.apus) sha=\(Version.commit):0 malloc=\(allocator)"
      + " bits=\(Int.bitWidth) build=\(Version.build)"
  }

  package static func usage(_ program: String) -> String {
    """
    Usage: \(program) [/path/to/redis.conf] [options] [-]
           \(program) - (read config from stdin)
           \(program) -v or --version
           \(program) -h or --help
           \(program) --check-system [/path/to/redis.conf] [options] [-]

    Examples:
           \(program) (run the server with default conf)
           echo 'maxclients 128' | \(program) -
           \(program) /etc/redis/6379.conf
           \(program) --port 7777
           \(program) /etc/myredis.conf --loglevel verbose -
           \(program) /etc/myredis.conf --loglevel verbose


    """
  }

  /// Whether to draw the logo: asked to, or a person sits at a terminal.
  package static func showsLogo(_ configuration: Configuration) -> Bool {
    if configuration.boolean(.alwaysShowLogo) { return true }
    return !configuration.boolean(.daemonize) && !configuration.boolean(.syslogEnabled)
      && configuration.bytes(.logfile).isEmpty && isatty(STDOUT_FILENO) == 1
  }

  /// The logo. Test suites wait for its ` PID: ` to learn that their server is the one running.
  package static func logo(_ configuration: Configuration) -> String {
    let port = configuration.integer(.port)
    let place = port == 0 ? configuration.text(.unixsocket) : String(port)
    return """

                \\  \\                    /  /
                 \\  `-._            _.-'  /         Apus \(Version.apus) \(Int.bitWidth) bit
                  `-._  `-._    _.-'  _.-'
                      `-._  `--'  _.-'              Running in standalone mode
                          `-.  .-'                  Port: \(place)
                             \\/                      PID: \(getpid())


      """
  }

  /// The lines that start the log, as in Redis.
  package static var start: [String] {
    [
      "oO0OoO0OoO0Oo Apus is starting oO0OoO0OoO0Oo",
      "Apus version=\(Version.apus), bits=\(Int.bitWidth), commit=\(Version.commit), modified=0,"
        + " pid=\(getpid()), just started",
    ]
  }

  /// What was configured, or that nothing was.
  package static func loaded(hasArguments: Bool) -> String {
    if hasArguments { return "Configuration loaded" }
    return "Warning: no config file specified, using the default config. In order to specify a"
      + " config file use \(ProcessMeasures.executable) /path/to/redis.conf"
  }

  /// The line that follows once everything is set up; programs wait for it.
  package static let initialized = "Server initialized"
}
