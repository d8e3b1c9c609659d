import Core

/// A sorted set in whichever of its two forms: what the commands on sorted sets work with.
///
///     listpack    few short members                              `SortedListpack`
///     scoreTree   everything else                                `SortedSet`
///
/// Adding converts upwards where Redis 7.2 does, which shows in OBJECT ENCODING and in files;
/// removing never converts back. Every kind of range is turned into ranks, so that there is one
/// way to walk, count and remove one (`SortedSetValue+Ranges.swift`).
///
/// A value of two words beside the keyspace's pointer: the form and its payload, as the key's entry
/// holds them. It belongs to no key; changes are made to the copy, `Database.put` writes them into
/// the entry.
///
/// Invariants: a sorted set that is a key's is not empty.
/// Ownership: a key's belongs to the key's entry; who makes one puts it into a key or calls `free`.
/// Lifetime: a change INVALIDATES other copies of the value and elements' bytes; looking other keys
/// up does not, even if they expire.
///
/// Complexity: that of the form.
struct SortedSetValue: CollectionValue {
  /// A member: an integer of a listpack, or bytes.
  typealias Element = ListpackElement

  static var type: ValueType { .sortedSet }

  private(set) var encoding: Encoding
  private(set) var payload: UInt64
  let keyspace: UnsafeMutablePointer<KeyspaceState>

  @inline(__always)
  init(
    _ encoding: Encoding, _ payload: UInt64, _ keyspace: UnsafeMutablePointer<KeyspaceState>
  ) {
    self.encoding = encoding
    self.payload = payload
    self.keyspace = keyspace
  }

  // MARK: Forms

  @inline(__always)
  var isSmall: Bool { encoding == .listpack }

  @inline(__always)
  var small: SortedListpack { SortedListpack(Listpack(payload: payload)) }

  @inline(__always)
  var large: SortedSet { SortedSet(payload: payload) }

  @inline(__always)
  var tables: TableContext { keyspace.pointee.tables }

  private var limits: CollectionLimits.ListpackLimits {
    keyspace.pointee.collectionLimits.sortedSet
  }

  /// To be called before so many members are given: as in 7.2, more than a small set may have make
  /// it a large one, even if they turn out to be there already.
  mutating func prepare(forAdding count: Int) {
    if isSmall, count > limits.countMax { becomeLarge() }
  }

  private mutating func didChange(_ small: SortedListpack) { payload = small.listpack.payload }

  func free() {
    if isSmall { small.listpack.free() } else { large.free { Allocation.free($0, $1) } }
  }

  // MARK: Making

  /// The empty set that a command begins with which adds `count` members, `first` before others.
  static func forAdding(
    _ first: ByteView, count: Int, _ keyspace: UnsafeMutablePointer<KeyspaceState>
  ) -> SortedSetValue {
    let limits = keyspace.pointee.collectionLimits.sortedSet
    if count <= limits.countMax, first.count <= limits.elementByteCountMax {
      return SortedSetValue(.listpack, Listpack().payload, keyspace)
    }
    let set = SortedSet(capacity: count, keyspace.pointee.tables)
    return SortedSetValue(.scoreTree, set.payload, keyspace)
  }

  /// What a builder has collected and sorted. CONSUMES `builder`.
  init(_ builder: SortedSetBuilder, _ keyspace: UnsafeMutablePointer<KeyspaceState>) {
    let limits = keyspace.pointee.collectionLimits.sortedSet
    if builder.count <= limits.countMax, builder.longestByteCount <= limits.elementByteCountMax {
      self.init(.listpack, builder.makeListpack().payload, keyspace)
    } else {
      self.init(.scoreTree, builder.makeSet().payload, keyspace)
    }
  }

  // MARK: Looking

  var count: Int {
    @inline(__always) get { isSmall ? small.count : large.count }
  }

  func score(_ member: ByteView) -> Double? { score(member, tables.hash(member)) }

  /// The same for a member whose hash is known.
  @inline(__always)
  func score(_ member: ByteView, _ hash: @autoclosure () -> UInt64) -> Double? {
    if isSmall { return small.find(member).map(small.score) }
    return large.find(member, hash()).map { large.member($0).score }
  }

  /// How many members come before this one, and its score; nil when it is not there.
  @inline(__always)
  func rank(
    _ member: ByteView, _ hash: @autoclosure () -> UInt64
  ) -> (rank: Int, score: Double)? {
    if isSmall {
      guard let pair = small.find(member) else { return nil }
      return (small.rank(pair), small.score(pair))
    }
    guard let slot = large.find(member, hash()) else { return nil }
    let score = large.member(slot).score
    return (large.tree.rank(score, member), score)
  }

  // MARK: Adding

  /// What ZADD is told about members.
  struct AddOptions: OptionSet {
    let rawValue: UInt8
    /// Only members that are not there.
    static let onlyNew = AddOptions(rawValue: 1)
    /// Only members that are there.
    static let onlyExisting = AddOptions(rawValue: 2)
    /// Only scores that rise.
    static let onlyGreater = AddOptions(rawValue: 4)
    /// Only scores that fall.
    static let onlyLess = AddOptions(rawValue: 8)
    /// The score is added to the old one.
    static let increments = AddOptions(rawValue: 16)
  }

  enum AddOutcome {
    case added(Double)
    case updated(Double)
    /// The score that it has already.
    case same(Double)
    /// The options forbid it.
    case refused
    /// Infinities that cancel out.
    case notANumber
  }

  /// Adds a member or changes its score. REQUIRES: `score` is a number.
  @inline(__always)
  mutating func add(
    _ member: ByteView, _ hash: @autoclosure () -> UInt64, _ score: Double, _ options: AddOptions
  ) -> AddOutcome {
    if isSmall, let outcome = addToSmall(member, score, options) { return outcome }
    let hash = hash()
    guard let slot = large.find(member, hash) else {
      if options.contains(.onlyExisting) { return .refused }
      large.insert(member, hash, score: score, tables)
      return .added(score)
    }
    let record = large.member(slot)
    let outcome = Self.change(of: record.score, score, options)
    if case .updated(let new) = outcome { large.setScore(record, new) }
    return outcome
  }

  /// Nil if the set has become a large one instead, to which the member is still to be added.
  @inline(never)
  private mutating func addToSmall(
    _ member: ByteView, _ score: Double, _ options: AddOptions
  ) -> AddOutcome? {
    var set = small
    if let pair = set.find(member) {
      let outcome = Self.change(of: set.score(pair), score, options)
      if case .updated(let new) = outcome { set.setScore(pair, member, new) }
      didChange(set)
      return outcome
    }
    if options.contains(.onlyExisting) { return .refused }
    guard set.count < limits.countMax, member.count <= limits.elementByteCountMax,
      set.hasRoom(for: member.count)
    else {
      becomeLarge()
      return nil
    }
    set.insert(member, score: score)
    didChange(set)
    return .added(score)
  }

  /// What happens to a score by the options.
  @inline(__always)
  private static func change(
    of old: Double, _ score: Double, _ options: AddOptions
  ) -> AddOutcome {
    if options.contains(.onlyNew) { return .refused }
    let new = options.contains(.increments) ? old + score : score
    if new.isNaN { return .notANumber }
    if options.contains(.onlyGreater), new <= old { return .refused }
    if options.contains(.onlyLess), new >= old { return .refused }
    return new == old ? .same(new) : .updated(new)
  }

  /// Makes a listpack a score tree.
  @inline(never)
  private mutating func becomeLarge() {
    let old = small
    var pair = old.seek(0)
    let set = SortedSet(count: old.count, tables) {
      // There are as many pairs as members.
      let current = pair.unsafelyUnwrapped
      pair = old.next(current)
      return old.member(current).withText { ScoredMember.make($0, score: old.score(current)) }
    }
    old.listpack.free()
    encoding = .scoreTree
    payload = set.payload
  }

  // MARK: Removing

  /// Takes a member out; false when it is not there. The set may be empty then.
  mutating func remove(_ member: ByteView, _ hash: @autoclosure () -> UInt64) -> Bool {
    if isSmall {
      var set = small
      guard let pair = set.find(member) else { return false }
      set.remove(pair)
      didChange(set)
      return true
    }
    guard let slot = large.find(member, hash()) else { return false }
    large.remove(slot)
    return true
  }

  /// Removes the members of these ranks, which exist. The set may be empty then.
  mutating func remove(ranks: Range<Int>) {
    if !isSmall { return large.remove(ranks: ranks, tables) }
    var set = small
    set.remove(ranks: ranks)
    didChange(set)
  }
}

/// Sorted sets as keys hold them.
extension Database {
  @inline(__always)
  func sortedSet(_ slot: Slot) -> SortedSetValue {
    SortedSetValue(slot.entry.encoding, slot.entry.payload, keyspace)
  }

  /// The sorted set to read, counting a hit or a miss; nil if the key does not exist.
  @inline(__always)
  func readSortedSet(_ key: Key) throws(CommandError) -> SortedSetValue? {
    try read(key, as: .sortedSet).map { sortedSet($0) }
  }
}
