/// Which field of a hash expires first: the records that have a deadline, as a heap of four
/// children each.
///
///     items     | deadline 8, record 8 | ...      item i's children are 4i+1 ... 4i+4
///     pages     [ 256 items ][ 256 items ] ...    the first one is smaller while it is alone
///
/// Each record knows its place, so that it can be taken out or moved when its deadline changes.
/// What is due is the top of the heap: it is found, removed and counted without looking at
/// anything else.
///
/// Invariants: 1. no item is earlier than its parent; 2. the record of item i has place i, and the
/// item's deadline; 3. pages hold at least `count` items, and one page more at most.
/// Ownership: owns its pages, not the records.
///
/// Complexity: O(1) to look at the first; O(log n) to insert, remove, change; O(m) to count m that
/// are due. Sixteen bytes a record here and as many in it.
///
/// The alternatives that lost: sweeping the segments of the hash's table for what is due costs a
/// look at every segment, or at 441 records, for each field that expires; a heap in one block is
/// copied as a whole when it grows.
struct DeadlineHeap {
  private struct Item {
    var deadline: Int64
    var record: UnsafeMutableRawPointer
  }

  private typealias Page = UnsafeMutablePointer<Item>

  private(set) var count = 0
  /// How many items the first page holds while it is the only one.
  private var firstCapacity = Self.firstCapacityMin
  private var pageCount = 1
  private var directoryCapacity = 1
  private var directory: UnsafeMutablePointer<Page>

  private static let firstCapacityMin = 4
  private static let pageCapacity = 256
  private static let arity = 4

  init() {
    directory = Self.allocate(1)
    directory[0] = Self.allocate(firstCapacity)
  }

  private static func allocate<Element>(_ count: Int) -> UnsafeMutablePointer<Element> {
    Allocation.allocate(count * MemoryLayout<Element>.stride)
      .assumingMemoryBound(to: Element.self)
  }

  /// Frees the pages by `free`, which takes a block and its size. CONSUMES self.
  func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    for index in 0..<pageCount { free(directory[index], pageByteCount(index)) }
    free(directory, directoryByteCount)
  }

  private func pageByteCount(_ index: Int) -> Int {
    (index == 0 ? firstCapacity : Self.pageCapacity) * MemoryLayout<Item>.stride
  }

  private var directoryByteCount: Int { directoryCapacity * MemoryLayout<Page>.stride }

  var allocatedByteCount: Int {
    Allocation.sizeClass(directoryByteCount) + Allocation.sizeClass(pageByteCount(0))
      + (pageCount - 1) * Allocation.sizeClass(Self.pageCapacity * MemoryLayout<Item>.stride)
  }

  @inline(__always)
  private func item(_ place: Int) -> UnsafeMutablePointer<Item> {
    directory[place / Self.pageCapacity] + place % Self.pageCapacity
  }

  // MARK: Reading

  /// The record that expires first. REQUIRES: not empty.
  var first: HashField { HashField(address: item(0).pointee.record) }

  /// When it does; never, when there is none.
  var earliestDeadline: Int64 { count == 0 ? .max : item(0).pointee.deadline }

  /// How many deadlines have come.
  func dueCount(_ now: Int64) -> Int { dueCount(below: 0, now) }

  /// The heap is as deep as the logarithm of its count.
  private func dueCount(below place: Int, _ now: Int64) -> Int {
    guard place < count, item(place).pointee.deadline <= now else { return 0 }
    var sum = 1
    for child in 1...Self.arity { sum += dueCount(below: Self.arity * place + child, now) }
    return sum
  }

  /// Whether all deadlines have come. The late ones are at the end: unless all are due, the search
  /// mostly ends at once.
  func areAllDue(_ now: Int64) -> Bool {
    var place = count
    while place > 0 {
      place -= 1
      if item(place).pointee.deadline > now { return false }
    }
    return true
  }

  // MARK: Changing

  /// Adds a record, which has a deadline and no place yet.
  mutating func insert(_ record: HashField) {
    makeRoom()
    count += 1
    rise(Item(deadline: record.deadline, record: record.address), from: count - 1)
  }

  /// Takes a record out. REQUIRES: it is in the heap.
  mutating func remove(_ record: HashField) {
    let place = record.place
    count -= 1
    if place < count { settle(item(count).pointee, at: place) }
    releasePage()
  }

  /// Brings a record to its place after its deadline has changed.
  func didChange(_ record: HashField) {
    settle(Item(deadline: record.deadline, record: record.address), at: record.place)
  }

  /// Puts a record in the place of one with the same deadline.
  func replace(_ old: HashField, with new: HashField) {
    put(Item(deadline: new.deadline, record: new.address), old.place)
  }

  @inline(__always)
  private func put(_ item: Item, _ place: Int) {
    self.item(place).pointee = item
    HashField(address: item.record).place = place
  }

  private func settle(_ item: Item, at place: Int) {
    let isEarly = place > 0 && item.deadline < self.item((place - 1) / Self.arity).pointee.deadline
    if isEarly { rise(item, from: place) } else { sink(item, from: place) }
  }

  private func rise(_ item: Item, from start: Int) {
    var place = start
    while place > 0 {
      let parent = (place - 1) / Self.arity
      let above = self.item(parent).pointee
      if above.deadline <= item.deadline { break }
      put(above, place)
      place = parent
    }
    put(item, place)
  }

  private func sink(_ item: Item, from start: Int) {
    var place = start
    while let child = earliestChild(place), self.item(child).pointee.deadline < item.deadline {
      put(self.item(child).pointee, place)
      place = child
    }
    put(item, place)
  }

  private func earliestChild(_ place: Int) -> Int? {
    let first = Self.arity * place + 1
    if first >= count { return nil }
    var best = first
    for child in first + 1..<max(min(first + Self.arity, count), first + 1)
    where item(child).pointee.deadline < item(best).pointee.deadline {
      best = child
    }
    return best
  }

  // MARK: Pages

  private mutating func makeRoom() {
    if count < firstCapacity { return }
    if firstCapacity < Self.pageCapacity {
      let old = pageByteCount(0)
      firstCapacity *= 2
      directory[0] = Allocation.reallocate(directory[0], from: old, to: pageByteCount(0))
        .assumingMemoryBound(to: Item.self)
    } else if count == pageCount * Self.pageCapacity {
      addPage()
    }
  }

  private mutating func addPage() {
    if pageCount == directoryCapacity {
      let old = directoryByteCount
      directoryCapacity *= 2
      directory = Allocation.reallocate(directory, from: old, to: directoryByteCount)
        .assumingMemoryBound(to: Page.self)
    }
    directory[pageCount] = Self.allocate(Self.pageCapacity)
    pageCount += 1
  }

  /// Frees the last page when the one before it is empty too, so that a heap that hovers around a
  /// bound does not allocate and free in turns.
  private mutating func releasePage() {
    guard pageCount > 1, count <= (pageCount - 2) * Self.pageCapacity else { return }
    pageCount -= 1
    Allocation.free(directory[pageCount], pageByteCount(pageCount))
  }
}
