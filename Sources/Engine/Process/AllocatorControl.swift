import CAlloc
import Glibc

/// The allocator's settings by name, for those who tune it.
enum AllocatorControl {
  enum Outcome<Value> {
    case value(Value)
    /// It could only be written, and was.
    case written
    /// The system's words.
    case failed(String)
  }

  /// Reads a number, after setting it if `new` says to what.
  static func integer(_ name: String, setTo new: Int64?) -> Outcome<Int64> {
    var value = new ?? 0
    let status = apus_alloc_control_integer(name, &value, new != nil)
    if status == APUS_ALLOC_WRITTEN { return .written }
    return status == 0 ? .value(value) : .failed(String(cString: strerror(status)))
  }

  /// Reads a text, or does what the name stands for.
  static func text(_ name: String, isAction: Bool) -> Outcome<String> {
    var text: UnsafePointer<CChar>?
    let status = isAction ? apus_alloc_trigger(name) : apus_alloc_read_text(name, &text)
    if status != 0 { return .failed(String(cString: strerror(status))) }
    return text.map { .value(String(cString: $0)) } ?? .written
  }
}
