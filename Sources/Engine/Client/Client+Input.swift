import CPrimitives
import Core

/// How bytes become requests: where they are read to, where they wait, what is left over.
extension Client {
  /// Where the next read is to put its bytes when not into the turn's shared buffer.
  package enum ReadTarget {
    /// Into the shared one, so many bytes at most.
    case shared(Int)
    case own(UnsafeMutablePointer<UInt8>, Int)
  }

  /// Bytes read at once.
  package static let readByteCountMax = 64 * 1024

  /// Bytes read at once from who has just sent a long argument: what arrives of the next one is
  /// copied from there, and what arrives later is not.
  private static let readByteCountBeforeLong = 4 * 1024

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
    if query.isEmpty {
      return .shared(sendsLong ? Self.readByteCountBeforeLong : Self.readByteCountMax)
    }
    makeRoomInQuery(Self.readByteCountMax)
    guard let base = query.base else { return .shared(Self.readByteCountMax) }
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

  /// `count` bytes have been read to `base` in the shared buffer.
  package mutating func didRead(_ base: UnsafeMutablePointer<UInt8>, _ count: Int) {
    details.netInputByteCount &+= UInt64(count)
    sendsLong = false
    if !flags.isDisjoint(with: [.closed, .closeAfterReply]) { return }
    if query.isEmpty, flags.isDisjoint(with: [.blocked, .throttled]) {
      inputBase = base
      inputCount = count
      requestStart = 0
      scanPosition = 0
    } else {
      keepUnparsed(ByteView(base, count: count))
    }
  }

  /// Nobody parses these bytes before the turn's buffer is used again.
  @inline(never)
  private mutating func keepUnparsed(_ bytes: ByteView) {
    makeRoomInQuery(bytes.count)
    query.append(bytes)
    inputCount = query.count
  }

  /// `count` bytes have been read to where `readTarget` said.
  package mutating func didReadIntoOwnTarget(_ count: Int) {
    details.netInputByteCount &+= UInt64(count)
    if let block = largeArgument {
      block.count += count
      if block.count == parser.bulkByteCount + 2 { finishLargeArgument() }
    } else if flags.isDisjoint(with: [.closed, .closeAfterReply]) {
      query.count += count
      inputCount = query.count
    }
  }

  @inline(never)
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
    switch outcome {
    case .request, .incomplete, .failure: return outcome
    case .empty:
      // Behind requests that have not run, an empty one is parsed again if they have to wait.
      if requestStart == start { requestStart = scanPosition }
      return outcome
    case .quotedInline(let byteCount):
      return decodeInline(byteCount, into: &arguments)
    }
  }

  /// Decodes the line with quotes that ends before `scanPosition` into a block, which lives as long
  /// as the large arguments of a request do.
  @inline(never)
  private mutating func decodeInline(
    _ byteCount: Int, into arguments: inout ArgumentList
  ) -> RequestParser.Outcome {
    guard let inputBase else { return .incomplete }
    let line = ByteView(inputBase + scanPosition - 1 - byteCount, count: byteCount)
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    guard InlineArguments.split(line, into: &bytes, ranges: &ranges) else {
      return .failure(.unbalancedQuotes, 0)
    }
    if ranges.isEmpty { return .empty }
    let block = bytes.withView { StringBlock(copying: $0) }
    blocks.append(block)
    for range in ranges {
      arguments.append(block.view.slice(range.lowerBound, range.upperBound))
    }
    return .request
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
    // Between requests everything that was parsed has run; empty requests do not count as run.
    if parser.argumentsMissing == 0, pending == nil { requestStart = scanPosition }
    if !incomplete.isEmpty || (pending == nil && parser.argumentsMissing > 0) {
      var list = ArgumentList(capacity: max(16, incomplete.count))
      for argument in incomplete { list.append(argument) }
      pending = list
    }
    if largeArgument == nil, parser.bulkByteCount >= RequestParser.largeArgumentByteCount {
      startLargeArgument()
    }
    let old = inputBase
    if query.isEmpty {
      if let inputBase, requestStart < inputCount {
        query.append(ByteView(inputBase + requestStart, count: inputCount - requestStart))
      }
    } else {
      query.dropFirst(requestStart)
    }
    // Only if they have moved: looking at all arguments after each read would be quadratic.
    if let old, let base = query.base, old + requestStart != base {
      pending?.rebase(
        from: UnsafePointer(old) + requestStart, byteCount: inputCount - requestStart,
        to: UnsafePointer(base))
    }
    scanPosition -= requestStart
    requestStart = 0
    inputBase = query.base
    inputCount = query.count
  }

  /// Moves what has arrived of a long bulk string into a block, where the rest is read directly.
  /// The block is as long as claimed only up to a bound; beyond it grows with what arrives.
  private mutating func startLargeArgument() {
    guard let inputBase else { return }
    sendsLong = true
    let needed = parser.bulkByteCount + 2
    let arrived = inputCount - scanPosition
    let block = StringBlock(capacity: max(arrived, min(needed, Self.claimTrustedMax)))
    block.bytes.update(from: inputBase + scanPosition, count: arrived)
    block.count = arrived
    largeArgument = block
    inputCount = scanPosition
    if !query.isEmpty { query.count = scanPosition }
  }

  /// Frees the large arguments of the request that has run.
  mutating func releaseBlocks() {
    for block in blocks { block.free() }
    blocks.removeAll()
  }

  /// Makes the large argument that `view` shows the caller's own, if it is one.
  @inline(never)
  mutating func takeBlock(_ view: ByteView) -> StringBlock? {
    // The length as well: the block of a decoded line holds several arguments.
    guard
      let index = blocks.firstIndex(where: {
        UnsafePointer($0.bytes) == view.base && $0.count == view.count
      })
    else { return nil }
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
