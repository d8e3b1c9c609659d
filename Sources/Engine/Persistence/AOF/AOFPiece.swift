import CAlloc
import Core

/// A piece of the log on its way to the writer: bytes, or something to be done at this place.
///
///     | link 8 | header 56 | bytes ... |
///
/// One block of memory. Pieces of the usual size go back to the engine when they are written, so
/// that a turn's log costs no allocation and no block is freed on another thread than its own.
///
/// Ownership: the engine's until it is pushed, then the writer's.
struct AOFPiece {
  enum Kind {
    case bytes
    /// What comes from here on goes into another file.
    case file
    /// Everything before is to be put on the disk, and the waiting engine told.
    case flush
  }

  struct Header {
    /// First, because handing over links pieces by it.
    var link: UnsafeMutableRawPointer?
    /// The bytes behind the header that there is room for, are there, and have been written.
    var capacity: Int
    var count = 0
    var written = 0
    var kind = Kind.bytes
    /// Of the file to change to: its descriptor and what is in it already.
    var descriptor: Int32 = -1
    var fileByteCount = 0
  }

  static let headerByteCount = 64
  /// What a turn's log usually fits into. A whole piece is one size class.
  static let usualCapacity = 64 * 1024 - headerByteCount

  let base: UnsafeMutableRawPointer

  init(base: UnsafeMutableRawPointer) { self.base = base }

  init(capacity: Int) {
    base = Allocation.allocate(Self.headerByteCount + capacity)
    header.initialize(to: Header(capacity: capacity))
  }

  init(kind: Kind) {
    self.init(capacity: 0)
    header.pointee.kind = kind
  }

  var header: UnsafeMutablePointer<Header> { base.assumingMemoryBound(to: Header.self) }
  var bytes: UnsafeMutableRawPointer { base + Self.headerByteCount }
  var room: Int { header.pointee.capacity - header.pointee.count }
  var next: AOFPiece? {
    get { header.pointee.link.map(AOFPiece.init) }
    nonmutating set { header.pointee.link = newValue?.base }
  }

  /// Makes it empty again. REQUIRES: the usual size.
  func reset() { header.initialize(to: Header(capacity: Self.usualCapacity)) }

  /// On the engine's thread.
  func free() { Allocation.free(base, Self.headerByteCount + header.pointee.capacity) }
  /// On another thread.
  func freeElsewhere() { apus_free_elsewhere(base, Self.headerByteCount + header.pointee.capacity) }
}
