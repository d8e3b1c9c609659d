/// Doubles: scores, distances.
extension ReplyWriter {
  /// A double by its shortest text: a double in RESP3, a bulk string in RESP2.
  @inline(__always)
  package func double(_ value: Double) {
    isRESP3 ? double3(value) : bulk(score: value)
  }

  private func double3(_ value: Double) {
    withText(value, FloatText.write) { double(text: $0) }
  }

  /// A double by its shortest text, as a bulk string.
  @inline(__always)
  package func bulk(score value: Double) {
    if let integer = FloatText.integer(value) { return bulk(decimal: integer) }
    writeFraction(value)
  }

  @inline(never)
  private func writeFraction(_ value: Double) {
    withText(value, FloatText.write) { bulk($0) }
  }

  /// A double by up to 17 digits, as a bulk string.
  package func bulk(fullDigits value: Double) {
    withText(value, FloatText.writeFull) { bulk($0) }
  }

  @inline(__always)
  private func withText(
    _ value: Double, _ write: (Double, UnsafeMutablePointer<UInt8>) -> Int,
    _ body: (ByteView) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: FloatText.maximumCount) { buffer in
      let text = buffer.baseAddress.unsafelyUnwrapped
      body(ByteView(text, count: write(value, text)))
    }
  }
}
