import Engine
import Glibc
import Net

/// A whole server with its loop on a thread of its own and sockets on the loopback interface.
///
/// Everything of the engine belongs to that thread once it runs; tests speak to it by sockets only.
final class LoopServer {
  let port: Int
  let socketPath: String
  private var thread = pthread_t()
  /// The connection that ends the server: made first, so that no limit can refuse it.
  private var control: SocketClient?

  /// Sets up a server with these parameters; `prepare` may touch it before the loop runs.
  init(
    _ parameters: [(ParameterID, ParameterValue)] = [],
    prepare: (UnsafeMutablePointer<Server>) -> Void = { _ in }
  ) throws {
    // As the executable does at start.
    signal(SIGPIPE, SIG_IGN)
    let configuration = Configuration()
    socketPath = "/tmp/apus-net-\(Randomness.identity()).sock"
    configuration.adopt(.bind, .addresses([Array("127.0.0.1".utf8)]))
    configuration.adopt(.unixsocket, .text(Array(socketPath.utf8)))
    configuration.adopt(.loglevel, .choice("nothing"))
    configuration.adopt(.enableDebugCommand, .choice("yes"))
    for (id, value) in parameters { configuration.adopt(id, value) }
    var random = SystemRandomNumberGenerator()
    let server = Server.make(
      seedWords: (random.next(), random.next(), random.next(), random.next()),
      databaseCount: 16, configuration: configuration)
    server.pointee.adoptConfiguration()
    guard let loop = EventLoop.make(server: server) else { throw SocketError(of: "loop") }
    port = try Self.listen(loop, configuration)
    if let reason = loop.pointee.listenOnUnixSocket() { throw SocketError(of: reason) }
    server.pointee.host.exit = { _ in loop.pointee.stop() }
    prepare(server)
    loop.pointee.startTicking()
    let context = UnsafeMutableRawPointer(loop)
    pthread_create(&thread, nil, { context in
      context?.assumingMemoryBound(to: EventLoop.self).pointee.run()
      return nil
    }, context)
    control = try connect()
    _ = try control?.ask("PING", reply: "+PONG\r\n")
  }

  /// Takes a free port.
  private static func listen(
    _ loop: UnsafeMutablePointer<EventLoop>, _ configuration: Configuration
  ) throws -> Int {
    for _ in 0..<50 {
      let port = Int.random(in: 20_000..<32_000)
      configuration.adopt(.port, .integer(Int128(port)))
      if loop.pointee.listen() == nil { return port }
    }
    throw SocketError(of: "listen")
  }

  func connect() throws -> SocketClient { try SocketClient(port: port) }

  /// Ends the loop. Its memory stays: one server for each test is little.
  deinit {
    if let control, (try? control.send("SHUTDOWN NOSAVE\r\n")) != nil { pthread_join(thread, nil) }
    unlink(socketPath)
  }
}
