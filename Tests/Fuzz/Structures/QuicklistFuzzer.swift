import Core

/// A quicklist agrees with an array of texts.
///
///     | list-max-listpack-size 1 | operations |
struct QuicklistFuzzer: ModelFuzzer {
  private let list = Quicklist()
  private var model: [[UInt8]] = []
  private let limits: QuicklistLimits
  private let elementCountMax: Int
  private(set) var reader: InputReader
  var work: WorkBudget

  init(_ input: [UInt8]) {
    reader = InputReader(input)
    work = WorkBudget(input, most: 4000)
    let setting = [-2, -1, -5, 0, 1, 2, 3, 7, 128][Int(self.reader.byte() % 9)]
    limits = QuicklistLimits(setting: setting)
    elementCountMax = setting < 0 ? .max : max(setting, 1)
  }

  var modelCount: Int { model.count }

  func free() { list.free() }

  mutating func step() -> String? {
    let kind = reader.byte() % 12
    let index = reader.index(below: model.count)
    guard let position = list.seek(index) else {
      return model.isEmpty ? push(kind) : "\(index) of \(model.count) not found"
    }
    guard list.element(at: position).text == model[index],
      list.seek(index - model.count) == position
    else { return "\(index) is another element" }
    switch kind {
    case 0...3: return push(kind)
    case 4...7: return edit(kind, position, index)
    case 8, 9: return remove(Int(reader.byte() % 6) + 1, position, index)
    case 10: return remove(reader.index(below: model.count) + 1, position, index)
    default: return append()
    }
  }

  /// One element, or very many like it.
  private mutating func push(_ kind: UInt8) -> String? {
    let side: QuicklistSide = kind & 1 == 0 ? .head : .tail
    let text = reader.text()
    let count = kind < 2 || text.count > 200 ? 1 : 1 + Int(reader.byte())
    work.take(count + text.count >> 6)
    InputReader.withBlock(text) { view in
      for _ in 0..<count { list.push(ListpackElement(view), side, limits) }
    }
    let added = [[UInt8]](repeating: text, count: count)
    model.insert(contentsOf: added, at: side == .head ? 0 : model.count)
    return nil
  }

  private mutating func edit(
    _ kind: UInt8, _ position: Quicklist.Position, _ index: Int
  ) -> String? {
    let text = reader.text()
    work.take(text.count >> 6)
    InputReader.withBlock(text) { view in
      switch kind {
      case 4:
        list.insert(ListpackElement(view), before: position, limits)
        model.insert(text, at: index)
      case 5:
        list.insert(ListpackElement(view), after: position, limits)
        model.insert(text, at: index + 1)
      default:
        list.replace(at: position, with: ListpackElement(view), limits)
        model[index] = text
      }
    }
    return nil
  }

  private mutating func remove(
    _ number: Int, _ position: Quicklist.Position, _ index: Int
  ) -> String? {
    let behind = list.remove(at: position, count: number)
    #if APUS_PLANTED_BUG
      if number == 4, let last = list.last { list.remove(at: last) }
    #endif
    model.removeSubrange(index..<min(index + number, model.count))
    let expected = index < model.count ? model[index] : nil
    return behind.map { list.element(at: $0).text } == expected ? nil : "behind: not \(index)"
  }

  /// A listpack as a file has it.
  private mutating func append() -> String? {
    var pack = Listpack()
    for _ in 0...(reader.byte() % 4) {
      let text = reader.text()
      work.take(text.count >> 6)
      InputReader.withBlock(text) { pack.append(ListpackElement($0)) }
      model.append(text)
    }
    list.append(listpack: pack.view)
    pack.free()
    return nil
  }

  func compare(_ memory: MemoryCheck) -> String? {
    compareElements() ?? memory.failure(list.allocatedByteCount)
  }

  private func compareElements() -> String? {
    if list.count != model.count || list.isEmpty != model.isEmpty { return "count \(list.count)" }
    var index = 0
    var position = list.first
    while let current = position {
      guard index < model.count, list.element(at: current).reads(as: model[index]) else {
        return "forward, \(index): another element"
      }
      index += 1
      position = list.next(current)
    }
    if index != model.count { return "\(index) elements forward" }
    position = list.last
    while let current = position {
      index -= 1
      guard index >= 0, list.element(at: current).reads(as: model[index]) else {
        return "backward, \(index): another element"
      }
      position = list.previous(current)
    }
    return index == 0 ? checkNodes() : "\(index) elements not met backward"
  }

  private func checkNodes() -> String? {
    var (nodes, elements) = (0, 0)
    var node = list.head
    var previous: QuicklistNode?
    while let current = node {
      let pack = current.listpack
      guard current.previous == previous, !pack.isEmpty, Listpack.isValid(pack.view) else {
        return "node \(nodes) is damaged"
      }
      // A listpack from a file may be larger than the limits allow.
      guard current.count <= max(elementCountMax, 4) else { return "node \(nodes) is too large" }
      nodes += 1
      elements += current.count
      previous = current
      node = current.next
    }
    guard list.tail == previous, list.nodeCount == nodes, elements == model.count else {
      return "\(list.nodeCount) nodes, \(nodes) found, with \(elements) elements"
    }
    return nil
  }
}
