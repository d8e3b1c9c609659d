import Core
import Engine

/// A whole RDB file.
///
///     | seed of the read sizes 1 | file |
///
/// It is loaded into a server without keys, in pieces and in slices, without regard to its
/// checksum. If it could be, what is there is saved and loaded again, and is the same. Then memory
/// is as it was.
enum RDBFuzzer {
  nonisolated(unsafe) private static let server = FuzzServer()

  static func check(_ input: [UInt8]) -> String? {
    guard let seed = input.first else { return nil }
    return server.checkingMemory {
      server.file = Array(input.dropFirst())
      let failure = server.load(seed: seed) ? saveAndLoad(seed: seed) : nil
      empty()
      server.file = []
      return failure
    }
  }

  private static func empty() { server.withClient { _ = $0.send(["FLUSHALL"]) } }

  private static func saveAndLoad(seed: UInt8) -> String? {
    let digest = server.digest
    let reply = server.withClient { $0.send(["SAVE"]) }
    guard reply == Array("+OK\r\n".utf8) else { return String(decoding: reply, as: UTF8.self) }
    if server.digest != digest { return "saving has changed something" }
    empty()
    #if APUS_PLANTED_BUG
      if server.file.count % 16 == 15, let last = server.file.lastIndex(of: 0xFA) {
        server.file[last] = 0xFB
      }
    #endif
    guard server.load(seed: ~seed) else { return "what was saved is refused" }
    return server.digest == digest ? nil : "saved and loaded: something else"
  }
}
