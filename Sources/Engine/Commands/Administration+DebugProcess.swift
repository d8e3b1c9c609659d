import CProcess
import Core
import Glibc

// DEBUG: the process, its memory and its end.
extension Administration {
  static let debugProcess: [DebugSubcommand] = [
    DebugSubcommand(
      "SLEEP", 3...3, "<seconds>", ["Stop the server for <seconds>. Decimals allowed."],
      debugSleep),
    DebugSubcommand("SEGFAULT", 2...2, "", ["Crash the server with sigsegv."]) {
      call throws(CommandError) in
      apus_crash_provoke()
      call.reply.ok()
    },
    DebugSubcommand("PANIC", 2...2, "", ["Crash the server simulating a panic."]) {
      call throws(CommandError) in
      let log = call.server.log
      log.warning("------------------------------------------------")
      log.warning("!!! Software Failure. Press left mouse button to continue")
      log.warning("Guru Meditation: called by Unit Test #DEBUG PANIC")
      log.warning("------------------------------------------------")
      abort()
    },
    DebugSubcommand("ASSERT", 2...3, "", ["Crash by assertion failed."]) {
      call throws(CommandError) in
      call.server.log.warning("=== ASSERTION FAILED ===")
      call.server.log.warning("==> DEBUG ASSERT '1 == 2' is not true")
      abort()
    },
    DebugSubcommand("OOM", 2...2, "", ["Crash the server simulating an out-of-memory error."]) {
      _ throws(CommandError) in
      Allocation.outOfMemory(.max / 2)
    },
    DebugSubcommand(
      "LEAK", 3...3, "<string>", ["Create a memory leak of the input string."]
    ) { call throws(CommandError) in
      _ = StringBlock(copying: call[2])
      call.reply.ok()
    },
    DebugSubcommand(
      "MALLCTL", 3...4, "<key> [<val>]", ["Get or set a malloc tuning integer."], debugMallctl),
    DebugSubcommand(
      "MALLCTL-STR", 3...4, "<key> [VOID]",
      ["Get a malloc tuning string; with VOID, do what stands for an action."],
      debugMallctlText),
    DebugSubcommand(
      "STRINGMATCH-TEST", 2...2, "", ["Run a fuzz tester against the glob matcher."],
      debugStringMatch),
  ]

  /// DEBUG SLEEP seconds
  private static func debugSleep(_ call: Call) throws(CommandError) {
    let seconds = strtod(String(call[2]), nil)
    if seconds > 0 {
      let bounded = min(seconds, 1e9)
      let whole = bounded.rounded(.down)
      var wanted = timespec(tv_sec: Int(whole), tv_nsec: Int((bounded - whole) * 1e9))
      var left = timespec()
      // A signal interrupts a sleep; the rest of it follows.
      while nanosleep(&wanted, &left) != 0, errno == EINTR { wanted = left }
    }
    call.reply.ok()
  }

  /// DEBUG MALLCTL key [value]
  private static func debugMallctl(_ call: Call) throws(CommandError) {
    let value = call.count == 4 ? try call.integer(3) : nil
    switch AllocatorControl.integer(String(call[2]), setTo: value) {
    case .value(let value): call.reply.integer(value)
    case .written: call.reply.ok()
    case .failed(let reason): throw call.fail("ERR \(reason)")
    }
  }

  /// DEBUG MALLCTL-STR key [VOID]
  private static func debugMallctlText(_ call: Call) throws(CommandError) {
    switch AllocatorControl.text(String(call[2]), isAction: call.count == 4) {
    case .value(let text): call.reply.bulk(text)
    case .written: call.reply.ok()
    case .failed(let reason): throw call.fail("ERR \(reason)")
    }
  }

  /// DEBUG STRINGMATCH-TEST
  private static func debugStringMatch(_ call: Call) throws(CommandError) {
    let alphabet = Array("ab*?[]^-\\".utf8)
    for _ in 0..<100_000 {
      let bytes = Randomness.bytes(32)
      let pattern = bytes.prefix(Int(bytes[0] & 15)).map { alphabet[Int($0) % alphabet.count] }
      let text = bytes.suffix(Int(bytes[1] & 15)).map { alphabet[Int($0) % alphabet.count] }
      pattern.withView { pattern in
        let glob = GlobPattern(pattern, ignoringCase: bytes[2] & 1 == 0)
        text.withView { _ = glob.matches($0) }
      }
    }
    call.reply.simple("Apparently Redis did not crash: test passed")
  }
}
