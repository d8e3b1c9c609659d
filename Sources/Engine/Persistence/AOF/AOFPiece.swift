import CAlloc
import CPrimitives
import Core

/// A piece of the log on its way to the writer: a run of bytes in a chain of such pieces.
///
///     | link 8 | header 56 | bytes that the writer may see ... | bytes of this turn ... | room |
///
/// The engine appends to the last piece of the chain and publishes, once a turn, the offset up to
/// which the log is whole; the writer reads up to there, from the first piece on. So a turn costs
/// no allocation, and what waits takes the memory of its bytes, however small the turns are. A
/// piece that is full is sealed by linking the next one; from then on its count stands.
///
/// What the two threads share: the link, which is atomic, the count behind it, and bytes before the
/// published offset. Nothing else is read by one while the other writes it.
///
/// Ownership: the engine's until it is sealed and its bytes are written, then the writer's, which
/// gives pieces of the usual size back to be used again.
struct AOFPiece {
  struct Header {
    /// The next piece or 0. First, because the way back links pieces by it, too.
    var link: UInt64 = 0
    /// Of the first byte, in the log.
    var start: Int
    /// The bytes behind the header that there is room for, and those that are there.
    var capacity: Int
    var count = 0
  }

  static let headerByteCount = 64
  /// A whole piece is one size class.
  static let usualCapacity = 64 * 1024 - headerByteCount

  let base: UnsafeMutableRawPointer

  init(base: UnsafeMutableRawPointer) { self.base = base }

  init(capacity: Int, start: Int) {
    base = Allocation.allocate(Self.headerByteCount + capacity)
    header.initialize(to: Header(start: start, capacity: capacity))
  }

  var header: UnsafeMutablePointer<Header> { base.assumingMemoryBound(to: Header.self) }
  var bytes: UnsafeMutableRawPointer { base + Self.headerByteCount }
  var room: Int { header.pointee.capacity - header.pointee.count }
  var isUsual: Bool { header.pointee.capacity == Self.usualCapacity }
  /// Behind the last byte, in the log. For the engine, or once the piece is sealed.
  var end: Int { header.pointee.start + header.pointee.count }

  private var link: UnsafeMutablePointer<UInt64> { base.assumingMemoryBound(to: UInt64.self) }

  /// The piece behind, if this one is sealed.
  var next: AOFPiece? {
    UnsafeMutableRawPointer(bitPattern: UInt(apus_atomic_load(link))).map(AOFPiece.init)
  }

  /// Ends the piece: what comes is in `next`.
  func seal(_ next: AOFPiece) { apus_atomic_store(link, UInt64(UInt(bitPattern: next.base))) }

  /// Makes it empty again. REQUIRES: the usual size.
  func reset(start: Int) {
    header.initialize(to: Header(start: start, capacity: Self.usualCapacity))
  }

  /// On the engine's thread.
  func free() { Allocation.free(base, Self.headerByteCount + header.pointee.capacity) }
  /// On another thread.
  func freeElsewhere() { apus_free_elsewhere(base, Self.headerByteCount + header.pointee.capacity) }
}

/// Something for the writer to do at a place in the log.
///
/// Ownership: the engine's until it is pushed, then the writer's.
struct AOFOrder {
  enum Kind {
    /// To look again what there is to do.
    case look
    /// What comes from here on goes into another file.
    case file
    /// The file has its place in the manifest now.
    case named
    /// Everything before is to be put on the disk, and the waiting engine told.
    case flush
  }

  struct Content {
    /// First, because handing over links orders by it.
    var link: UnsafeMutableRawPointer?
    var kind: Kind
    var offset: Int
    /// Of the file to change to: its descriptor and what is in it already.
    var descriptor: Int32
    var fileByteCount: Int
    /// The file's in the manifest; 0 while it is in none.
    var sequence: Int64
  }

  private static let byteCount = MemoryLayout<Content>.stride

  let base: UnsafeMutableRawPointer

  init(base: UnsafeMutableRawPointer) { self.base = base }

  init(
    _ kind: Kind, at offset: Int, descriptor: Int32 = -1, fileByteCount: Int = 0,
    sequence: Int64 = 0
  ) {
    base = Allocation.allocate(Self.byteCount)
    content.initialize(
      to: Content(
        kind: kind, offset: offset, descriptor: descriptor, fileByteCount: fileByteCount,
        sequence: sequence))
  }

  var content: UnsafeMutablePointer<Content> { base.assumingMemoryBound(to: Content.self) }
  var next: AOFOrder? { content.pointee.link.map(AOFOrder.init) }

  func free() { Allocation.free(base, Self.byteCount) }
  /// On another thread.
  func freeElsewhere() { apus_free_elsewhere(base, Self.byteCount) }
}
