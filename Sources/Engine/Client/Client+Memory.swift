import Core

/// What a client costs.
extension Client {
  /// Bytes received and not yet run, large arguments among them.
  var queryByteCount: Int {
    query.count + (largeArgument?.count ?? 0) + blockByteCount + (transaction?.byteCount ?? 0)
  }

  private var blockByteCount: Int { blocks.reduce(0) { $0 + $1.count } }

  /// Memory of arguments that wait outside the query buffer.
  var argumentByteCount: Int {
    let views = (pending?.count ?? 0) * MemoryLayout<ByteView>.stride
    let large = (largeArgument?.allocatedByteCount ?? 0)
    return views + large + blocks.reduce(0) { $0 + $1.allocatedByteCount }
      + (blockedCall?.byteCount ?? 0)
  }

  /// Memory of MULTI's queue and of WATCH.
  var transactionByteCount: Int {
    (transaction?.byteCount ?? 0) + watchedHashes.count * MemoryLayout<UInt64>.stride
  }

  /// All memory that is there because of the client.
  var byteCount: Int {
    MemoryLayout<Client>.size + query.capacity + argumentByteCount + transactionByteCount
      + reply.allocatedByteCount + details.name.count + details.libraryName.count
      + details.libraryVersion.count
  }
}

/// The classes that limits and CLIENT LIST TYPE tell apart.
enum ClientType {
  case normal, replica, primary, subscriber

  /// The type called `word` in any case.
  init?(_ word: ByteView) {
    if word.isKeyword("normal") {
      self = .normal
    } else if word.isKeyword("slave") || word.isKeyword("replica") {
      self = .replica
    } else if word.isKeyword("master") || word.isKeyword("primary") {
      self = .primary
    } else if word.isKeyword("pubsub") {
      self = .subscriber
    } else {
      return nil
    }
  }
}

extension Client {
  /// Replicas, primaries and subscribers do not exist yet; who monitors is a normal client.
  var type: ClientType { .normal }
}
