import Core
import Glibc

/// Why a file could not be loaded, and where.
package struct RDBFailure: Error {
  package let error: RDBError
  /// Bytes read before.
  package let offset: Int
  /// The key that was being read, if any.
  package var key: [UInt8]?

  /// What is wrong and where, for the log.
  package var text: String {
    let place = key.map { " in the value of key '\(String(decoding: $0, as: UTF8.self))'" } ?? ""
    return "offset \(offset)\(place): \(reason)"
  }

  /// What is wrong.
  package var reason: String {
    switch error {
    case .truncated: "the file ends too early"
    case .corrupt(let reason): "\(reason)"
    case .empty: "a collection without elements"
    case .unreadable(let number): String(cString: strerror(number))
    case .unsupportedVersion(let digits):
      "Can't handle RDB format version \(String(decoding: digits, as: UTF8.self))"
    case .unsupported(15), .unsupported(19), .unsupported(21):
      "it is a stream, which this version of Apus does not have"
    case .unsupported(6), .unsupported(7): "it is a module's value, which Apus does not have"
    case .unsupported(let type): "Invalid object type: \(type)"
    }
  }
}
