/// Why bytes could not be read as an RDB file or as DUMP's payload.
package enum RDBError: Error, Equatable {
  /// The bytes end in the middle, or a length says that there are more than there are.
  case truncated
  /// The bytes cannot be right; what is wrong with them.
  case corrupt(StaticString)
  /// A form of value that this version does not know or cannot keep, by its number in the file.
  case unsupported(type: UInt8)
  /// A file of a version that this one does not know; its digits.
  case unsupportedVersion([UInt8])
  /// A collection without elements, which files of old versions may hold. No key is made of it.
  case empty
  /// The system could not read; its error number.
  case unreadable(Int32)

  package static func == (left: RDBError, right: RDBError) -> Bool {
    switch (left, right) {
    case (.truncated, .truncated), (.corrupt, .corrupt), (.empty, .empty): true
    case (.unsupported(let one), .unsupported(let other)): one == other
    case (.unsupportedVersion(let one), .unsupportedVersion(let other)): one == other
    case (.unreadable(let one), .unreadable(let other)): one == other
    default: false
    }
  }
}
