import Core
import Glibc

/// A data set that is being loaded at start, a slice in each turn: the loop goes on, and clients
/// are told how far it is.
package struct Loading {
  let load: RDBLoad
  let path: String
  let descriptor: Int32
  let byteCount: Int
  /// Unix seconds.
  let startSecond: Int64
  /// Monotonic time.
  let startedAt: UInt64
  var loggedPercentage = 0

  var loadedByteCount: Int { min(load.offset, byteCount) }

  var fraction: Double { byteCount == 0 ? 0 : Double(loadedByteCount) / Double(byteCount) }
}

/// What the last load has brought, for INFO.
struct LoadResult {
  var loadedCount = 0
  var expiredCount = 0
}
