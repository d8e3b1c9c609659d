import Testing

@testable import Core
@testable import Engine

@Suite struct ListValueTests {
  private let server = InProcessServer()
  private var database: Database { server.server.pointee.keyspace[0] }
  private var key: Key { database.key(ByteView("list")) }

  private func text(_ element: ListpackElement) -> String {
    switch element {
    case .integer(let number): String(number)
    case .bytes(let bytes): String(bytes)
    }
  }

  private var list: ListValue? { database.find(key).map { ListValue(database, $0) } }

  private func elements(_ side: QuicklistSide) -> [String] {
    guard let list else { return [] }
    var found: [String] = []
    list.forEach(from: side == .tail ? list.first : list.last, side) {
      found.append(text($0))
      return true
    }
    return found
  }

  private func with(_ text: String, _ body: (ByteView) -> Void) { Array(text.utf8).withView(body) }

  /// The list to push to, which a missing key gets.
  private func made() -> ListValue { list ?? database.insertList(key) }

  private func push(_ text: String, _ side: QuicklistSide) {
    with(text) {
      let list = made()
      list.willGrow(byteCount: $0.count)
      list.push($0, side)
    }
  }

  private func randomText() -> String {
    switch Int.random(in: 0..<8) {
    case 0...2: String(Int.random(in: -5...5))
    case 3: String(Int64.random(in: .min ... .max))
    case 4...6: "v\(Int.random(in: 0..<5))"
    default: String(repeating: "x", count: [0, 63, 64, 200, 600, 1100, 5000].randomElement() ?? 0)
    }
  }

  /// Random edits against an array, at every size around the bounds of the two forms.
  @Test(arguments: [-1, -2, -5, 0, 1, 3, 128]) func isASequence(setting: Int) {
    server.server.pointee.keyspace.state.pointee.collectionLimits.list = QuicklistLimits(
      setting: setting)
    for seed in 0..<6 {
      _ = server.run("FLUSHALL")
      var model: [String] = []
      for _ in 0..<700 {
        edit(&model, growing: seed % 2 == 0 ? 6 : 4)
        #expect(elements(.tail) == model && (list?.count ?? 0) == model.count)
        #expect(elements(.head) == model.reversed())
      }
    }
  }

  private func edit(_ model: inout [String], growing: Int) {
    let text = randomText()
    let index = model.indices.randomElement()
    switch (Int.random(in: 0..<12), index, list) {
    case (0..<growing, _, _):
      let isHead = Bool.random()
      push(text, isHead ? .head : .tail)
      model.insert(text, at: isHead ? 0 : model.count)
    case (6, let index?, let list?): insert(text, list, index, &model)
    case (7, let index?, let list?):
      guard let position = list.seek(index) else { return }
      with(text) {
        list.willGrow(byteCount: $0.count)
        guard let place = list.seek(index) else { return }
        list.replace(at: place, with: $0)
      }
      _ = position
      list.didShrink()
      model[index] = text
    case (8, let index?, let list?):
      guard let position = list.seek(index - model.count) else { return }
      let count = min(Int.random(in: 1...4), model.count - index)
      let behind = list.remove(at: position, count: count)
      model.removeSubrange(index..<(index + count))
      #expect(behind.map { self.text($0.element) } == (index < model.count ? model[index] : nil))
      list.didShrink()
    case (9, _?, let list?):
      list.rotate(from: .tail)
      list.didShrink()
      model.insert(model.removeLast(), at: 0)
    case (_, _?, let list?):
      let isHead = Bool.random()
      let count = min(Int.random(in: 1...5), model.count)
      list.removeEnds(count, isHead ? .head : .tail)
      list.didShrink()
      if isHead { model.removeFirst(count) } else { model.removeLast(count) }
    default: break
    }
  }

  private func insert(_ text: String, _ list: ListValue, _ index: Int, _ model: inout [String]) {
    let isBefore = Bool.random()
    with(text) {
      list.willGrow(byteCount: $0.count)
      guard let position = list.seek(index) else { return }
      list.insert($0, before: isBefore, position)
    }
    model.insert(text, at: isBefore ? index : index + 1)
  }

  // MARK: Forms

  private var encoding: String {
    database.find(key).map { database.encodingName($0).description } ?? "none"
  }

  private func isListpack() -> Bool { database.find(key)?.entry.encoding == .listpack }

  @Test func isOneBlockWhileSmall() {
    for _ in 0..<100 { push("12345678", .head) }
    #expect(isListpack() && encoding == "listpack")
    for _ in 0..<200 { push("12345678", .head) }
    #expect(!isListpack() && encoding == "listpack")
    for _ in 0..<2000 { push("12345678", .head) }
    #expect(encoding == "quicklist")
    list?.removeEnds(1700, .tail)
    list?.didShrink()
    #expect(!isListpack() && encoding == "listpack")
    list?.removeEnds(560, .tail)
    list?.didShrink()
    #expect(isListpack() && list?.count == 40)
    list?.removeEnds(40, .head)
    #expect(list?.didShrink() == true && list == nil)
  }

  @Test func copiesKeepTheirForm() {
    let client = server.connect()
    for count in [10, 300, 3000] {
      _ = client.send(["RPUSH", "a"] + (0..<count).map { "element \($0)" })
      let name = client.send("OBJECT", "ENCODING", "a")
      _ = client.send("COPY", "a", "b")
      _ = client.send("RENAME", "b", "c")
      _ = client.send("MOVE", "c", "1")
      _ = client.send("SELECT", "1")
      #expect(client.send("OBJECT", "ENCODING", "c") == name)
      let copied = client.send("LRANGE", "c", "0", "-1")
      _ = client.send("SELECT", "0")
      #expect(client.send("LRANGE", "a", "0", "-1") == copied)
      _ = client.send("FLUSHALL")
    }
  }

  /// Equal lists have equal digests, however they are stored; others have others.
  @Test func digests() {
    let client = server.connect()
    _ = client.send(["RPUSH", "k"] + (0..<100).map(String.init))
    let digest = client.server.pointee.keyspace.digest
    _ = client.send(["RPUSH", "k"] + (0..<5000).map(String.init))
    _ = client.send("LTRIM", "k", "0", "99")
    #expect(client.server.pointee.keyspace.digest == digest)
    _ = client.send("LMOVE", "k", "k", "LEFT", "RIGHT")
    #expect(client.server.pointee.keyspace.digest != digest)
  }
}
