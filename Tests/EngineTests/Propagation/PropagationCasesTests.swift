import Foundation
import Testing

@testable import Engine

/// Plays the stories of `Tests/Conformance/data/propagation.cases`: what is logged is what Redis
/// logs, or what the table says with a reason. The table tells how to read it.
@Suite struct PropagationCasesTests {
  struct Story: CustomTestStringConvertible {
    let name: String
    var lines: [String] = []
    var testDescription: String { name }

    /// What is to be logged, and whether that is not what Redis logs.
    var expected: (commands: [String], isOwn: Bool) {
      let own = lines.filter { $0.hasPrefix("!") }
      let isOwn = !own.isEmpty
      let all = isOwn ? own : lines.filter { $0.hasPrefix("=") }
      let commands = all.map { String($0.dropFirst(2)) }.filter { !$0.isEmpty }
      return (commands, isOwn)
    }
  }

  static let stories: [Story] = {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Conformance/data/propagation.cases").standardized
    let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
    var stories: [Story] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("== ") {
        stories.append(Story(name: String(line.dropFirst(3))))
      } else if !stories.isEmpty {
        stories[stories.count - 1].lines.append(String(line))
      }
    }
    return stories
  }()

  @Test func thereAreStories() { #expect(Self.stories.count > 100) }

  @Test(arguments: stories) func isLogged(_ story: Story) {
    let server = RecordingServer()
    server.send("FLUSHALL")
    var start: Int64?
    for line in story.lines {
      guard let kind = line.first, "?>~2".contains(kind) else { continue }
      if start == nil, kind == ">" || kind == "2" {
        _ = server.takeBytes()
        start = server.inner.server.pointee.clock.wallMilliseconds
      }
      let rest = line.drop { $0 != " " }.dropFirst()
      if kind == "~" {
        Thread.sleep(forTimeInterval: (Double(rest) ?? 0) / 1000)
      } else {
        let words = rest.split(separator: " ").map { $0 == "\"\"" ? "" : String($0) }
        _ = server.clients[kind == "2" ? 1 : 0].send(words)
      }
    }
    let logged = RecordingServer.commands(server.takeBytes()).map { command in
      command.map { Self.symbolic($0, start ?? 0) }.joined(separator: " ")
    }
    let (expected, isOwn) = story.expected
    #expect(Self.isLike(logged, expected), "\(logged)")
    if isOwn { #expect(!Self.isLike(logged, Story.redis(story)), "the difference is gone") }
  }

  /// Deadlines of the stories are multiples of ten seconds.
  private static func symbolic(_ word: String, _ start: Int64) -> String {
    guard word.utf8.count == 13, let time = Int64(word) else { return word.isEmpty ? "\"\"" : word }
    let after = time - start
    guard after > 0, after < 1_000_000_000, after % 10_000 < 5_000 else { return word }
    return "@\(after - after % 10_000)"
  }

  /// Word by word; command names in any case, as servers write them.
  private static func isLike(_ logged: [String], _ expected: [String]) -> Bool {
    guard logged.count == expected.count else { return false }
    return zip(logged, expected).allSatisfy { one, other in
      let (words, wanted) = (one.split(separator: " "), other.split(separator: " "))
      guard words.count == wanted.count else { return false }
      return words.indices.allSatisfy { index in
        wanted[index] == "{any}" || words[index] == wanted[index]
          || words[index].lowercased() == wanted[index].lowercased() && index == 0
      }
    }
  }
}

extension PropagationCasesTests.Story {
  fileprivate static func redis(_ story: Self) -> [String] {
    story.lines.filter { $0.hasPrefix("=") }.map { String($0.dropFirst(2)) }
  }
}
