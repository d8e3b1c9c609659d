import Core

/// Making sets and adding to them: where one form becomes another, rule for rule as in Redis 7.2
/// (`setTypeCreate`, `setTypeMaybeConvert`, `setTypeAddAux`), because OBJECT ENCODING shows it.
extension SetValue {
  private var limits: CollectionLimits { keyspace.pointee.collectionLimits }

  /// Redis' bound for intsets however large the configured one is.
  private static var intsetCountBound: Int { 1 << 30 }

  var intsetCountMax: Int { min(limits.intsetCountMax, Self.intsetCountBound) }

  // MARK: Making

  /// An empty set of a form.
  static func empty(
    _ encoding: Encoding, _ keyspace: UnsafeMutablePointer<KeyspaceState>
  ) -> SetValue {
    switch encoding {
    case .intset: SetValue(.intset, Intset().payload, keyspace)
    case .listpack: SetValue(.listpack, Listpack().payload, keyspace)
    default:
      SetValue(
        .table, MemberTable<SetMember>(capacity: 0, keyspace.pointee.tables).payload, keyspace)
    }
  }

  /// The empty set that a command begins with which adds `count` members, `first` before others.
  @inline(__always)
  static func forAdding(
    _ first: ByteView, count: Int, _ keyspace: UnsafeMutablePointer<KeyspaceState>
  ) -> SetValue {
    if count <= keyspace.pointee.collectionLimits.intsetCountMax, integer(first) != nil {
      return empty(.intset, keyspace)
    }
    return empty(
      count <= keyspace.pointee.collectionLimits.set.countMax ? .listpack : .table, keyspace)
  }

  /// Makes the set a table at once if so many members are about to be added.
  @inline(__always)
  mutating func prepare(forAdding count: Int) {
    switch encoding {
    case .listpack: if count > limits.set.countMax { becomeTable() }
    case .intset: if count > limits.intsetCountMax { becomeTable() }
    default: break
    }
  }

  // MARK: Adding

  mutating func add(_ member: ByteView) -> Bool {
    let tables = tables
    return add(member, hash: tables.hash(member))
  }

  /// Adds a member; false when it is there already.
  @inline(__always)
  mutating func add(_ member: ByteView, hash: @autoclosure () -> UInt64) -> Bool {
    switch encoding {
    case .table: return addToTable(member, hash())
    case .intset:
      if let number = Self.integer(member) { return addToIntset(number) }
      leaveIntset(adding: member)
    default:
      let listpack = listpack
      if listpack.find(member, from: listpack.start) != nil { return false }
    }
    addNew(.bytes(member))
    return true
  }

  mutating func add(_ element: Element) -> Bool {
    if case .integer(let number) = element, encoding == .intset { return addToIntset(number) }
    return element.withText { add($0) }
  }

  /// Adds an element that is known not to be there.
  mutating func addNew(_ element: Element) {
    switch encoding {
    case .intset:
      switch element {
      case .integer(let number): _ = addToIntset(number)
      case .bytes(let member): _ = add(member)
      }
    case .listpack: addNewToListpack(element)
    default: element.withText { insert($0, tables.hash($0)) }
    }
  }

  @inline(__always)
  private mutating func addToTable(_ member: ByteView, _ hash: UInt64) -> Bool {
    if table.find(member, hash) != nil { return false }
    insert(member, hash)
    return true
  }

  @inline(__always)
  private mutating func insert(_ member: ByteView, _ hash: UInt64) {
    var table = table
    table.insert(SetMember(copying: member), hash, tables)
    didMove(.table, table.payload)
  }

  private mutating func addToIntset(_ number: Int64) -> Bool {
    var intset = intset
    guard intset.insert(number) else { return false }
    didMove(.intset, intset.payload)
    if intset.count > intsetCountMax { becomeTable() }
    return true
  }

  private mutating func addNewToListpack(_ element: Element) {
    var listpack = listpack
    let byteCount: Int
    // Read again as a number, which it may be although it came as text.
    let stored: Element
    switch element {
    case .integer(let number):
      byteCount = IntegerText.decimalDigitCount(number)
      stored = element
    case .bytes(let bytes):
      byteCount = bytes.count
      stored = Element(bytes)
    }
    guard listpack.count < limits.set.countMax, byteCount <= limits.set.elementByteCountMax,
      listpack.hasRoom(for: Listpack.byteCount(of: stored))
    else {
      becomeTable()
      return addNew(element)
    }
    listpack.append(stored)
    didMove(.listpack, listpack.payload)
  }

  // MARK: Converting

  /// Gives up the intset for a member that is no integer: a listpack if all fits one.
  private mutating func leaveIntset(adding member: ByteView) {
    let intset = intset
    let count = intset.count
    var digitCountMax = 0
    if count > 0 {
      digitCountMax = max(
        IntegerText.decimalDigitCount(intset[0]), IntegerText.decimalDigitCount(intset[count - 1]))
    }
    // An integer takes at most eleven bytes of a listpack.
    let fits = Listpack.emptyByteCount + count * 11 + member.count <= Listpack.byteCountMax
    guard count < limits.set.countMax, member.count <= limits.set.elementByteCountMax,
      digitCountMax <= limits.set.elementByteCountMax, fits
    else { return becomeTable() }
    var listpack = Listpack()
    forEach {
      listpack.append($0)
      return true
    }
    intset.free()
    didMove(.listpack, listpack.payload)
  }

  /// Makes an intset or listpack a table.
  @inline(never)
  private mutating func becomeTable() {
    var table = MemberTable<SetMember>(capacity: count + 1, tables)
    forEach { element in
      element.withText { table.insert(SetMember(copying: $0), tables.hash($0), tables) }
      return true
    }
    free()
    didMove(.table, table.payload)
  }

  /// Makes a set of nothing but integers an intset, if it is small enough for one.
  mutating func becomeIntsetIfSmall() {
    if encoding == .intset || count > intsetCountMax { return }
    var intset = Intset()
    forEach { element in
      switch element {
      case .integer(let number): intset.insert(number)
      case .bytes(let bytes): if let number = Self.integer(bytes) { intset.insert(number) }
      }
      return true
    }
    free()
    didMove(.intset, intset.payload)
  }
}
