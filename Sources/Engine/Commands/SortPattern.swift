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

  /// Lends what the pattern names for an element to `body`; nil if that does not exist or is of
  /// another type.
  func lookUp<Result>(
    _ element: ByteView, in database: Database, _ body: (ByteView?) -> Result
  ) -> Result {
    if isElement { return body(element) }
    guard hasStar else { return body(nil) }
    let name = Array<UInt8>(prefix) + Array<UInt8>(element) + Array<UInt8>(postfix)
    guard let slot = name.withView({ database.read(database.key($0)) }) else { return body(nil) }
    guard let field else {
      return slot.entry.isString ? database.string(slot).withBytes(body) : body(nil)
    }
    guard slot.entry.type == .hash, let value = HashValue(database, slot).value(field) else {
      return body(nil)
    }
    return value.withText(body)
  }
}
