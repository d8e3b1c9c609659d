import Foundation
import Testing

@testable import Fuzzers

/// Feeds every saved case to its fuzzer: what was found once stays fixed.
@Suite(.serialized) struct ReplayTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fuzz/Cases")

  @Test(arguments: Fuzzer.all.map(\.name)) func savedCases(_ name: String) throws {
    // Run by `Tests/Fuzz/run --replay`, no other test allocates in this process.
    Fuzzer.checksMemory = ProcessInfo.processInfo.environment["APUS_FUZZ_ALONE"] != nil
    let fuzzer = try #require(Fuzzer.named(name))
    let files = try FileManager.default.contentsOfDirectory(
      at: Self.folder.appendingPathComponent(name), includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    for file in files {
      let failure = fuzzer.check(Array(try Data(contentsOf: file)))
      #expect(failure == nil, "\(file.lastPathComponent)")
    }
  }
}
