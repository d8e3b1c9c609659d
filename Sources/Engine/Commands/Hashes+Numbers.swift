import Core

/// Fields that are numbers.
extension Hashes {
  static let hincrby = CommandSpec(
    "hincrby", .hash, since: "2.0.0", arity: 4, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .access, .update])],
    member: 2, summary: "Adds to an integer field, which starts at 0 if missing.",
    arguments: [.key(), fieldArgument, ArgumentSpec("increment", .integer)], run: runHincrby)

  /// HINCRBY key field increment
  private static func runHincrby(_ call: Call) throws(CommandError) {
    let increment = try call.integer(3)
    let key = call.key(1)
    let hash = try call.database.writeHash(key)
    var old: Int64 = 0
    switch hash?.value(call[2]) {
    case .integer(let number): old = number
    case .bytes(let text):
      guard let number = text.parseInteger() else {
        throw .text("ERR hash value is not an integer")
      }
      old = number
    case nil: break
    }
    let (sum, overflow) = old.addingReportingOverflow(increment)
    if overflow { throw .overflow }
    let target = try call.database.makeHash(key)
    ListpackElement.integer(sum).withText { _ = target.set(call[2], $0, .keep) }
    call.reply.integer(sum)
    call.modified(key, .hincrby)
  }

  static let hincrbyfloat = CommandSpec(
    "hincrbyfloat", .hash, since: "2.6.0", arity: 4, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .access, .update])],
    member: 2, summary: "Adds to a floating point field, which starts at 0 if missing.",
    arguments: [.key(), fieldArgument, ArgumentSpec("increment", .double)], run: runHincrbyfloat)

  /// HINCRBYFLOAT key field increment
  private static func runHincrbyfloat(_ call: Call) throws(CommandError) {
    // Whether the increment is a number is looked at before the key is.
    switch FloatText.withSum(ByteView("0"), call[3], { _ in }) {
    case .written: break
    case .notFinite: throw .text("ERR value is NaN or Infinity")
    default: throw .notFloat
    }
    let key = call.key(1)
    let hash = try call.database.makeHash(key)
    let old = hash.value(call[2]) ?? .integer(0)
    let outcome = old.withText { text in
      FloatText.withSum(text, call[3]) { sum in
        hash.set(call[2], sum, .keep)
        call.reply.bulk(sum)
        if call.isLogged { logSum(call, key, hash, sum) }
      }
    }
    switch outcome {
    case .written: call.modified(key, .hincrbyfloat)
    case .notFinite: throw .text("ERR increment would produce NaN or Infinity")
    default: throw .text("ERR hash value is not a float")
    }
  }

  /// HSETEX keeps the field's deadline; where there is none, HSET does, which Redis 7 knows too.
  private static func logSum(_ call: Call, _ key: Key, _ hash: HashValue, _ sum: ByteView) {
    let field = call[2]
    guard let place = hash.find(field), hash.deadline(place) != nil else {
      return call.effect("HSET").add(key.bytes).add(field).add(sum).end()
    }
    call.effect("HSETEX").add(key.bytes).add("KEEPTTL").add("FIELDS").add(1).add(field).add(sum)
      .end()
  }
}
