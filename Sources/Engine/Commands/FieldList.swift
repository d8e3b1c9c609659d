import Core

/// The arguments `FIELDS numfields field [field ...]`, which end a command on fields' deadlines.
struct FieldList {
  let range: Range<Int>

  /// Those from argument `start` on. `message`: what is said about a number that is none.
  init(
    _ call: Call, from start: Int,
    message: StaticString = "ERR Number of fields must be a positive integer"
  ) throws(CommandError) {
    guard start < call.count, call[start].isKeyword("FIELDS") else {
      throw .text("ERR Mandatory argument FIELDS is missing or not at the right position")
    }
    guard start + 1 < call.count else {
      throw call.fail("ERR wrong number of arguments for '\(call.commandName)' command")
    }
    guard let count = call[start + 1].parseInteger(), count > 0 else { throw .text(message) }
    guard count == Int64(call.count - start - 2) else {
      throw .text("ERR The `numfields` parameter must match the number of arguments")
    }
    range = start + 2..<call.count
  }

  static let argument = ArgumentSpec(
    "fields", .block, token: "FIELDS", [],
    [ArgumentSpec("numfields", .integer), ArgumentSpec("field", .string, .multiple)])
}

/// Deadlines of fields as clients give them.
struct FieldDeadlineArgument {
  /// The time in an argument as unix milliseconds. `base`: what it counts from.
  static func parse(
    _ call: Call, _ index: Int, millisecondsPerUnit: Int64, from base: Int64
  ) throws(CommandError) -> Int64 {
    let time = try call.integer(index)
    if time < 0 { throw .text("ERR invalid expire time, must be >= 0") }
    // The bound is far from where the product or the sum would overflow.
    let max = HashValue.deadlineMax
    guard time <= max / millisecondsPerUnit, time * millisecondsPerUnit <= max - base else {
      throw call.fail("ERR invalid expire time in '\(call.commandName)' command")
    }
    return time * millisecondsPerUnit + base
  }
}
