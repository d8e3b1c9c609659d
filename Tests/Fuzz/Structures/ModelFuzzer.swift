import CAlloc
import Core

/// A data structure beside a plain model of it. Operations from the input change both; they are
/// compared whenever that takes no longer than the operations since the last time.
protocol ModelFuzzer {
  init(_ input: [UInt8])
  var reader: InputReader { get }
  var work: WorkBudget { get set }
  /// How many elements the model has.
  var modelCount: Int { get }
  /// Takes an operation from the input; returns what went wrong.
  mutating func step() -> String?
  /// How the structure differs from the model.
  mutating func compare(_ memory: MemoryCheck) -> String?
  /// Frees the structure. CONSUMES self.
  func free()
}

extension ModelFuzzer {
  static func check(_ input: [UInt8]) -> String? {
    // Made once and never freed, so before memory is looked at.
    _ = MemberNames.hashes
    let memory = MemoryCheck()
    var fuzzer = Self(input)
    let failure = fuzzer.run(memory)
    fuzzer.free()
    return failure ?? memory.failure(0)
  }

  private mutating func run(_ memory: MemoryCheck) -> String? {
    while !reader.isAtEnd, !work.isUsedUp {
      if let failure = step() { return failure }
      work.take(4)
      guard work.allowsComparing(modelCount) else { continue }
      if let failure = compare(memory) { return failure }
    }
    return compare(memory)
  }
}

/// What bounds the time of one input, so that many run in a second: how many elements it touches.
struct WorkBudget {
  private let most: Int
  private var done = 0
  private var compared = 0

  /// A long input may do more.
  init(_ input: [UInt8], most: Int) { self.most = min(most, 400 + 50 * input.count) }

  var isUsedUp: Bool { done >= most }

  mutating func take(_ count: Int) { done += count }

  /// Whether to compare so many elements takes no longer than the operations since the last time.
  mutating func allowsComparing(_ count: Int) -> Bool {
    guard done - compared > count else { return false }
    compared = done
    return true
  }
}

/// Whether a structure takes the memory that it says, and gives all of it back.
struct MemoryCheck {
  private let before = apus_alloc_used

  /// What went wrong, if nobody else in the process allocates. `byteCount` is what is still there.
  func failure(_ byteCount: Int) -> String? {
    let used = apus_alloc_used - before
    guard Fuzzer.checksMemory, used != byteCount else { return nil }
    return "memory: \(used) bytes are used, \(byteCount) expected"
  }
}
