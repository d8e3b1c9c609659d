import Core

/// Commands that read lists.
extension Lists {
  static let llen = CommandSpec(
    "llen", .list, since: "1.0.0", arity: 2, flags: [.readonly, .fast], keys: [.at(1, [.ro])],
    summary: "Returns the number of elements of a list.", arguments: [.key()], run: runLlen)

  /// LLEN key
  private static func runLlen(_ call: Call) throws(CommandError) {
    call.reply.integer(try call.database.readList(call.key(1))?.count ?? 0)
  }

  static let lindex = CommandSpec(
    "lindex", .list, since: "1.0.0", arity: 3, flags: [.readonly], keys: [.at(1, [.ro, .access])],
    summary: "Returns the element of a list at an index.",
    complexity: "O(N) where N is the number of nodes to the element; O(1) at both ends.",
    arguments: [.key(), ArgumentSpec("index", .integer)], run: runLindex)

  /// LINDEX key index
  private static func runLindex(_ call: Call) throws(CommandError) {
    guard let list = try call.database.readList(call.key(1)) else { return call.reply.null() }
    let index = try call.integer(2)
    guard let position = list.seek(Int(index)) else { return call.reply.null() }
    call.reply.bulk(position.element)
  }

  static let lrange = CommandSpec(
    "lrange", .list, since: "1.0.0", arity: 4, flags: [.readonly], keys: [.at(1, [.ro, .access])],
    summary: "Returns the elements of a list between two indexes.",
    complexity: "O(S+N) where S is the number of nodes before the range and N the elements in it.",
    arguments: [.key(), ArgumentSpec("start", .integer), ArgumentSpec("stop", .integer)],
    run: runLrange)

  /// LRANGE key start stop
  private static func runLrange(_ call: Call) throws(CommandError) {
    let start = try call.integer(2)
    let stop = try call.integer(3)
    guard let list = try call.database.readList(call.key(1)) else { return call.reply.array(0) }
    let range = range(start, stop, of: list.count)
    if range.isEmpty { return call.reply.array(0) }
    reply(call, list, from: list.seek(range.lowerBound), range.count, forward: true)
  }

  /// The indexes from `start` to `stop`, from the tail when negative, as far as they exist.
  static func range(_ start: Int64, _ stop: Int64, of count: Int) -> Range<Int> {
    let first = start < 0 ? max(Int(start) &+ count, 0) : Int(start)
    let last = stop < 0 ? Int(stop) &+ count : min(Int(stop), count &- 1)
    return first <= last && first < count ? first..<(last &+ 1) : 0..<0
  }

  static let lpos = CommandSpec(
    "lpos", .list, since: "6.0.6", arity: -3, flags: [.readonly], keys: [.at(1, [.ro, .access])],
    summary: "Returns the indexes of elements of a list that are equal to one.",
    complexity: "O(N) where N is the number of elements that are looked at.",
    arguments: [
      .key(), ArgumentSpec("element", .string),
      ArgumentSpec("rank", .integer, token: "RANK", .optional),
      ArgumentSpec("num-matches", .integer, token: "COUNT", .optional),
      ArgumentSpec("len", .integer, token: "MAXLEN", .optional),
    ], run: runLpos)

  /// Which elements LPOS looks for.
  private struct Search {
    /// Counted from 1, from the tail when negative.
    var rank: Int64 = 1
    /// nil: one, which is not in an array.
    var count: Int64?
    var elementCountMax: Int64 = 0
  }

  /// LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]
  private static func runLpos(_ call: Call) throws(CommandError) {
    let search = try parseSearch(call)
    guard let list = try call.database.readList(call.key(1)) else {
      return search.count == nil ? call.reply.null() : call.reply.array(0)
    }
    let number = search.count ?? 1
    let found = positions(list, ListPattern(call[2]), search, atMost: number == 0 ? .max : number)
    guard search.count != nil else {
      if let index = found.first { return call.reply.integer(index) }
      return call.reply.null()
    }
    call.reply.array(found.count)
    for index in found { call.reply.integer(index) }
  }

  private static func parseSearch(_ call: Call) throws(CommandError) -> Search {
    var search = Search()
    for index in stride(from: 3, to: call.count, by: 2) {
      guard index + 1 < call.count else { throw .syntax }
      if call[index].isKeyword("RANK") {
        search.rank = try symmetricInteger(call, index + 1)
        if search.rank == 0 { throw rankIsZero }
      } else if call[index].isKeyword("COUNT") {
        search.count = try number(call, index + 1, "ERR COUNT can't be negative")
      } else if call[index].isKeyword("MAXLEN") {
        search.elementCountMax = try number(call, index + 1, "ERR MAXLEN can't be negative")
      } else {
        throw .syntax
      }
    }
    return search
  }

  /// The argument at `index` as an integer that can be negated.
  static func symmetricInteger(_ call: Call, _ index: Int) throws(CommandError) -> Int64 {
    let value = try call.integer(index)
    guard value == .min else { return value }
    throw .text(
      """
      ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
      """)
  }

  private static var rankIsZero: CommandError {
    .text(
      """
      ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use \
      negative to start from the end of the list
      """)
  }

  private static func number(
    _ call: Call, _ index: Int, _ complaint: StaticString
  ) throws(CommandError) -> Int64 {
    guard let value = call[index].parseInteger(), value >= 0 else { throw .text(complaint) }
    return value
  }

  /// The indexes of what was looked for. They are counted before the reply can begin.
  private static func positions(
    _ list: ListValue, _ pattern: ListPattern, _ search: Search, atMost limit: Int64
  ) -> [Int] {
    let isForward = search.rank > 0
    var toSkip = search.rank.magnitude - 1
    var index = isForward ? 0 : list.count - 1
    var left = search.elementCountMax == 0 ? Int64.max : search.elementCountMax
    var found: [Int] = []
    list.forEach(from: isForward ? list.first : list.last, isForward ? .tail : .head) { element in
      if pattern.matches(element) {
        if toSkip == 0 { found.append(index) } else { toSkip -= 1 }
      }
      index += isForward ? 1 : -1
      left -= 1
      return left > 0 && Int64(found.count) < limit
    }
    return found
  }
}
