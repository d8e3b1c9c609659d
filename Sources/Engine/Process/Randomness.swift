import CProcess
import Core

/// Bytes from the system's random source.
package enum Randomness {
  package static func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let base = buffer.baseAddress { apus_process_random(base, count) }
      initialized = count
    }
  }

  /// An identity such as `run_id`: 40 hexadecimal digits that no other server has.
  package static func identity() -> String {
    String(decoding: bytes(20).flatMap(Hexadecimal.digits), as: UTF8.self)
  }
}
