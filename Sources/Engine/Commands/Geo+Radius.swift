import Core

/// The older commands that search a circle.
extension Geo {
  private static let complexity: StaticString =
    "O(N+log(M)) where N is the number of places in the box around the circle and M that of all."

  private static let history: [CommandSpec.HistoryNote] = [
    .init("6.2.0", "New option `ANY` of `COUNT`."),
    .init("7.0.0", "Units may be in upper case."),
  ]

  /// Arguments from the radius on, without STORE.
  private static func circleArguments(anySince: StaticString?) -> [ArgumentSpec] {
    [ArgumentSpec("radius", .double), GeoUnit.argument()] + additions
      + [count(anySince: anySince), order]
  }

  private static let aroundPlace: [ArgumentSpec] =
    [.key()] + coordinates + circleArguments(anySince: "6.2.0")

  private static let aroundMember: [ArgumentSpec] =
    [.key(), ArgumentSpec("member", .string)] + circleArguments(anySince: nil)

  private static let stores = ArgumentSpec(
    "store", .oneof, .optional,
    [
      ArgumentSpec("storekey", .key, display: "key", keySpec: 1, token: "STORE"),
      ArgumentSpec("storedistkey", .key, display: "key", keySpec: 2, token: "STOREDIST"),
    ])

  private static func keys(optionsFrom start: Int) -> [KeySpec] {
    [.at(1, [.ro, .access])]
      + ["STORE", "STOREDIST"].map { (word: StaticString) in
        KeySpec(
          .keyword(word, startFrom: start), .range(last: 0, step: 1, limit: 0), [.ow, .update])
      }
  }

  // MARK: Around a place

  static let georadius = CommandSpec(
    "georadius", .geo, since: "3.2.0", arity: -6, flags: [.write, .denyoom],
    keys: keys(optionsFrom: 6),
    summary: "Returns or stores the members of a geo index in a circle around a place.",
    complexity: complexity, arguments: aroundPlace + [stores], history: history,
    deprecation: .init(
      since: "6.2.0",
      replacement: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"),
    run: runGeoradius)

  /// GEORADIUS key longitude latitude radius unit [WITHCOORD] [WITHDIST] [WITHHASH]
  /// [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]
  private static func runGeoradius(_ call: Call) throws(CommandError) {
    try search(call, .aroundPlace(canStore: true), source: 1)
  }

  static let georadiusRo = CommandSpec(
    "georadius_ro", .geo, since: "3.2.10", arity: -6, flags: [.readonly],
    keys: [.at(1, [.ro, .access])],
    summary: "Returns the members of a geo index in a circle around a place.",
    complexity: complexity, arguments: aroundPlace, history: history,
    deprecation: .init(
      since: "6.2.0", replacement: "`GEOSEARCH` with the `BYRADIUS` argument"),
    run: runGeoradiusRo)

  /// GEORADIUS_RO key longitude latitude radius unit [WITHCOORD] [WITHDIST] [WITHHASH]
  /// [COUNT count [ANY]] [ASC | DESC]
  private static func runGeoradiusRo(_ call: Call) throws(CommandError) {
    try search(call, .aroundPlace(canStore: false), source: 1)
  }

  // MARK: Around a member

  static let georadiusbymember = CommandSpec(
    "georadiusbymember", .geo, since: "3.2.0", arity: -5, flags: [.write, .denyoom],
    keys: keys(optionsFrom: 5),
    summary: "Returns or stores the members of a geo index in a circle around one of them.",
    complexity: complexity, arguments: aroundMember + [stores], history: history,
    deprecation: .init(
      since: "6.2.0",
      replacement: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments"
    ),
    run: runGeoradiusbymember)

  /// GEORADIUSBYMEMBER key member radius unit [WITHCOORD] [WITHDIST] [WITHHASH]
  /// [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]
  private static func runGeoradiusbymember(_ call: Call) throws(CommandError) {
    try search(call, .aroundMember(canStore: true), source: 1)
  }

  static let georadiusbymemberRo = CommandSpec(
    "georadiusbymember_ro", .geo, since: "3.2.10", arity: -5, flags: [.readonly],
    keys: [.at(1, [.ro, .access])],
    summary: "Returns the members of a geo index in a circle around one of them.",
    complexity: complexity, arguments: aroundMember, history: history,
    deprecation: .init(
      since: "6.2.0", replacement: "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"),
    run: runGeoradiusbymemberRo)

  /// GEORADIUSBYMEMBER_RO key member radius unit [WITHCOORD] [WITHDIST] [WITHHASH]
  /// [COUNT count [ANY]] [ASC | DESC]
  private static func runGeoradiusbymemberRo(_ call: Call) throws(CommandError) {
    try search(call, .aroundMember(canStore: false), source: 1)
  }
}
