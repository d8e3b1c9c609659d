import Core

/// Which arguments of a call are secrets, which the slow log and MONITOR do not show: passwords, and
/// what tells of users.
package struct SensitiveArguments {
  private var indexes: Range<Int>
  /// Positions outside the range: values of CONFIG SET.
  private var others: [Int] = []

  package init(_ arguments: ArgumentSlice) {
    indexes = 0..<0
    let count = arguments.count
    guard count >= 2 else { return }
    let name = arguments[0]
    if name.isKeyword("AUTH") {
      indexes = 1..<count
    } else if name.isKeyword("ACL") {
      let isAboutUsers = ["SETUSER", "GETUSER", "DELUSER"].contains {
        arguments[1].isKeyword($0)
      }
      if isAboutUsers { indexes = 2..<max(2, count) }
    } else if name.isKeyword("CONFIG"), arguments[1].isKeyword("SET") {
      others = Self.secretValues(arguments)
    } else if name.isKeyword("HELLO") {
      indexes = Self.following("AUTH", 2, in: arguments, from: 2)
    } else if name.isKeyword("MIGRATE"), count > 6 {
      indexes = Self.following("AUTH", 1, in: arguments, from: 6)
      if indexes.isEmpty { indexes = Self.following("AUTH2", 2, in: arguments, from: 6) }
    }
  }

  package func contains(_ index: Int) -> Bool { indexes.contains(index) || others.contains(index) }

  /// The `wanted` arguments behind the word.
  private static func following(
    _ word: StaticString, _ wanted: Int, in arguments: ArgumentSlice, from start: Int
  ) -> Range<Int> {
    var index = start
    while index < arguments.count, !arguments[index].isKeyword(word) { index += 1 }
    let first = min(index + 1, arguments.count)
    return first..<min(first + wanted, arguments.count)
  }

  private static func secretValues(_ arguments: ArgumentSlice) -> [Int] {
    stride(from: 2, to: arguments.count - 1, by: 2).compactMap { index in
      let parameter = ParameterTable.parameter(named: Array(arguments[index]))
      return parameter?.flags.contains(.sensitive) == true ? index + 1 : nil
    }
  }
}
