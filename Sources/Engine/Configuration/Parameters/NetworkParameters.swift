/// Where the server listens and how it treats sockets.
extension Parameter {
  static let network: [Parameter] = [
    .integer(.port, 0...65_535, default: 6379, .effective),
    Parameter(.bind, .addresses, default: .addresses([Array("*".utf8), Array("-::*".utf8)]),
      .effective, [.multipleArguments]),
    .text(.unixsocket, default: "", .effective, [.immutable]),
    .octal(.unixsocketperm, 0...0o777, default: 0, .effective, [.immutable]),
    .integer(.tcpBacklog, 0...Bounds.int, default: 511, .effective, [.immutable]),
    .integer(.tcpKeepalive, 0...Bounds.int, default: 300, .effective),
    .integer(.timeout, 0...Bounds.int, default: 0, .effective),
    .boolean(.protectedMode, default: true, .effective),
    .text(.bindSourceAddr, default: "", .known),
    .integer(.socketMarkId, 0...Bounds.unsignedInt, default: 0, .known, [.immutable]),
    .integer(.ioThreads, 1...128, default: 1, .known, [.debug, .immutable]),
    .boolean(.ioThreadsDoReads, default: false, .known, [.debug, .immutable]),
    .integer(.clientDefaultResp, 2...3, default: 2, .known, [.immutable, .hidden]),
  ]
}
