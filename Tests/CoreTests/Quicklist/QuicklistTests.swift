import Testing

@testable import Core

@Suite struct QuicklistTests {
  private func text(_ element: ListpackElement) -> String {
    switch element {
    case .integer(let number): String(number)
    case .bytes(let bytes): String(bytes)
    }
  }

  private func forward(_ list: Quicklist) -> [String] {
    var found: [String] = []
    var position = list.first
    while let current = position {
      found.append(text(list.element(at: current)))
      position = list.next(current)
    }
    return found
  }

  private func backward(_ list: Quicklist) -> [String] {
    var found: [String] = []
    var position = list.last
    while let current = position {
      found.append(text(list.element(at: current)))
      position = list.previous(current)
    }
    return found
  }

  private func with<Result>(_ text: String, _ body: (ListpackElement) -> Result) -> Result {
    Array(text.utf8).withView { body(ListpackElement($0)) }
  }

  /// The list holds what the model does, and its nodes are as they promise.
  private func check(_ list: Quicklist, _ model: [String], _ limits: QuicklistLimits) {
    #expect(list.count == model.count && list.isEmpty == model.isEmpty)
    #expect(forward(list) == model)
    #expect(backward(list) == model.reversed())
    var nodes = 0
    var elements = 0
    var node = list.head
    var previous: QuicklistNode?
    while let current = node {
      let pack = current.listpack
      #expect(Listpack.isValid(pack.view) && !pack.isEmpty)
      #expect(current.previous == previous)
      #expect(current.start + pack.byteCount <= current.capacity)
      #expect(Allocation.sizeClass(current.allocatedByteCount) == current.allocatedByteCount)
      if current.count > 1 { #expect(current.count <= limits.elementCount) }
      nodes += 1
      elements += current.count
      previous = current
      node = current.next
    }
    #expect(list.tail == previous && list.nodeCount == nodes && elements == model.count)
  }

  private func randomText(_ random: inout SplitMixGenerator) -> String {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: String(Int64.random(in: -300...300, using: &random))
    case 1: String(Int64.random(in: .min ... .max, using: &random))
    case 2: String(repeating: "m", count: Int.random(in: 100...700, using: &random))
    case 3: String(repeating: "l", count: Int.random(in: 4000...20_000, using: &random))
    default: String(repeating: "s", count: Int.random(in: 0...40, using: &random))
    }
  }

  @Test(arguments: 1...8, [-2, -1, -5, 1, 3, 128])
  func agreesWithAnArray(seed: UInt64, setting: Int) {
    var random = SplitMixGenerator(seed: seed)
    let limits = QuicklistLimits(setting: setting)
    let list = Quicklist()
    var model: [String] = []
    for step in 0..<600 {
      // Grows for a while, then shrinks, then grows again.
      let isGrowing = step % 300 < 200
      edit(list, &model, limits, isGrowing, &random)
      if step % 20 == 0 { check(list, model, limits) }
    }
    check(list, model, limits)
    list.free()
  }

  private func edit(
    _ list: Quicklist, _ model: inout [String], _ limits: QuicklistLimits, _ isGrowing: Bool,
    _ random: inout SplitMixGenerator
  ) {
    let word = randomText(&random)
    let index = model.isEmpty ? 0 : Int.random(in: 0..<model.count, using: &random)
    guard let position = list.seek(index) else {
      #expect(model.isEmpty)
      with(word) { list.push($0, .tail, limits) }
      model.append(word)
      return
    }
    #expect(text(list.element(at: position)) == model[index])
    #expect(list.seek(index - model.count) == position)
    switch Int.random(in: 0..<(isGrowing ? 8 : 14), using: &random) {
    case 0, 1:
      with(word) { list.push($0, .head, limits) }
      model.insert(word, at: 0)
    case 2, 3:
      with(word) { list.push($0, .tail, limits) }
      model.append(word)
    case 4:
      with(word) { list.insert($0, before: position, limits) }
      model.insert(word, at: index)
    case 5:
      with(word) { list.insert($0, after: position, limits) }
      model.insert(word, at: index + 1)
    case 6, 7:
      with(word) { list.replace(at: position, with: $0, limits) }
      model[index] = word
    default: remove(list, &model, position, index, &random)
    }
  }

  private func remove(
    _ list: Quicklist, _ model: inout [String], _ position: Quicklist.Position, _ index: Int,
    _ random: inout SplitMixGenerator
  ) {
    let number = Int.random(in: 1...5, using: &random)
    let behind = list.remove(at: position, count: number)
    model.removeSubrange(index..<min(index + number, model.count))
    #expect(behind.map { text(list.element(at: $0)) } == (index < model.count ? model[index] : nil))
  }

  @Test(arguments: [QuicklistSide.head, .tail])
  func aQueueHoldsLittleMoreThanItsElements(side: QuicklistSide) {
    let limits = QuicklistLimits(setting: -2)
    let list = Quicklist()
    for number in 0..<20_000 {
      // Long ones now and then leave much of a node unused.
      let word = String(repeating: "e", count: number % 50 == 0 ? 3000 : 0)
      with("\(word)\(number)") { list.push($0, side, limits) }
    }
    var node = list.head?.next
    while let current = node, current != list.tail {
      let needed = QuicklistNode.headerByteCount + current.listpack.byteCount
      #expect(current.allocatedByteCount == Allocation.sizeClass(needed))
      node = current.next
    }
    let bytes = forward(list).reduce(0) { $0 + $1.utf8.count + 2 }
    #expect(list.allocatedByteCount < bytes * 115 / 100)
    while let position = side == .head ? list.last : list.first { list.remove(at: position) }
    #expect(list.isEmpty && list.nodeCount == 0 && list.allocatedByteCount == 32)
    list.free()
  }

  @Test func pushesToTheHeadMoveNoElements() {
    let limits = QuicklistLimits(setting: -2)
    let list = Quicklist()
    for number in 0..<100 { with("element \(number)") { list.push($0, .head, limits) } }
    guard let node = list.head else { return }
    let last = UnsafePointer(node.listpack.base + node.listpack.end)
    let (capacity, start) = (node.capacity, node.start)
    #expect(start > 20)
    with("one more") { list.push($0, .head, limits) }
    #expect(list.head == node && node.capacity == capacity)
    #expect(UnsafePointer(node.listpack.base + node.listpack.end) == last)
    list.free()
  }

  @Test func takesListpacksAsNodes() {
    var pack = Listpack()
    for word in ["a", "12", "bc"] { with(word) { pack.append($0) } }
    let list = Quicklist()
    list.append(listpack: pack.view)
    list.append(listpack: pack.view)
    check(list, ["a", "12", "bc", "a", "12", "bc"], QuicklistLimits(setting: -2))
    #expect(list.nodeCount == 2)
    pack.free()
    list.free()
  }

  @Test func indicesBeyondTheEndsFindNothing() {
    let list = Quicklist()
    #expect(list.seek(0) == nil && list.seek(-1) == nil && list.first == nil && list.last == nil)
    with("x") { list.push($0, .tail, QuicklistLimits(setting: -2)) }
    for index in [1, -2, Int.max, Int.min] { #expect(list.seek(index) == nil) }
    list.free()
  }
}
