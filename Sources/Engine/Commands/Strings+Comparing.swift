import Core

/// Commands that compare strings: with one another, with a value, with a digest.
extension Strings {
  static let digest = CommandSpec(
    "digest", .string, since: "8.4.0", arity: 2, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])],
    summary: "Returns the XXH3 digest of a string key's value in hexadecimal.",
    complexity: "O(N) where N is the length of the string.", arguments: [.key()], run: runDigest)

  /// DIGEST key
  private static func runDigest(_ call: Call) throws(CommandError) {
    guard let slot = call.database.read(call.key(1)) else { return call.reply.null() }
    guard slot.entry.isString else { throw .wrongType }
    call.reply.bulk(StringDigest.text(StringDigest.value(of: call.database.string(slot))))
  }

  static let delex = CommandSpec(
    "delex", .string, since: "8.4.0", arity: -2, flags: [.write, .fast],
    keys: [.at(1, [.rm, .delete])],
    summary: "Deletes a key if its value or digest compares as wanted.",
    complexity: "O(1) for IFEQ and IFNE, O(N) for digests, N being the length of the string.",
    arguments: [
      .key(),
      ArgumentSpec("condition", .oneof, .optional, ValueCondition.comparisons(since: nil)),
    ], run: runDelex)

  /// DELEX key [IFEQ value | IFNE value | IFDEQ digest | IFDNE digest]
  private static func runDelex(_ call: Call) throws(CommandError) {
    guard call.count == 2 || call.count == 4 else {
      throw .text("ERR wrong number of arguments for 'delex' command")
    }
    var condition = ValueCondition.none
    if call.count == 4 {
      guard let comparison = ValueCondition.comparison(call, 2) else {
        throw .text("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE")
      }
      condition = comparison
    }
    try delete(call, if: condition)
  }

  static let delifeq = CommandSpec(
    "delifeq", .string, since: "9.0.0", arity: 3, flags: [.write, .fast],
    keys: [.at(1, [.rm, .delete])],
    summary: "Deletes a string key if it holds a value.",
    arguments: [.key(), ArgumentSpec("value", .string)], run: runDelifeq)

  /// DELIFEQ key value
  private static func runDelifeq(_ call: Call) throws(CommandError) {
    try delete(call, if: .equals(2))
  }

  private static func delete(
    _ call: Call, if condition: ValueCondition
  ) throws(CommandError) {
    let key = call.key(1)
    guard let slot = call.database.write(key), try condition.holds(call, slot) else {
      return call.reply.integer(0)
    }
    call.database.delete(slot, isLazy: call.database.lazyFreeing.isLazyForUserDelete)
    if call.isLogged { call.effect("DEL").add(key.bytes).end() }
    call.reply.integer(1)
    call.modified(key, .del)
  }

  static let lcs = CommandSpec(
    "lcs", .string, since: "7.0.0", arity: -3, flags: .readonly,
    keys: [KeySpec(.index(1), .range(last: 1, step: 1, limit: 0), [.ro, .access])],
    summary: "Finds the longest common subsequence of two strings.",
    complexity: "O(N*M) where N and M are the lengths of the strings.",
    arguments: [
      .key("key1"), .key("key2"), .token("len", "LEN", .optional), .token("idx", "IDX", .optional),
      ArgumentSpec("min-match-len", .integer, token: "MINMATCHLEN", .optional),
      .token("withmatchlen", "WITHMATCHLEN", .optional),
    ], run: runLcs)

  /// LCS key1 key2 [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN]
  private static func runLcs(_ call: Call) throws(CommandError) {
    // The texts stay where they are even if the second lookup changes the table.
    let first = try lcsText(call, 1)
    let second = try lcsText(call, 2)
    let options = try LCSOptions(call)
    let failure = first.withBytes { first in
      second.withBytes { second in replyLCS(call, first, second, options) }
    }
    if let failure { throw failure }
  }

  private static func lcsText(_ call: Call, _ index: Int) throws(CommandError) -> StringContent {
    guard let slot = call.database.read(call.key(index)) else { return .bytes(ByteView("")) }
    guard slot.entry.isString else {
      throw .text("ERR The specified keys must contain string values")
    }
    return call.database.string(slot)
  }

  private static func replyLCS(
    _ call: Call, _ first: ByteView, _ second: ByteView, _ options: LCSOptions
  ) -> CommandError? {
    do throws(LongestCommonSubsequence.Failure) {
      let lcs = try LongestCommonSubsequence(
        first, second, memoryLimit: UInt64(call.server.parserLimits.bulkByteCountMax),
        lengthOnly: options.wantsLength)
      if options.wantsLength {
        call.reply.integer(lcs.length)
      } else if options.wantsMatches {
        replyMatches(call, lcs, options)
      } else {
        call.reply.bulk(lcs.subsequence)
      }
      lcs.destroy()
      return nil
    } catch {
      switch error {
      case .tooLong: return .text("ERR String too long for LCS")
      case .exceedsLimit:
        return .text(
          "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
      case .outOfMemory:
        return .text("ERR Insufficient memory, failed allocating transient memory for LCS")
      }
    }
  }

  private static func replyMatches(
    _ call: Call, _ lcs: LongestCommonSubsequence, _ options: LCSOptions
  ) {
    var matches: [LongestCommonSubsequence.Match] = []
    lcs.forEachMatch(minimumCount: options.minimumMatchLength) { matches.append($0) }
    call.reply.map(2)
    call.reply.bulk("matches")
    call.reply.array(matches.count)
    for match in matches {
      call.reply.array(options.wantsMatchLength ? 3 : 2)
      for start in [match.first, match.second] {
        call.reply.array(2)
        call.reply.integer(start)
        call.reply.integer(start + match.count - 1)
      }
      if options.wantsMatchLength { call.reply.integer(match.count) }
    }
    call.reply.bulk("len")
    call.reply.integer(lcs.length)
  }
}

/// The options of LCS.
private struct LCSOptions {
  var wantsLength = false
  var wantsMatches = false
  var wantsMatchLength = false
  var minimumMatchLength = 0

  init(_ call: Call) throws(CommandError) {
    var index = 3
    while index < call.count {
      let word = call[index]
      if word.isKeyword("IDX") {
        wantsMatches = true
      } else if word.isKeyword("LEN") {
        wantsLength = true
      } else if word.isKeyword("WITHMATCHLEN") {
        wantsMatchLength = true
      } else if word.isKeyword("MINMATCHLEN"), index + 1 < call.count {
        index += 1
        minimumMatchLength = max(0, Int(try call.integer(index)))
      } else {
        throw .syntax
      }
      index += 1
    }
    if wantsMatches, wantsLength {
      throw .text("ERR If you want both the length and indexes, please just use IDX.")
    }
  }
}
