import Core

/// The password of `requirepass`.
///
/// Kept and compared as a SHA-256 digest: whoever reads the process' memory, or a crash's core,
/// finds no password here, and the comparison's time says nothing about the password, neither its
/// length nor how much of a guess is right.
package struct Authentication {
  private var digest: [UInt8] = []

  package init() {}

  /// Whether clients have to say the password before anything else.
  package var isRequired: Bool { !digest.isEmpty }

  /// Takes a new password; an empty one lets everybody in.
  package mutating func setPassword(_ password: [UInt8]) {
    digest = password.isEmpty ? [] : password.withView { Self.digest(of: $0) }
  }

  /// Whether `password` is the right one. Without a password any is.
  package func accepts(_ password: ByteView) -> Bool {
    guard isRequired else { return true }
    let other = Self.digest(of: password)
    var difference: UInt8 = 0
    for (left, right) in zip(digest, other) { difference |= left ^ right }
    return difference == 0
  }

  private static func digest(of bytes: ByteView) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: SHA256.digestCount) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      var hash = SHA256()
      hash.update(bytes)
      hash.finish(to: base)
      initialized = SHA256.digestCount
    }
  }
}
