import Glibc

/// The fuzzer that `APUS_FUZZER` names; libFuzzer knows only one entry.
private let chosen: Fuzzer? = getenv("APUS_FUZZER").flatMap { Fuzzer.named(String(cString: $0)) }

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ base: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let chosen else { fatalError("APUS_FUZZER names no fuzzer") }
  Fuzzer.checksMemory = true
  let bytes = Array(UnsafeBufferPointer(start: base, count: count))
  if let failure = chosen.check(bytes) { fatalError(failure) }
  return 0
}
