import Core

/// A command that is being appended to the stream, argument by argument, to its `end`.
///
/// Between its beginning and its end nothing may be looked up: that could expire a key, which is an
/// effect of its own.
struct LoggedEffect {
  private let stream: UnsafeMutablePointer<CommandStream>

  /// REQUIRES: the stream is on.
  init(_ name: StaticString, _ database: Database) {
    stream = database.stream
    stream.pointee.begin(ByteView(name), database.index)
  }

  @discardableResult
  func add(_ bytes: ByteView) -> LoggedEffect {
    stream.pointee.add(bytes)
    return self
  }

  @discardableResult
  func add(_ word: StaticString) -> LoggedEffect { add(ByteView(word)) }

  @discardableResult
  func add(_ number: Int64) -> LoggedEffect {
    stream.pointee.add(decimal: number)
    return self
  }

  @discardableResult
  func add(_ number: Int) -> LoggedEffect { add(Int64(number)) }

  @discardableResult
  func add(_ element: ListpackElement) -> LoggedEffect {
    switch element {
    case .bytes(let bytes): add(bytes)
    case .integer(let number): add(number)
    }
  }

  /// As many digits as it takes to read the same number back.
  @discardableResult
  func add(score: Double) -> LoggedEffect {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: FloatText.maximumCount) { text in
      guard let base = text.baseAddress else { return }
      add(ByteView(base, count: FloatText.write(score, to: base)))
    }
    return self
  }

  /// Arguments of the call that is logged.
  @discardableResult
  func add(_ call: Call, _ indexes: Range<Int>) -> LoggedEffect {
    for index in indexes { add(call[index]) }
    return self
  }

  func end() { stream.pointee.end() }
}

/// Any number of elements, as commands of a bounded number each: `SREM key element element ...`.
/// Does nothing while the stream is off.
struct LoggedBatches {
  private static var elementCountMax: Int { 1024 }

  private let name: StaticString
  private let key: ByteView
  private let database: Database
  private var effect: LoggedEffect?
  private var count = 0

  init(_ name: StaticString, _ key: ByteView, _ database: Database) {
    self.name = name
    self.key = key
    self.database = database
  }

  mutating func add(_ element: ListpackElement) { next()?.add(element) }

  mutating func add(_ element: ByteView) { next()?.add(element) }

  /// A member of a sorted set.
  mutating func add(_ member: ListpackElement, score: Double) {
    next()?.add(score: score).add(member)
  }

  private mutating func next() -> LoggedEffect? {
    guard database.isLogged else { return nil }
    if count == Self.elementCountMax { end() }
    if effect == nil { effect = LoggedEffect(name, database).add(key) }
    count += 1
    return effect
  }

  mutating func end() {
    effect?.end()
    effect = nil
    count = 0
  }
}

extension Database {
  @inline(__always)
  var stream: UnsafeMutablePointer<CommandStream> {
    keyspace.pointer(to: \.stream).unsafelyUnwrapped
  }

  @inline(__always)
  var isLogged: Bool { keyspace.pointee.stream.isOn }
}
