import Core

/// What SORT's BY and GET name: the element itself (`#`), or a key, or a field of a hash, made from
/// the pattern with the element in place of its first star.
///
///     weight_*          key weight_ELEMENT
///     user:*->name      field name of the hash user:ELEMENT
struct SortPattern {
  private let prefix: ByteView
  private let postfix: ByteView
  private let field: ByteView?
  private let isElement: Bool
  /// Without a star it names nothing.
  let hasStar: Bool

  init(_ text: ByteView) {
    isElement = text.isKeyword("#")
    let star = (0..<text.count).first { text[$0] == UInt8(ascii: "*") }
    hasStar = star != nil
    prefix = text.slice(0, star ?? text.count)
    let behind = text.slice(star.map { $0 + 1 } ?? text.count, text.count)
    let arrow = Self.arrow(behind)
    postfix = behind.slice(0, arrow ?? behind.count)
    field = arrow.map { behind.slice($0 + 2, behind.count) }
  }

  /// Where the first arrow is, if something follows it.
  private static func arrow(_ text: ByteView) -> Int? {
    let start = (0..<max(text.count - 1, 0)).first {
      text[$0] == UInt8(ascii: "-") && text[$0 + 1] == UInt8(ascii: ">")
    }
    guard let start, start + 2 < text.count else { return nil }
    return start
  }

  /// What the pattern names for an element; nil if that does not exist or is of another type.
  /// Lifetime: as long as nothing is changed.
  func value(for element: StringContent, in database: Database) -> StringContent? {
    if isElement { return element }
    guard hasStar else { return nil }
    let name = element.withBytes { [UInt8](prefix) + [UInt8]($0) + [UInt8](postfix) }
    guard let slot = name.withView({ database.read(database.key($0)) }) else { return nil }
    guard let field else { return slot.entry.isString ? database.string(slot) : nil }
    guard slot.entry.type == .hash else { return nil }
    return HashValue(database, slot).value(field).map { StringContent($0) }
  }
}

extension StringContent {
  init(_ element: ListpackElement) {
    switch element {
    case .integer(let number): self = .integer(number)
    case .bytes(let bytes): self = .bytes(bytes)
    }
  }
}
