import Core
import Testing

@testable import Engine

/// Hashes in all forms beside dictionaries, with limits so small that each conversion is frequent.
@Suite struct HashValueTests {
  private final class Model {
    struct Field: Equatable {
      var value: String
      var deadline: Int64?
    }

    let keyspace = Keyspace(seedWords: (5, 6, 7, 8), databaseCount: 1)
    var fields: [String: Field] = [:]
    var keyDeadline: Int64?
    var random: KeyspaceRandom
    let database: Database

    init(_ seed: UInt64) {
      random = KeyspaceRandom(state: seed)
      database = keyspace[0]
      keyspace.state.pointee.collectionLimits.hash = .init(countMax: 6, elementByteCountMax: 8)
      keyspace.state.pointee.now = 1000
    }

    var now: Int64 {
      get { keyspace.state.pointee.now }
      set { keyspace.state.pointee.now = newValue }
    }

    func withKey<Result>(_ name: String = "key", _ body: (Key) throws -> Result) rethrows -> Result
    {
      try Array(name.utf8).withView { try body(database.key($0)) }
    }

    func with(_ field: String, _ value: String, _ body: (ByteView, ByteView) -> Void) {
      Array(field.utf8).withView { name in Array(value.utf8).withView { body(name, $0) } }
    }

    func hash(_ name: String = "key") -> HashValue? {
      withKey(name) { key in database.find(key).map { HashValue(database, $0) } }
    }

    /// What must be seen now.
    func expire() {
      fields = fields.filter { $0.value.deadline.map { $0 > now } ?? true }
      if let deadline = keyDeadline, deadline <= now { fields = [:] }
      if fields.isEmpty { keyDeadline = nil }
    }

    func draw(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    var anyField: String { draw(4) == 0 ? "\(draw(20))" : "field\(draw(20))" }
    var anyValue: String {
      switch draw(5) {
      case 0: String(repeating: "v", count: draw(30))
      case 1: "\(draw(1000))"
      default: "v\(draw(10))"
      }
    }

    /// What the hash shows.
    func shown(_ hash: HashValue) -> [String: Field] {
      var shown: [String: Field] = [:]
      hash.forEach { field in
        shown[field.name.withText { String($0) }] = Field(
          value: field.value.withText { String($0) }, deadline: field.deadline)
      }
      return shown
    }
  }

  private func step(_ model: Model) throws {
    switch model.draw(16) {
    case 0...5: try set(model)
    case 6, 7: remove(model)
    case 8, 9: setDeadline(model)
    case 10: model.now += Int64(model.draw(40))
    case 11:
      guard let hash = model.hash() else { break }
      let deadline = model.now + Int64(1 + model.draw(300))
      model.database.setDeadline(hash.slot, deadline)
      model.keyDeadline = deadline
    case 12:
      guard let hash = model.hash() else { break }
      #expect(model.database.removeDeadline(hash.slot) == (model.keyDeadline != nil))
      model.keyDeadline = nil
    case 13: copy(model)
    case 14: rename(model)
    default:
      var expiry = ActiveExpiry()
      expiry.run(model.keyspace, now: model.now, budgetNanoseconds: .max / 2) { 0 }
    }
  }

  private func set(_ model: Model) throws {
    let (field, value) = (model.anyField, model.anyValue)
    let old = model.fields[field]
    let deadline = model.now + Int64(1 + model.draw(200))
    let (change, expected): (HashValue.FieldDeadline, Int64?) =
      switch model.draw(6) {
      case 0: (.set(deadline), deadline)
      case 1: (.keep, old?.deadline)
      default: (.remove, nil)
      }
    try model.withKey { key in
      let hash = try model.database.makeHash(key)
      model.with(field, value) { #expect(hash.set($0, $1, change) == (old == nil)) }
    }
    model.fields[field] = Model.Field(value: value, deadline: expected)
  }

  private func remove(_ model: Model) {
    guard let hash = model.hash() else { return }
    let field = model.anyField
    let existed = model.fields.removeValue(forKey: field) != nil
    model.with(field, "") { name, _ in #expect(hash.remove(name) == existed) }
    #expect(hash.removeIfEmpty() == model.fields.isEmpty)
  }

  private func setDeadline(_ model: Model) {
    let field = model.anyField
    guard let hash = model.hash(), model.fields[field] != nil else { return }
    let deadline = model.draw(3) == 0 ? nil : model.now + Int64(1 + model.draw(200))
    model.with(field, "") { name, _ in hash.setDeadline(name, deadline) }
    model.fields[field]?.deadline = deadline
  }

  private func copy(_ model: Model) {
    guard let hash = model.hash() else { return }
    let digest = model.database.digest(hash.slot)
    model.withKey("copy") { model.database.copy(hash.slot, to: $0, of: model.database) }
    guard let copy = model.hash("copy") else {
      Issue.record("no copy")
      return
    }
    #expect(model.shown(copy) == model.fields)
    #expect(model.database.digest(copy.slot) == digest)
    #expect(model.database.volatileCount == (model.keyDeadline == nil ? 0 : 2))
    model.database.delete(copy.slot, isLazy: false)
  }

  private func rename(_ model: Model) {
    guard let hash = model.hash() else { return }
    model.withKey("other") { model.database.rename(hash.slot, to: $0) }
    guard let other = model.hash("other") else { return }
    model.withKey { model.database.rename(other.slot, to: $0) }
  }

  private func check(_ model: Model) {
    model.expire()
    guard let hash = model.hash() else {
      #expect(model.fields.isEmpty)
      #expect(model.database.count == 0)
      #expect(model.database.volatileCount == 0)
      return
    }
    #expect(model.database.volatileCount == (model.keyDeadline == nil ? 0 : 1))
    #expect(model.database.deadline(hash.slot) == model.keyDeadline)
    #expect(hash.count == model.fields.count)
    #expect(model.shown(hash) == model.fields)
    let field = model.anyField
    model.with(field, "") { name, _ in
      let value = hash.value(name)?.withText { String($0) }
      #expect(value == model.fields[field]?.value)
    }
    checkWalks(model, hash)
  }

  private func checkWalks(_ model: Model, _ hash: HashValue) {
    #expect(model.fields[hash.randomField().name.withText { String($0) }] != nil)
    let wanted = model.draw(hash.count + 1)
    var sample: Set<String> = []
    hash.forEachRandomField(wanted) { sample.insert($0.name.withText { String($0) }) }
    #expect(sample.count == wanted && sample.isSubset(of: model.fields.keys))
    var found: Set<String> = []
    var cursor: UInt64 = 0
    repeat {
      let part = hash.scan(cursor, count: 3, nil)
      found.formUnion(part.fields.map { $0.name.withText { String($0) } })
      cursor = part.next
    } while cursor != 0
    #expect(found == Set(model.fields.keys))
  }

  @Test(arguments: Array(0..<8) as [UInt64]) func randomOperations(_ seed: UInt64) throws {
    let model = Model(seed)
    for _ in 0..<3000 {
      try step(model)
      check(model)
    }
  }

  @Test func aHashWithoutFieldDeadlinesIsAPlainTableAgain() throws {
    let model = Model(1)
    try model.withKey { key in
      let hash = try model.database.makeHash(key)
      model.with("a", "1") { hash.set($0, $1) }
      #expect(hash.isListpack)
      model.with("a", "1") { name, _ in hash.setDeadline(name, nil) }
      #expect(hash.isListpack)
      model.with("a", "1") { name, _ in hash.setDeadline(name, 5000) }
      #expect(hash.expiring != nil && hash.slot.isVolatile)
      model.with("a", "1") { name, _ in hash.setDeadline(name, nil) }
      #expect(hash.entry.encoding == .table && !hash.slot.isVolatile)
    }
  }

  /// A hash with more due fields than one lookup removes shows none of them.
  @Test func manyFieldsDueAtOnce() throws {
    let model = Model(2)
    try model.withKey { key in
      var hash = try model.database.makeHash(key)
      for number in 0..<5000 {
        let change: HashValue.FieldDeadline = number < 4000 ? .set(2000) : .set(3000)
        model.with("field\(number)", "v") { hash.set($0, $1, change) }
      }
      model.now = 2000
      hash = try #require(model.hash())
      #expect(hash.table.count > 4000)
      #expect(hash.count == 1000)
      #expect(model.shown(hash).count == 1000)
      model.with("field1", "") { name, _ in #expect(hash.find(name) == nil) }
      for _ in 0..<100 {
        let number = Int(hash.randomField().name.withText { String($0) }.dropFirst(5))
        #expect(number ?? 0 >= 4000)
      }
      // One that is due, but still there, can be set anew.
      let isNew = Array("field2".utf8).withView { hash.set($0, ByteView("new")) }
      #expect(isNew)
      #expect(hash.count == 1001)
      model.now = 3000
      #expect(model.hash()?.count == 1)
      Array("field2".utf8).withView { _ = model.hash()?.remove($0) }
      // Now all that is left is due: there is no key, whether it has been removed or not.
      #expect(model.hash() == nil)
    }
  }

  /// Active expiry takes fields in portions and lets the key go when the last one is due.
  @Test func activeExpiryRemovesFields() throws {
    let model = Model(3)
    try model.withKey { key in
      let hash = try model.database.makeHash(key)
      for number in 0..<5000 {
        model.with("field\(number)", "v") { hash.set($0, $1, .set(2000 + Int64(number))) }
      }
      var expiry = ActiveExpiry()
      expiry.run(model.keyspace, now: 1999, budgetNanoseconds: .max / 2) { 0 }
      #expect(hash.table.count == 5000)
      model.now = 5999
      expiry.run(model.keyspace, now: 5999, budgetNanoseconds: .max / 2) { 0 }
      #expect(hash.table.count == 1000)
      #expect(model.keyspace.state.pointee.expiredFieldCount == 4000)
      model.now = 7000
      expiry.run(model.keyspace, now: 7000, budgetNanoseconds: .max / 2) { 0 }
      #expect(model.database.count == 0)
    }
  }
}
