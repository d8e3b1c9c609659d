/// One argument of a command as COMMAND DOCS describes it.
package struct ArgumentSpec: Sendable {
  package enum Kind: Sendable {
    case string, integer, double, key, pattern, unixTime, pureToken, oneof, block

    package var name: StaticString {
      switch self {
      case .string: "string"
      case .integer: "integer"
      case .double: "double"
      case .key: "key"
      case .pattern: "pattern"
      case .unixTime: "unix-time"
      case .pureToken: "pure-token"
      case .oneof: "oneof"
      case .block: "block"
      }
    }
  }

  package struct Flags: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let optional = Flags(rawValue: 1)
    package static let multiple = Flags(rawValue: 2)
    package static let multipleToken = Flags(rawValue: 4)

    package static let names: [(Flags, StaticString)] = [
      (.optional, "optional"), (.multiple, "multiple"), (.multipleToken, "multiple_token"),
    ]
  }

  package let name: StaticString
  package let kind: Kind
  /// What a person is shown instead of the name.
  package let display: StaticString?
  /// Index of the key specification, for keys.
  package let keySpecIndex: Int?
  package let token: StaticString?
  package let since: StaticString?
  package let deprecatedSince: StaticString?
  package let flags: Flags
  package let arguments: [ArgumentSpec]

  package init(
    _ name: StaticString, _ kind: Kind, display: StaticString? = nil, keySpec: Int? = nil,
    token: StaticString? = nil, since: StaticString? = nil,
    deprecatedSince: StaticString? = nil, _ flags: Flags = [], _ arguments: [ArgumentSpec] = []
  ) {
    self.name = name
    self.kind = kind
    self.display = display
    keySpecIndex = keySpec
    self.token = token
    self.since = since
    self.deprecatedSince = deprecatedSince
    self.flags = flags
    self.arguments = arguments
  }

  package static func key(
    _ name: StaticString = "key", keySpec: Int = 0, _ flags: Flags = []
  ) -> ArgumentSpec {
    ArgumentSpec(name, .key, keySpec: keySpec, flags)
  }

  /// A word that stands for itself.
  package static func token(
    _ name: StaticString, _ token: StaticString, since: StaticString? = nil, _ flags: Flags = []
  ) -> ArgumentSpec {
    ArgumentSpec(name, .pureToken, token: token, since: since, flags)
  }
}
