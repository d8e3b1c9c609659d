import CPrimitives
import Core

extension CommandName {
  static let byteCountMax = 24

  /// The name in `bytes`, ASCII letters in lower case; nil when it is longer than any command's.
  @inline(__always)
  init?(_ bytes: ByteView) {
    let count = bytes.count
    if count <= 8 {
      words = (apus_lowercase_word(apus_load_prefix(bytes.base, count)), 0, 0)
      return
    }
    guard count <= Self.byteCountMax else { return nil }
    let second = apus_load_prefix(bytes.base + 8, min(count - 8, 8))
    let third = count > 16 ? apus_load_prefix(bytes.base + 16, count - 16) : 0
    words = (
      apus_lowercase_word(apus_load_u64(bytes.base)), apus_lowercase_word(second),
      apus_lowercase_word(third)
    )
  }
}
