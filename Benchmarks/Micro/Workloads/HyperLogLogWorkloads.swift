import Core

/// HyperLogLogs by themselves: what PFADD, PFCOUNT and PFMERGE do beside finding the key.
enum HyperLogLogWorkloads {
  static let all = [
    Workload("HyperLogLog: add, dense", "1024 elements, 12 KB") { _ in adding() },
    Workload("HyperLogLog: add, sparse, nothing new", "1024 elements, 3 KB") { _ in looking() },
    Workload("HyperLogLog: merge, dense", "10 of 12 KB", .thousand) { _ in merging(true) },
    Workload("HyperLogLog: merge, dense, plain", "10 of 12 KB", .thousand) { _ in merging(false) },
    Workload("HyperLogLog: count, dense", "12 KB", .thousand) { _ in counting(true) },
    Workload("HyperLogLog: count, dense, plain", "12 KB", .thousand) { _ in counting(false) },
  ]

  private static let elements = Texts(1024) { "element:\($0)" }

  /// A dense one that has seen `count` elements.
  private static func dense(_ count: Int) -> HyperLogLog {
    let base = UnsafeMutablePointer<UInt8>.allocate(capacity: HyperLogLog.denseByteCount)
    base.initialize(repeating: 0, count: HyperLogLog.denseByteCount)
    let sketch = HyperLogLog(base, byteCount: HyperLogLog.denseByteCount)
    for index in 0..<count {
      Array("\(index)".utf8).withView { _ = sketch.addDense(HyperLogLogElement($0)) }
    }
    return sketch
  }

  private static func adding() -> PreparedWorkload {
    let sketch = dense(0)
    for index in 0..<elements.count { _ = sketch.addDense(HyperLogLogElement(elements[index])) }
    return PreparedWorkload { count in
      var unchangedCount = 0
      for index in 0..<count where !sketch.addDense(HyperLogLogElement(elements[index])) {
        unchangedCount &+= 1
      }
      return unchangedCount
    } returns: {
      $0
    }
  }

  private static func looking() -> PreparedWorkload {
    let base = UnsafeMutablePointer<UInt8>.allocate(capacity: 1 << 14)
    HyperLogLog.writeEmpty(to: base)
    var sketch = HyperLogLog(base, byteCount: HyperLogLog.emptyByteCount)
    for index in 0..<elements.count {
      guard case .edit(let edit) = sketch.sparseAddition(of: HyperLogLogElement(elements[index]))
      else { continue }
      sketch = HyperLogLog(base, byteCount: sketch.apply(edit))
    }
    return PreparedWorkload { [sketch] count in
      var unchangedCount = 0
      for index in 0..<count {
        if case .unchanged = sketch.sparseAddition(of: HyperLogLogElement(elements[index])) {
          unchangedCount &+= 1
        }
      }
      return unchangedCount
    } returns: {
      $0
    }
  }

  private static func merging(_ usesVectors: Bool) -> PreparedWorkload {
    let sketches = (0..<10).map { dense(10_000 * ($0 + 1)) }
    let union = HyperLogLogUnion(usesVectors: usesVectors)
    return PreparedWorkload { count in
      var mergedCount = 0
      for index in 0..<count where union.merge(sketches[index % 10]) { mergedCount &+= 1 }
      return mergedCount
    } returns: {
      $0
    }
  }

  private static func counting(_ usesVectors: Bool) -> PreparedWorkload {
    let sketch = dense(100_000)
    let expected = Int(sketch.estimate(usesVectors: !usesVectors) ?? -1)
    return PreparedWorkload { count in
      var sum = 0
      for _ in 0..<count { sum &+= Int(sketch.estimate(usesVectors: usesVectors) ?? 0) }
      return sum
    } returns: {
      $0 * expected
    }
  }
}
