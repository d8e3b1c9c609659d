/// When the next fsync of `always` begins: so late that it serves many, and so early that nobody
/// waits for others who do not come.
///
///     fsync ends ─► engine answers 50 ─► they ask again, one after the other ─► all wait ─► fsync
///                                                      └─ or none has come for a while ─┘
///
/// An fsync that begins with the first who comes serves him alone, and all others wait for the
/// next: of fifty clients two groups form, each of which waits for the other's fsync. Those who
/// were answered last usually ask again at once. So the writer waits until as many wait as did
/// then; but no longer than a quarter of an fsync after the last who came, and twice an fsync in
/// all. A client that is alone never waits: nobody else is expected.
///
/// Where an fsync is short, two groups are better: while the one's is under way the engine serves
/// the other, and nobody stands still. That is so as long as two fsyncs take no longer than serving
/// all of them does.
struct AOFGathering {
  /// The fsync before: when it ended and how long it took, in monotonic nanoseconds.
  private var endedAt: UInt64 = 0
  private var duration: UInt64 = 0
  /// When the last came, as far as is known.
  private var arrivedAt: UInt64 = 0
  private var seenOffset: UInt64 = 0

  private static let durationMax: UInt64 = 20_000_000
  private static let quietMin: UInt64 = 20_000
  /// What a client's turn takes, from one request to the next, in the engine and the system: an
  /// estimate for today's machines.
  private static let turnNanoseconds: UInt64 = 13_000

  mutating func didSynchronize(from start: UInt64, to end: UInt64) {
    endedAt = end
    arrivedAt = end
    duration = min(end - start, Self.durationMax)
  }

  /// Until when to wait for others; nil: not at all. `published` is how much of the log there is.
  mutating func deadline(
    now: UInt64, published: UInt64, _ waiting: AOFWaiting, isAcknowledged: Bool
  ) -> UInt64? {
    if waiting.expectedCount <= 1 { return nil }
    if 2 * duration < waiting.expectedCount * Self.turnNanoseconds { return nil }
    if isAcknowledged, waiting.count >= waiting.expectedCount { return nil }
    // While the engine answers, nobody can ask again.
    if !isAcknowledged || published != seenOffset { arrivedAt = now }
    seenOffset = published
    let deadline = min(arrivedAt + max(duration / 4, Self.quietMin), endedAt + 2 * duration)
    return now < deadline ? deadline : nil
  }
}

/// Who waits for the log.
struct AOFWaiting {
  var count: UInt64
  /// How many did when the last were answered.
  var expectedCount: UInt64
}
