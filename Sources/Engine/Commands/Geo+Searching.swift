import Core

/// Commands that search a geo index.
extension Geo {
  private static let complexity: StaticString =
    "O(N+log(M)) where N is the number of places in the box around the shape and M that of all."

  private static let shapes = ArgumentSpec(
    "by", .oneof, [],
    [
      ArgumentSpec(
        "circle", .block, [],
        [ArgumentSpec("radius", .double, token: "BYRADIUS"), GeoUnit.argument()]),
      ArgumentSpec(
        "box", .block, [],
        [
          ArgumentSpec("width", .double, token: "BYBOX"), ArgumentSpec("height", .double),
          GeoUnit.argument(),
        ]),
      ArgumentSpec(
        "polygon", .block, since: "9.0.0", [],
        [
          ArgumentSpec("num-vertices", .integer, token: "BYPOLYGON"),
          ArgumentSpec("vertices", .block, .multiple, coordinates),
        ]),
    ])

  private static let searchArguments: [ArgumentSpec] = [
    ArgumentSpec(
      "from", .oneof, .optional,
      [
        ArgumentSpec("member", .string, token: "FROMMEMBER"),
        ArgumentSpec("fromlonlat", .block, token: "FROMLONLAT", [], coordinates),
      ]),
    shapes, order, count(anySince: nil),
  ]

  static let order = ArgumentSpec(
    "order", .oneof, .optional, [.token("asc", "ASC"), .token("desc", "DESC")])

  static func count(anySince: StaticString?) -> ArgumentSpec {
    ArgumentSpec(
      "count-block", .block, .optional,
      [
        ArgumentSpec("count", .integer, token: "COUNT"),
        .token("any", "ANY", since: anySince, .optional),
      ])
  }

  static let additions: [ArgumentSpec] = [
    .token("withcoord", "WITHCOORD", .optional), .token("withdist", "WITHDIST", .optional),
    .token("withhash", "WITHHASH", .optional),
  ]

  private static let searchHistory: [CommandSpec.HistoryNote] = [
    .init("7.0.0", "Units may be in upper case."), .init("9.0.0", "New option `BYPOLYGON`."),
  ]

  static let geosearch = CommandSpec(
    "geosearch", .geo, since: "6.2.0", arity: -7, flags: [.readonly],
    keys: [.at(1, [.ro, .access])],
    summary: "Returns the members of a geo index in a circle, a box or a polygon.",
    complexity: complexity, arguments: [.key()] + searchArguments + additions,
    history: searchHistory, run: runGeosearch)

  /// GEOSEARCH key [FROMMEMBER member | FROMLONLAT longitude latitude]
  /// BYRADIUS radius unit | BYBOX width height unit
  /// | BYPOLYGON num-vertices longitude latitude [longitude latitude ...]
  /// [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]
  private static func runGeosearch(_ call: Call) throws(CommandError) {
    try search(call, .search, source: 1)
  }

  static let geosearchstore = CommandSpec(
    "geosearchstore", .geo, since: "6.2.0", arity: -8, flags: [.write, .denyoom],
    keys: [.at(1, [.ow, .update]), .at(2, [.ro, .access])],
    summary: "Stores the members of a geo index in a circle, a box or a polygon in a key.",
    complexity: complexity,
    arguments: [.key("destination"), .key("source", keySpec: 1)] + searchArguments
      + [.token("storedist", "STOREDIST", .optional)],
    history: searchHistory, run: runGeosearchstore)

  /// GEOSEARCHSTORE destination source [FROMMEMBER member | FROMLONLAT longitude latitude]
  /// BYRADIUS radius unit | BYBOX width height unit
  /// | BYPOLYGON num-vertices longitude latitude [longitude latitude ...]
  /// [ASC | DESC] [COUNT count [ANY]] [STOREDIST]
  private static func runGeosearchstore(_ call: Call) throws(CommandError) {
    try search(call, .searchStore, source: 2)
  }

  // MARK: All of them

  static func search(
    _ call: Call, _ form: GeoQuery.Form, source: Int
  ) throws(CommandError) {
    let set = try call.database.readSortedSet(call.key(source))
    let query = try GeoQuery(call, form, set)
    var hits = GeoHits(order: query.order, limit: query.limit)
    defer { hits.free() }
    if let set, let shape = query.shape() {
      set.search(shape, limit: query.searchLimit, &hits)
      hits.rank()
    }
    if let destination = query.destination {
      let isRadius = if case .searchStore = form { false } else { true }
      store(call, hits, query, destination, isRadius ? .georadiusstore : .geosearchstore)
    } else {
      reply(call, hits, query)
    }
  }

  private static func reply(_ call: Call, _ hits: GeoHits, _ query: GeoQuery) {
    let reply = call.reply
    let additions = [query.withDistances, query.withHashes, query.withPlaces].count { $0 }
    reply.array(hits.wantedCount)
    hits.forEach { hit in
      if additions > 0 { reply.array(1 + additions) }
      reply.bulk(hit.member)
      if query.withDistances { reply.bulk(distance: hit.distance / query.metresPerUnit) }
      if query.withHashes { reply.integer(Int64(hit.score)) }
      if query.withPlaces {
        reply.place(Geohash.place(score: Geohash.bits(ofScore: hit.score)))
      }
    }
  }

  /// The destination may be the source: the hits are copied before it is replaced.
  private static func store(
    _ call: Call, _ hits: GeoHits, _ query: GeoQuery, _ destination: Int, _ event: KeyspaceEvent
  ) {
    var builder = SortedSetBuilder(call.database.keyspace.pointee.tables)
    hits.forEach { hit in
      let score = query.storesDistances ? hit.distance / query.metresPerUnit : hit.score
      hit.member.withText { builder.append($0, score: score) }
    }
    builder.sort()
    let set = SortedSetValue(builder, call.database.keyspace)
    let count = set.count
    let key = call.key(destination)
    let isChanged = call.database.replace(key, with: set)
    call.reply.integer(count)
    if isChanged, query.isPolygon { SortedSets.logReplaced(call, key) }
    if count > 0 {
      SortedSets.changed(call, key, event, count: count)
    } else if isChanged {
      call.modified(key, .del)
    }
  }
}
