import Core

/// SORT and SORT_RO.
package enum Sorting {
  package static let specs: [CommandSpec] = [sort, sortRo]

  private static let source = KeySpec.at(1, [.ro, .access])
  private static let patterns = KeySpec(
    .unknown, .unknown, [.ro, .access],
    notes: """
      For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from \
      the content of the key we sort
      """)
  private static let destination = KeySpec(
    .unknown, .unknown, [.ow, .update],
    notes: """
      For the optional STORE keyword. It is marked 'unknown' because the keyword can appear \
      anywhere in the argument array
      """)

  private static let options: [ArgumentSpec] = [
    .key(),
    ArgumentSpec("by-pattern", .pattern, display: "pattern", keySpec: 1, token: "BY", .optional),
    ArgumentSpec(
      "limit", .block, token: "LIMIT", .optional,
      [ArgumentSpec("offset", .integer), ArgumentSpec("count", .integer)]),
    ArgumentSpec(
      "get-pattern", .pattern, display: "pattern", keySpec: 1, token: "GET",
      [.optional, .multiple, .multipleToken]),
    ArgumentSpec("order", .oneof, .optional, [.token("asc", "ASC"), .token("desc", "DESC")]),
    .token("sorting", "ALPHA", .optional),
  ]

  private static let complexity: StaticString =
    "O(N+M*log(M)) for N elements, of which M are returned; O(N) without sorting."

  static let sort = CommandSpec(
    "sort", .generic, since: "1.0.0", arity: -2, flags: [.write, .denyoom],
    categories: [.set, .sortedSet, .list, .dangerous, .notOfGroup],
    keys: [source, patterns, destination],
    summary: "Sorts the elements of a list, a set or a sorted set, and may store the result.",
    complexity: complexity,
    arguments: options + [
      ArgumentSpec("destination", .key, keySpec: 2, token: "STORE", .optional)
    ], run: runSort)

  /// SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC]
  /// [ALPHA] [STORE destination]
  private static func runSort(_ call: Call) throws(CommandError) {
    try run(call, canStore: true)
  }

  static let sortRo = CommandSpec(
    "sort_ro", .generic, since: "7.0.0", arity: -2, flags: [.readonly],
    categories: [.set, .sortedSet, .list, .dangerous, .notOfGroup], keys: [source, patterns],
    summary: "Returns the sorted elements of a list, a set or a sorted set.",
    complexity: complexity, arguments: options, run: runSortRo)

  /// SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC]
  /// [ALPHA]
  private static func runSortRo(_ call: Call) throws(CommandError) {
    try run(call, canStore: false)
  }

  private static func run(_ call: Call, canStore: Bool) throws(CommandError) {
    let query = try SortQuery(call, canStore: canStore)
    guard let destination = query.destination else {
      return try call.database.withoutExpiring { () throws(CommandError) in
        reply(call, try sorted(call, query), query)
      }
    }
    let results = try call.database.withoutExpiring { () throws(CommandError) in
      try texts(call, try sorted(call, query), query)
    }
    store(call, results, call.key(destination))
  }

  /// The elements of the key that are wanted, in order.
  private static func sorted(_ call: Call, _ query: SortQuery) throws(CommandError) -> SortItems {
    var query = query
    var items = SortItems()
    guard let slot = call.database.read(call.key(1)) else { return items }
    query.settle(for: slot.entry.type)
    try collect(call, slot, query, into: &items)
    if query.isUnsorted { return items }
    guard items.sort(query, in: call.database) else {
      throw .text("ERR One or more scores can't be converted into double")
    }
    items.keep(query.range(of: items.count))
    return items
  }

  // MARK: Collecting

  /// Collects what is to be sorted: all elements, or, where they keep their order, those wanted.
  private static func collect(
    _ call: Call, _ slot: Slot, _ query: SortQuery, into items: inout SortItems
  ) throws(CommandError) {
    switch slot.entry.type {
    case .list: collect(ListValue(call.database, slot), query, into: &items)
    case .set: collect(call.database.set(slot), query, into: &items)
    case .sortedSet: collect(call.database.sortedSet(slot), query, into: &items)
    case .string, .hash, .stream: throw .wrongType
    }
  }

  private static func collect(
    _ list: ListValue, _ query: SortQuery, into items: inout SortItems
  ) {
    let wanted = query.isUnsorted ? query.range(of: list.count) : 0..<list.count
    if wanted.isEmpty { return }
    let isBackwards = query.isUnsorted && query.isDescending
    let first = isBackwards ? -1 - wanted.lowerBound : wanted.lowerBound
    list.forEach(from: list.seek(first), isBackwards ? .head : .tail) { element in
      items.append(element)
      return items.count < wanted.count
    }
  }

  private static func collect(_ set: SetValue, _ query: SortQuery, into items: inout SortItems) {
    let wanted = query.isUnsorted ? query.range(of: set.count) : 0..<set.count
    if wanted.isEmpty { return }
    var passed = 0
    set.forEach { element in
      passed += 1
      if passed > wanted.lowerBound { items.append(element) }
      return passed < wanted.upperBound
    }
  }

  private static func collect(
    _ set: SortedSetValue, _ query: SortQuery, into items: inout SortItems
  ) {
    guard query.isUnsorted else { return set.forEach { element, _ in items.append(element) } }
    var wanted = query.range(of: set.count)
    if query.isDescending {
      wanted = set.count - wanted.upperBound..<set.count - wanted.lowerBound
    }
    set.forEach(wanted, reversed: query.isDescending) { element, _ in items.append(element) }
  }

  // MARK: Answering

  /// Stops when the client is owed more than it may be, which ends its connection.
  private static func reply(_ call: Call, _ items: SortItems, _ query: SortQuery) {
    call.reply.array(items.count * max(query.gets.count, 1))
    for index in 0..<items.count {
      forEachResult(items[index], query, call.database) { value in
        if let value { call.reply.bulk(value) } else { call.reply.null() }
      }
      if call.isOwedTooMuch(above: .max) { return }
    }
  }

  /// Copies of the results, which may come from the key that they are stored in. What is missing is
  /// stored as nothing.
  private static func texts(
    _ call: Call, _ items: SortItems, _ query: SortQuery
  ) throws(CommandError) -> [[UInt8]] {
    var texts: [[UInt8]] = []
    for index in 0..<items.count {
      try forEachResult(items[index], query, call.database) { value throws(CommandError) in
        try Lists.checkElement(byteCount: value?.count ?? 0)
        texts.append(value?.withBytes { [UInt8]($0) } ?? [])
      }
    }
    return texts
  }

  private static func store(_ call: Call, _ results: [[UInt8]], _ key: Key) {
    let old = call.database.write(key)
    if let old {
      call.database.delete(old, isLazy: call.database.lazyFreeing.isLazyForServerDelete)
      if call.isLogged { call.effect("DEL").add(key.bytes).end() }
    }
    call.reply.integer(results.count)
    if results.isEmpty {
      if old != nil { call.modified(key, .del) }
      return
    }
    let list = call.database.insertList(key)
    // Not the sorting: its patterns may have met keys that are due and have not been removed yet.
    var pushes = call.effects("RPUSH", key)
    for result in results {
      result.withView { text in
        list.willGrow(byteCount: text.count)
        list.push(text, .tail)
        pushes.add(text)
      }
    }
    pushes.end()
    call.database.modified(key, .sortstore, changeCount: results.count)
  }

  private static func forEachResult<Failure: Error>(
    _ element: StringContent, _ query: SortQuery, _ database: Database,
    _ body: (StringContent?) throws(Failure) -> Void
  ) throws(Failure) {
    if query.gets.isEmpty { return try body(element) }
    for pattern in query.gets { try body(pattern.value(for: element, in: database)) }
  }
}
