import Core

/// The filters of CLIENT LIST and CLIENT KILL.
extension Clients {
  /// Reads pairs of a word and a value from argument `first` on. What is said twice counts as said
  /// the last time.
  static func parseFilter(
    _ call: Call, from first: Int, isKill: Bool
  ) throws(CommandError) -> ClientFilter {
    var filter = ClientFilter()
    filter.skipsAsking = isKill
    var index = first
    while index < call.count {
      var word = call[index]
      index += 1
      guard index < call.count else { throw .syntax }
      if word.isKeyword("skipme") {
        filter.skipsAsking = try parseSkip(call[index])
        index += 1
        continue
      }
      let isNegated = word.count > 4 && word.slice(0, 4).isKeyword("not-")
      if isNegated { word = word.slice(4, word.count) }
      let test: ClientFilter.Test
      if word.isKeyword("id") {
        test = .ids(try parseIDs(call, &index, isKill: isKill))
        // What follows the numbers of LIST is another number or the word of another filter.
        if !isKill, index < call.count, !isFilterWord(call[index]) { throw invalidID }
      } else {
        test = try parseTest(word, call[index], call, isNegated: isNegated)
        index += 1
      }
      filter.add(test, isNegated: isNegated)
    }
    return filter
  }

  private static func parseSkip(_ word: ByteView) throws(CommandError) -> Bool {
    if word.isKeyword("yes") { return true }
    guard word.isKeyword("no") else { throw .syntax }
    return false
  }

  /// One number and those that follow it.
  private static func parseIDs(
    _ call: Call, _ index: inout Int, isKill: Bool
  ) throws(CommandError) -> [UInt64] {
    var ids: [UInt64] = []
    while index < call.count, let id = call[index].parseInteger() {
      if isKill, id < 1 { break }
      // No client has a number below 1.
      ids.append(UInt64(clamping: id))
      index += 1
    }
    if ids.isEmpty {
      throw isKill ? .text("ERR client-id should be greater than 0") : invalidID
    }
    return ids
  }

  private static var invalidID: CommandError { .text("ERR Invalid client ID") }

  private static func isFilterWord(_ word: ByteView) -> Bool {
    let isNegated = word.count > 4 && word.slice(0, 4).isKeyword("not-")
    let name = isNegated ? word.slice(4, word.count) : word
    return filterWords.contains { name.isKeyword($0) }
  }

  private static let filterWords: [StaticString] = [
    "id", "type", "user", "addr", "laddr", "ip", "name", "lib-name", "lib-ver", "flags", "db",
    "maxage", "idle", "skipme",
  ]

  private static func parseTest(
    _ word: ByteView, _ value: ByteView, _ call: Call, isNegated: Bool
  ) throws(CommandError) -> ClientFilter.Test {
    if word.isKeyword("type") {
      guard let type = ClientType(value) else {
        throw call.fail("ERR Unknown client type '", echoing: value, "'")
      }
      return .type(type)
    }
    if word.isKeyword("user") {
      guard value == ByteView("default") else {
        throw call.fail("ERR No such user '", echoing: value, "'")
      }
      return .user(Array(value))
    }
    if word.isKeyword("addr") { return .address(Array(value)) }
    if word.isKeyword("laddr") { return .localAddress(Array(value)) }
    if word.isKeyword("ip") { return .ip(Array(value)) }
    if word.isKeyword("name") { return .name(Array(value)) }
    if word.isKeyword("lib-name") { return .libraryName(Array(value)) }
    if word.isKeyword("lib-ver") { return .libraryVersion(Array(value)) }
    if word.isKeyword("flags") { return .flags(try parseFlags(value, call)) }
    if word.isKeyword("db") { return .database(try parseDatabase(value, call)) }
    if isNegated { throw .syntax }
    if word.isKeyword("maxage") { return .minimumAge(try parseSeconds("maxage", value, call)) }
    if word.isKeyword("idle") { return .minimumIdle(try parseSeconds("idle", value, call)) }
    throw .syntax
  }

  private static func parseSeconds(
    _ name: String, _ value: ByteView, _ call: Call
  ) throws(CommandError) -> UInt64 {
    guard let seconds = value.parseInteger() else {
      throw call.fail("ERR \(name) is not an integer or out of range")
    }
    guard seconds > 0 else { throw call.fail("ERR \(name) should be greater than 0") }
    return UInt64(seconds)
  }

  private static func parseDatabase(_ value: ByteView, _ call: Call) throws(CommandError) -> Int {
    guard let index = value.parseInteger() else {
      throw .text("ERR DB is not an integer or out of range")
    }
    let last = call.server.keyspace.databaseCount - 1
    guard index >= 0, index <= last else {
      throw call.fail("ERR DB number should be between 0 and \(last)")
    }
    return Int(index)
  }

  private static func parseFlags(_ value: ByteView, _ call: Call) throws(CommandError) -> [UInt8] {
    let known = Array("AbcdeiMNOPrRStTuUxB".utf8)
    let flags = Array(value)
    guard flags.allSatisfy({ known.contains($0) }) else {
      throw call.fail("ERR Unknown flags found in the provided filter: ", echoing: value)
    }
    return flags
  }
}
