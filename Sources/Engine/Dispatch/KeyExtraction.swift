import Core

/// Finds the keys in a call's arguments, from the command's key specifications.
///
/// COMMAND GETKEYS asks here, and so must whatever else needs a call's keys, such as permissions
/// for keys or a cluster's slots, so that no two can disagree. Arguments come from outside and need
/// not make sense: a specification that does not fit makes the whole answer `nil`, never a partial
/// one, because who checks permissions must not overlook a key. Most commands have keys at fixed
/// places and cost a loop over them.
///
/// A few commands have keys, or flags of keys, that no specification describes; they are listed in
/// `special`.
package enum KeyExtraction {
  package struct Found: Equatable {
    package let index: Int
    package let flags: KeyFlags
  }

  /// The keys of a call, in the order of the specifications; nil if the arguments do not fit them.
  /// `arguments` starts with the command's name; for a subcommand with its container's.
  package static func keys(
    of spec: CommandSpec, in arguments: ArgumentSlice
  ) -> [Found]? {
    if spec.keys.contains(where: { $0.flags.contains(.variableFlags) }) {
      return special(spec, arguments)
    }
    guard let found = bySpecs(spec, arguments) else { return special(spec, arguments) }
    return found
  }

  /// Whether calls of the command can have keys.
  package static func hasKeys(_ spec: CommandSpec) -> Bool {
    spec.keys.contains { !$0.flags.contains(.notKey) }
  }

  // MARK: Specifications

  private static func bySpecs(_ spec: CommandSpec, _ arguments: ArgumentSlice) -> [Found]? {
    var found: [Found] = []
    for key in spec.keys where !key.flags.contains(.notKey) {
      switch begin(key.begin, arguments) {
      case .absent: continue
      case .unknown: return nil
      case .at(let start):
        guard let range = range(key.find, from: start, arguments) else { return nil }
        found += range.map { Found(index: $0, flags: key.flags) }
      }
      if key.flags.contains(.incomplete) { return nil }
    }
    return found
  }

  private enum Start { case at(Int), absent, unknown }

  private static func begin(_ begin: KeySpec.Begin, _ arguments: ArgumentSlice) -> Start {
    switch begin {
    case .index(let index): return .at(index)
    case .unknown: return .unknown
    case .keyword(let word, let startFrom):
      let isForward = startFrom > 0
      let start = isForward ? startFrom : arguments.count + startFrom
      let places = isForward
        ? Array(stride(from: start, to: arguments.count, by: 1))
        : Array(stride(from: min(start, arguments.count - 1), to: 0, by: -1))
      for place in places where arguments[place].isKeyword(word) { return .at(place + 1) }
      return .absent
    }
  }

  /// The indexes from `start` on; nil when they are none or lie outside the arguments.
  private static func range(
    _ find: KeySpec.Find, from start: Int, _ arguments: ArgumentSlice
  ) -> StrideThrough<Int>? {
    let count = arguments.count
    var first = start
    var last = start
    let step: Int
    switch find {
    case .unknown: return nil
    case .range(let relativeLast, let rangeStep, let limit):
      step = rangeStep
      if relativeLast >= 0 {
        last = first + relativeLast
      } else if limit > 1 {
        last = first + (count - first) / limit + relativeLast
      } else {
        last = count + relativeLast
      }
    case .count(let countIndex, let firstKey, let countStep):
      step = countStep
      guard first + countIndex < count, let number = arguments[first + countIndex].parseInteger(),
        // More keys than arguments cannot be there, and could overflow below.
        number > 0, number <= Int64(count)
      else { return nil }
      first += firstKey
      last = first + (Int(number) - 1) * step
    }
    guard first < count, last >= first, last < count, step > 0 else { return nil }
    return stride(from: first, through: last, by: step)
  }

  // MARK: Special commands

  /// Keys that the specifications leave open; nil when the arguments do not fit, or the command is
  /// none of these.
  private static func special(_ spec: CommandSpec, _ arguments: ArgumentSlice) -> [Found]? {
    switch spec.name.description {
    case "set": set(arguments)
    case "bitfield": bitfield(arguments)
    case "sort": sort(arguments, canStore: true)
    case "sort_ro": sort(arguments, canStore: false)
    case "migrate": migrate(arguments)
    default: nil
    }
  }

  /// SET reads the key only with GET.
  private static func set(_ arguments: ArgumentSlice) -> [Found]? {
    guard arguments.count >= 3 else { return nil }
    let reads = (3..<arguments.count).contains { arguments[$0].isKeyword("GET") }
    return [Found(index: 1, flags: reads ? [.rw, .access, .update] : [.ow, .update])]
  }

  /// BITFIELD only reads when all its operations are GET.
  private static func bitfield(_ arguments: ArgumentSlice) -> [Found]? {
    guard arguments.count >= 2 else { return nil }
    var index = 2
    while index < arguments.count {
      let operation = arguments[index]
      let following = arguments.count - index - 1
      if operation.isKeyword("GET"), following >= 2 {
        index += 3
      } else if operation.isKeyword("OVERFLOW"), following >= 1 {
        index += 2
      } else {
        return [Found(index: 1, flags: [.rw, .access, .update])]
      }
    }
    return [Found(index: 1, flags: [.ro, .access])]
  }

  /// SORT's last STORE names a second key; its patterns name keys that only the data knows.
  private static func sort(_ arguments: ArgumentSlice, canStore: Bool) -> [Found]? {
    guard arguments.count >= 2 else { return nil }
    var target: Int?
    var index = 2
    while index < arguments.count {
      let option = arguments[index]
      let following = arguments.count - index - 1
      if option.isKeyword("LIMIT") {
        index += 2
      } else if option.isKeyword("GET") || option.isKeyword("BY") {
        index += 1
      } else if canStore, option.isKeyword("STORE"), following >= 1 {
        target = index + 1
        index += 1
      }
      index += 1
    }
    var found = [Found(index: 1, flags: [.ro, .access])]
    if let target { found.append(Found(index: target, flags: [.ow, .update])) }
    return found
  }

  /// MIGRATE's key is its third argument, or that is empty and the keys follow KEYS. With both, the
  /// command answers a syntax error.
  private static func migrate(_ arguments: ArgumentSlice) -> [Found]? {
    guard arguments.count >= 6 else { return nil }
    let flags: KeyFlags = [.rw, .access, .delete]
    var index = 6
    while index < arguments.count {
      let option = arguments[index]
      if option.isKeyword("KEYS") {
        guard arguments[3].isEmpty else { return nil }
        return ((index + 1)..<arguments.count).map { Found(index: $0, flags: flags) }
      }
      if option.isKeyword("AUTH") { index += 1 }
      if option.isKeyword("AUTH2") { index += 2 }
      index += 1
    }
    return [Found(index: 3, flags: flags)]
  }
}
