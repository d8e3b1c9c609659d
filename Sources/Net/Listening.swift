import CNet
import Core
import Engine
import Glibc

/// A place where peers connect.
struct Listener {
  let handle: OpaquePointer
  let place: ListeningPlace
}

enum ListeningPlace: Hashable {
  case tcp(address: String, port: Int)
  case unix(path: String)

  /// The word behind `Ready to accept connections`.
  var name: String {
    switch self {
    case .tcp: "tcp"
    case .unix: "unix"
    }
  }
}

/// Listening where the configuration says.
extension EventLoop {
  /// Listens on every address of `bind` at `port`, and nowhere else by TCP. Nil; or the reason of
  /// the first failure that counts, when it goes on listening where it did. Failures are logged.
  package mutating func listen() -> String? {
    let wanted = wantedPlaces
    let old = listeners.filter { if case .tcp = $0.place { true } else { false } }
    let kept = Set(old.map(\.place)).intersection(wanted.map(\.place))
    let leaving = old.filter { !kept.contains($0.place) }
    let missing = wanted.filter { !kept.contains($0.place) }
    if missing.isEmpty {
      close(leaving)
      return nil
    }
    // First beside the old places, which loses no peer that waits there. Where both cannot be at
    // once, as with an address and the wildcard at one port, the old ones go first.
    let isExclusive = leaving.contains { old in missing.contains { overlaps(old.place, $0.place) } }
    if isExclusive { close(leaving) }
    if let reason = open(missing) {
      if isExclusive { _ = open(leaving.map { ($0.place, false) }) }
      return reason
    }
    if !isExclusive { close(leaving) }
    return nil
  }

  /// The places of the configuration; those with a minus in front need not exist.
  private var wantedPlaces: [(place: ListeningPlace, isOptional: Bool)] {
    let configuration = server.pointee.configuration
    let port = configuration.integer(.port)
    if port == 0 { return [] }
    return configuration.bindAddresses.compactMap { address in
      let isOptional = address.hasPrefix("-")
      let address = isOptional ? String(address.dropFirst()) : address
      return address.isEmpty ? nil : (.tcp(address: address, port: port), isOptional)
    }
  }

  private func overlaps(_ left: ListeningPlace, _ right: ListeningPlace) -> Bool {
    guard case .tcp(_, let leftPort) = left, case .tcp(_, let rightPort) = right else {
      return false
    }
    return leftPort == rightPort
  }

  /// Opens all of `places`, or none.
  private mutating func open(
    _ places: [(place: ListeningPlace, isOptional: Bool)]
  ) -> String? {
    var opened: [Listener] = []
    for (place, isOptional) in places {
      switch open(place) {
      case .success(let listener): opened.append(listener)
      case .failure(let failure):
        if isOptional && failure.isMissingAddress || failure.isMissingProtocol { continue }
        for listener in opened { apus_listener_close(listener.handle) }
        return failure.text
      }
    }
    listeners += opened
    return nil
  }

  private func open(_ place: ListeningPlace) -> Result<Listener, NetworkFailure> {
    var handle: OpaquePointer?
    let configuration = server.pointee.configuration
    let backlog = Int32(clamping: configuration.integer(.tcpBacklog))
    let status: Int32
    switch place {
    case .tcp(let address, let port):
      let literal = address == "*" ? "0.0.0.0" : address == "::*" ? "::" : address
      status = apus_listener_open_tcp(loop, literal, Int32(port), backlog, &handle)
    case .unix(let path):
      let permissions = UInt32(clamping: configuration.integer(.unixsocketperm))
      status = apus_listener_open_unix(loop, path, permissions, backlog, &handle)
    }
    if status == 0, let handle { return .success(Listener(handle: handle, place: place)) }
    let failure = NetworkFailure(status: status)
    if case .tcp(let address, let port) = place {
      server.pointee.log.warning(
        "Warning: Could not create server TCP listening socket \(address):\(port):"
          + " bind: \(failure.text)")
    } else if case .unix(let path) = place {
      server.pointee.log.warning("Failed opening Unix socket \(path): bind: \(failure.text)")
    }
    return .failure(failure)
  }

  private mutating func close(_ leaving: [Listener]) {
    let places = Set(leaving.map(\.place))
    for listener in leaving { apus_listener_close(listener.handle) }
    listeners.removeAll { places.contains($0.place) }
  }

  /// Listens on the Unix socket, if one is configured: nil, or the reason why not.
  package mutating func listenOnUnixSocket() -> String? {
    let path = server.pointee.configuration.text(.unixsocket)
    if path.isEmpty { return nil }
    // What an earlier server left behind: nobody listens there, or it could not be bound anyway.
    unlink(path)
    return open([(.unix(path: path), false)])
  }

  /// What kinds of peers can connect, each once.
  package var listenerKinds: [String] {
    var kinds: [String] = []
    for listener in listeners where !kinds.contains(listener.place.name) {
      kinds.append(listener.place.name)
    }
    return kinds
  }
}

/// Why the network refused something: the system's number and words.
struct NetworkFailure: Error {
  let status: Int32

  /// Numbers below the system's are those of name resolution.
  var text: String {
    status > -2000 ? String(cString: strerror(-status)) : String(cString: apus_net_error(status))
  }

  var isMissingAddress: Bool { status == -EADDRNOTAVAIL }

  /// This machine does not speak it at all, such as IPv6.
  var isMissingProtocol: Bool {
    [ENOPROTOOPT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EPFNOSUPPORT, EAFNOSUPPORT].contains(-status)
  }
}
