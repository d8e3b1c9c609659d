import CProcess
import Engine
import Glibc
import Net

/// From a configuration to a server that accepts connections, step by step as Redis does it, and
/// with the log lines that programs wait for.
struct Startup {
  let configuration: Configuration
  let log: Log
  private let title: ProcessTitle
  private let supervision: Supervision
  private let isInBackground: Bool

  /// Goes to the background if asked to: nothing that has threads or sockets may exist yet.
  init(_ configuration: Configuration, _ log: Log) {
    self.configuration = configuration
    self.log = log
    title = ProcessTitle(configuration, program: CommandLine.arguments.first ?? "apus-server")
    log.configure(configuration)
    supervision = Supervision.detect(configuration, log)
    // Whoever supervises the process wants to see it.
    isInBackground = configuration.boolean(.daemonize) && supervision == .none
    if isInBackground, let reason = Daemon.enter() {
      log.warning("Could not go to the background: \(reason)")
    }
  }

  /// Sets everything up and serves until the process ends.
  func run() {
    for line in Banner.start { log.notice(line) }
    let loaded = Banner.loaded(hasArguments: CommandLine.argc > 1)
    log.write(CommandLine.argc > 1 ? .notice : .warning, loaded)
    supervision.begin(log)
    apus_signals_install()
    guard OpenFiles.adjust(configuration, log) else { exit(1) }
    let server = makeServer()
    guard let loop = EventLoop.make(server: server) else {
      log.warning("Failed creating the event loop. Error message: '\(lastError)'")
      exit(1)
    }
    let pidFile = PidFile(configuration, isInBackground: isInBackground)
    server.pointee.host.exit = { end(pidFile, $0) }
    server.pointee.host.showTitle = { [title] in title.show() }
    server.pointee.host.showChildTitle = { [title] in title.show(as: $0) }
    server.pointee.files = FileSystem()
    server.pointee.host.fork = { apus_process_fork() }
    server.pointee.host.didLoad = { isWhole in
      if !isWhole { exit(1) }
      serve(server, loop)
    }
    pidFile.write(log)
    title.show()
    showLogo()
    listen(loop)
    log.notice(Banner.initialized)
    warn()
    guard server.pointee.startPersistence() else { exit(1) }
    server.pointee.startScoring()
    loop.pointee.startTicking()
    server.pointee.didSetUp()
    if !server.pointee.isLoading { serve(server, loop) }
    loop.pointee.run()
  }

  /// The data set is there: says so to who waits for it.
  private func serve(
    _ server: UnsafeMutablePointer<Server>, _ loop: UnsafeMutablePointer<EventLoop>
  ) {
    for kind in loop.pointee.listenerKinds { log.notice("Ready to accept connections \(kind)") }
    supervision.ready()
  }

  private var lastError: String { String(cString: strerror(errno)) }

  private func makeServer() -> UnsafeMutablePointer<Server> {
    var random = SystemRandomNumberGenerator()
    let server = Server.make(
      seedWords: (random.next(), random.next(), random.next(), random.next()),
      databaseCount: configuration.integer(.databases), configuration: configuration, log: log)
    server.pointee.adoptConfiguration()
    CrashSections.watch(server)
    if !CrashSections.install(configuration) {
      log.warning("Could not install the handlers that report a crash: \(lastError)")
    }
    log.role = .primary
    return server
  }

  /// Test suites look for the process id in the logo; everyone else gets a line.
  private func showLogo() {
    if Banner.showsLogo(configuration) {
      log.writeRaw(.notice, Banner.logo(configuration))
    } else {
      log.notice("Running mode=standalone, port=\(configuration.integer(.port)).")
    }
  }

  private func listen(_ loop: UnsafeMutablePointer<EventLoop>) {
    if loop.pointee.listen() != nil {
      log.warning("Failed listening on port \(configuration.integer(.port)) (tcp), aborting.")
      exit(1)
    }
    if loop.pointee.listenOnUnixSocket() != nil {
      log.warning("Failed listening on port 0 (unix), aborting.")
      exit(1)
    }
    if loop.pointee.listenerKinds.isEmpty {
      log.warning("Configured to not listen anywhere, exiting.")
      exit(1)
    }
  }

  private func warn() {
    for warning in SystemChecks.warnings(configuration) { log.warning(warning) }
    for announcement in configuration.announcements { log.warning(announcement) }
  }

  /// The end in order: nothing of ours stays behind.
  private func end(_ pidFile: PidFile, _ code: Int32) {
    pidFile.remove(log)
    let path = configuration.text(.unixsocket)
    if !path.isEmpty {
      log.notice("Removing the unix socket file.")
      unlink(path)
    }
    log.notice("\(Version.name) is now ready to exit, bye bye...")
    exit(code)
  }
}
