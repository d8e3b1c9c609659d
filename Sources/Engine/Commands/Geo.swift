import Core

/// Commands on geo indices, which are sorted sets: this file has those that add members and tell
/// about them.
enum Geo {
  static let specs: [CommandSpec] = [
    geoadd, geodist, geohash, geopos, geosearch, geosearchstore,
    georadius, georadiusRo, georadiusbymember, georadiusbymemberRo,
  ]

  // MARK: Adding

  static let geoadd = CommandSpec(
    "geoadd", .geo, since: "3.2.0", arity: -5, flags: [.write, .denyoom],
    keys: [.at(1, [.rw, .update])], member: 4,
    summary: "Adds places to a geo index, which is made if missing, or moves them.",
    complexity: "O(log(N)) for each place, where N is the number of members.",
    arguments: [
      .key(),
      ArgumentSpec(
        "condition", .oneof, since: "6.2.0", .optional, [.token("nx", "NX"), .token("xx", "XX")]),
      .token("change", "CH", since: "6.2.0", .optional),
      ArgumentSpec(
        "data", .block, .multiple, coordinates + [ArgumentSpec("member", .string)]),
    ],
    history: [.init("6.2.0", "New options `CH`, `NX` and `XX`.")], run: runGeoadd)

  static let coordinates: [ArgumentSpec] = [
    ArgumentSpec("longitude", .double), ArgumentSpec("latitude", .double),
  ]

  /// GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]
  private static func runGeoadd(_ call: Call) throws(CommandError) {
    var options = SortedSetValue.AddOptions()
    var countsMoved = false
    var start = 2
    while start < call.count, let option = addOption(call[start]) {
      if let condition = option { options.insert(condition) } else { countsMoved = true }
      start += 1
    }
    let count = (call.count - start) / 3
    guard count > 0, (call.count - start) % 3 == 0,
      !options.isSuperset(of: [.onlyNew, .onlyExisting])
    else { throw .syntax }
    let first = try score(call, start)
    // Nothing is changed if one of them is no place.
    for index in stride(from: start + 3, to: call.count, by: 3) { _ = try score(call, index) }
    let key = call.key(1)
    let slot = try call.database.write(key, as: .sortedSet)
    if slot == nil, options.contains(.onlyExisting) { return call.reply.integer(0) }
    var set =
      slot.map { call.database.sortedSet($0) }
      ?? .forAdding(call[start + 2], count: count, call.database.keyspace)
    set.prepare(forAdding: count)
    var (added, moved) = (0, 0)
    for index in stride(from: start, to: call.count, by: 3) {
      let score = index == start ? first : try score(call, index)
      switch set.add(call[index + 2], call.memberHash(index + 2), score, options) {
      case .added: added += 1
      case .updated: moved += 1
      case .same, .refused, .notANumber: break
      }
    }
    call.database.put(set, in: slot, key)
    call.reply.integer(countsMoved ? added + moved : added)
    if call.isLogged, added + moved > 0 { try logAdded(call, from: start) }
    if added + moved > 0 { SortedSets.changed(call, key, .zadd, count: added + moved) }
  }

  /// Places as the scores that they are: reading them again is not left to another server.
  private static func logAdded(_ call: Call, from start: Int) throws(CommandError) {
    let effect = call.effect("ZADD").add(call, 1..<start)
    for index in stride(from: start, to: call.count, by: 3) {
      effect.add(score: try score(call, index)).add(call[index + 2])
    }
    effect.end()
  }

  /// The option that a word is: nil for CH inside, nil outside for none.
  @inline(__always)
  private static func addOption(_ word: ByteView) -> SortedSetValue.AddOptions?? {
    guard word.count == 2 else { return .none }
    if word.isKeyword("NX") { return .onlyNew }
    if word.isKeyword("XX") { return .onlyExisting }
    return word.isKeyword("CH") ? .some(.none) : .none
  }

  @inline(__always)
  private static func score(_ call: Call, _ index: Int) throws(CommandError) -> Double {
    Double(Geohash.score(try place(call, index)))
  }

  /// The place of two arguments, longitude first.
  @inline(__always)
  static func place(_ call: Call, _ index: Int) throws(CommandError) -> GeoPoint {
    guard let longitude = call[index].parseDouble(), let latitude = call[index + 1].parseDouble()
    else { throw .notFloat }
    let place = GeoPoint(longitude: longitude, latitude: latitude)
    guard Geohash.isValid(place) else { throw failInvalid(call, place) }
    return place
  }

  @inline(never)
  private static func failInvalid(_ call: Call, _ place: GeoPoint) -> CommandError {
    let text = String(decoding: GeoText.pair(place), as: UTF8.self)
    return call.fail("ERR invalid longitude,latitude pair \(text)")
  }

  // MARK: Telling

  static let geodist = CommandSpec(
    "geodist", .geo, since: "3.2.0", arity: -4, flags: [.readonly],
    keys: [.at(1, [.ro, .access])],
    summary: "Returns the distance between two members of a geo index.",
    arguments: [
      .key(), ArgumentSpec("member1", .string), ArgumentSpec("member2", .string),
      GeoUnit.argument(.optional),
    ], run: runGeodist)

  /// GEODIST key member1 member2 [M | KM | FT | MI]
  private static func runGeodist(_ call: Call) throws(CommandError) {
    let unit = call.count > 4 ? call.count == 5 ? try GeoUnit.metres(call[4]) : nil : 1
    guard let unit else { throw .syntax }
    guard let set = try call.database.readSortedSet(call.key(1)), let first = set.place(call[2]),
      let second = set.place(call[3])
    else { return call.reply.null() }
    call.reply.bulk(distance: GeoDistance.between(first, second) / unit)
  }

  private static let membersArguments: [ArgumentSpec] = [
    .key(), ArgumentSpec("member", .string, [.optional, .multiple]),
  ]

  static let geohash = CommandSpec(
    "geohash", .geo, since: "3.2.0", arity: -2, flags: [.readonly],
    keys: [.at(1, [.ro, .access])],
    summary: "Returns the places of members as geohash texts of eleven letters.",
    complexity: "O(1) for each member asked for.", arguments: membersArguments, run: runGeohash)

  /// GEOHASH key [member [member ...]]
  private static func runGeohash(_ call: Call) throws(CommandError) {
    let set = try call.database.readSortedSet(call.key(1))
    call.reply.array(call.count - 2)
    for index in 2..<call.count {
      if let score = set?.score(call[index]) {
        call.reply.bulk(Geohash.text(score: Geohash.bits(ofScore: score)))
      } else {
        call.reply.null()
      }
    }
  }

  static let geopos = CommandSpec(
    "geopos", .geo, since: "3.2.0", arity: -2, flags: [.readonly],
    keys: [.at(1, [.ro, .access])], summary: "Returns the longitudes and latitudes of members.",
    complexity: "O(1) for each member asked for.", arguments: membersArguments, run: runGeopos)

  /// GEOPOS key [member [member ...]]
  private static func runGeopos(_ call: Call) throws(CommandError) {
    let set = try call.database.readSortedSet(call.key(1))
    call.reply.array(call.count - 2)
    for index in 2..<call.count {
      if let place = set?.place(call[index]) {
        call.reply.place(place)
      } else {
        call.reply.nullArray()
      }
    }
  }
}

/// Units of distances.
enum GeoUnit {
  /// How many metres a unit has.
  static func metres(_ word: ByteView) throws(CommandError) -> Double {
    if word.isKeyword("m") { return 1 }
    if word.isKeyword("km") { return 1000 }
    if word.isKeyword("ft") { return 0.3048 }
    if word.isKeyword("mi") { return 1609.34 }
    throw .text("ERR unsupported unit provided. please use M, KM, FT, MI")
  }

  static func argument(_ flags: ArgumentSpec.Flags = []) -> ArgumentSpec {
    ArgumentSpec(
      "unit", .oneof, flags,
      [.token("m", "M"), .token("km", "KM"), .token("ft", "FT"), .token("mi", "MI")])
  }
}
