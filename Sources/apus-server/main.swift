import Core
import Engine
import Glibc
import Net

let port = CommandLine.arguments.dropFirst().first { $0 == "--port" } != nil
  ? Int(CommandLine.arguments.last ?? "6379") ?? 6379 : 6379
var generator = SystemRandomNumberGenerator()
let seed = (generator.next(), generator.next(), generator.next(), generator.next())
let server = Server.make(seedWords: seed, databaseCount: 16)
guard let loop = EventLoop.make(server: server) else { exit(1) }
if let message = loop.pointee.listen(address: "127.0.0.1", port: port, backlog: 511) {
  print("Could not create server TCP listening socket 127.0.0.1:\(port): bind: \(message)")
  exit(1)
}
print("Ready to accept connections tcp")
loop.pointee.run()
