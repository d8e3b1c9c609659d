import CProcess
import Glibc
import Testing

@testable import Engine

@Suite struct CrashReportTests {
  /// The crash may have left the allocator locked, which the sections need.
  @Test func aReportThatHangsEndsWithTheSignalOfTheCrash() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let configuration = testConfiguration()
      let isInstalled = CrashReport.apply(configuration) { _, _ in
        while true { pause() }
      }
      precondition(isInstalled)
      apus_crash_provoke()
    }
  }
}
