import CProcess

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
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes(20).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}
