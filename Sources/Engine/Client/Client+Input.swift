import CPrimitives
import Core

/// How bytes become requests: where they are read to, where they wait, what is left over.
extension Client {
  /// Where the next read is to put its bytes when not into the turn's shared buffer.
  package enum ReadTarget {
    case shared
    case own(UnsafeMutablePointer<UInt8>, Int)
  }

  /// Bytes read at once.
  package static let readByteCountMax = 64 * 1024

  /// Memory that a claimed length may reserve before the bytes arrive.
  private static let claimTrustedMax = 1024 * 1024

  /// REQUIRES: called outside a batch.
  package mutating func readTarget() -> ReadTarget {
    if var block = largeArgument {
      let needed = parser.bulkByteCount + 2
      if block.count == block.capacity { block.resize(to: min(needed, 2 * block.capacity)) }
      largeArgument = block
      return .own(block.bytes + block.count, block.capacity - block.count)
    }
    if query.isEmpty { return .shared }
    makeRoomInQuery(Self.readByteCountMax)
    guard let base = query.base else { return .shared }
    return .own(base + query.count, query.free)
  }

  private mutating func makeRoomInQuery(_ count: Int) {
    let old = query.base
    query.reserve(count)
    inputBase = query.base
    rebasePending(from: old, byteCount: query.count)
  }

  /// Points the views of an incomplete request to where the bytes have moved.
  private mutating func rebasePending(from old: UnsafeMutablePointer<UInt8>?, byteCount: Int) {
    guard let old, let base = query.base, base != old else { return }
    pending?.rebase(from: UnsafePointer(old), byteCount: byteCount, to: UnsafePointer(base))
  }

  /// `count` bytes have been read to `base`: the shared buffer, or where `readTarget` said.
  package mutating func didRead(_ base: UnsafeMutablePointer<UInt8>, _ count: Int) {
    details.netInputByteCount &+= UInt64(count)
    if let block = largeArgument {
      block.count += count
      if block.count == parser.bulkByteCount + 2 { finishLargeArgument() }
    } else if query.isEmpty {
      inputBase = base
      inputCount = count
      requestStart = 0
      scanPosition = 0
    } else {
      query.count += count
      inputBase = query.base
      inputCount = query.count
    }
  }

  private mutating func finishLargeArgument() {
    guard let block = largeArgument else { return }
    block.count -= 2
    blocks.append(block)
    pending?.append(block.view)
    parser.didReadBulk()
    largeArgument = nil
  }

  /// Cuts the next request; its arguments are appended to `arguments`.
  @inline(__always)
  mutating func parseNext(
    limits: RequestParser.Limits, into arguments: inout ArgumentList
  ) -> RequestParser.Outcome {
    guard let inputBase, inputCount > 0 || pending != nil else { return .incomplete }
    if pending != nil { return parsePending(limits: limits, into: &arguments) }
    let start = scanPosition
    let outcome = parser.parse(
      ByteView(inputBase, count: inputCount), &scanPosition, limits: limits, into: &arguments)
    // Behind requests that have not run, an empty one is parsed again if they have to wait.
    if case .empty = outcome, requestStart == start { requestStart = scanPosition }
    return outcome
  }

  /// Decodes the line of `byteCount` bytes before `scanPosition`, with its line end, into a block
  /// that lasts until the request has run. False when its quotes are not balanced.
  mutating func decodeInline(byteCount: Int, into arguments: inout ArgumentList) -> Bool {
    guard let inputBase else { return false }
    let line = ByteView(inputBase + (scanPosition - byteCount - 1), count: byteCount)
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    guard InlineArguments.split(line, into: &bytes, ranges: &ranges) else { return false }
    let block = bytes.withView { StringBlock(copying: $0) }
    blocks.append(block)
    for range in ranges {
      arguments.append(ByteView(block.bytes + range.lowerBound, count: range.count))
    }
    return true
  }

  /// Keeps a whole request that has to wait although its large arguments have left the input.
  mutating func keepWhole(_ request: UnsafeBufferPointer<ByteView>) {
    var list = ArgumentList(capacity: max(16, request.count))
    for argument in request { list.append(argument) }
    pending = list
  }

  @inline(never)
  private mutating func parsePending(
    limits: RequestParser.Limits, into arguments: inout ArgumentList
  ) -> RequestParser.Outcome {
    guard var list = pending, let inputBase else { return .incomplete }
    pending = nil
    var outcome = RequestParser.Outcome.request
    if parser.argumentsMissing > 0 {
      outcome = parser.parse(
        ByteView(inputBase, count: inputCount), &scanPosition, limits: limits, into: &list)
    }
    guard case .request = outcome else {
      pending = list
      return outcome
    }
    for index in 0..<list.count { arguments.append(list.base[index]) }
    list.destroy()
    return .request
  }

  /// Puts the parser back behind the last request that has run: what was parsed ahead is not to
  /// run now.
  mutating func rewindInput() {
    pending?.destroy()
    pending = nil
    parser.reset()
    scanPosition = requestStart
  }

  /// Keeps what has not run when the turn's buffer is about to be reused. `incomplete`: arguments
  /// that the parser found of a request that is not whole.
  mutating func keepLeftover(incomplete: UnsafeBufferPointer<ByteView>) {
    if !incomplete.isEmpty || (pending == nil && parser.argumentsMissing > 0) {
      var list = ArgumentList(capacity: max(16, incomplete.count))
      for argument in incomplete { list.append(argument) }
      pending = list
    }
    let old = inputBase
    if query.isEmpty {
      if let inputBase, requestStart < inputCount {
        query.append(ByteView(inputBase + requestStart, count: inputCount - requestStart))
      }
    } else {
      query.dropFirst(requestStart)
    }
    if let old, let base = query.base {
      pending?.rebase(
        from: UnsafePointer(old) + requestStart, byteCount: inputCount - requestStart,
        to: UnsafePointer(base))
    }
    scanPosition -= requestStart
    requestStart = 0
    inputBase = query.base
    inputCount = query.count
    if largeArgument == nil, parser.bulkByteCount >= RequestParser.largeArgumentByteCount {
      startLargeArgument()
    }
  }

  /// Moves what has arrived of a long bulk string into a block, where the rest is read directly.
  /// The block is as long as claimed only up to a bound; beyond it grows with what arrives.
  private mutating func startLargeArgument() {
    guard let base = query.base else { return }
    let needed = parser.bulkByteCount + 2
    let arrived = query.count - scanPosition
    let block = StringBlock(capacity: max(arrived, min(needed, Self.claimTrustedMax)))
    block.bytes.update(from: base + scanPosition, count: arrived)
    block.count = arrived
    largeArgument = block
    query.count = scanPosition
    inputCount = scanPosition
  }

  /// Frees the large arguments of the request that has run.
  mutating func releaseBlocks() {
    for block in blocks { block.free() }
    blocks.removeAll()
  }

  /// Makes the large argument that `view` shows the caller's own, if it is one.
  mutating func takeBlock(_ view: ByteView) -> StringBlock? {
    guard let index = blocks.firstIndex(where: { UnsafePointer($0.bytes) == view.base }) else {
      return nil
    }
    return blocks.remove(at: index)
  }

  /// Forgets all input: nothing more of this connection will run.
  mutating func discardInput() {
    query.removeAll()
    pending?.destroy()
    pending = nil
    largeArgument?.free()
    largeArgument = nil
    parser.reset()
    inputBase = nil
    inputCount = 0
    requestStart = 0
    scanPosition = 0
  }

  mutating func releaseBuffers() {
    discardInput()
    releaseBlocks()
    reply.removeAll()
    transaction?.destroy()
    transaction = nil
  }
}
