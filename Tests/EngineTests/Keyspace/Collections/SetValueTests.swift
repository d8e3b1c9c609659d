import Core
import Testing

@testable import Engine

/// Sets beside Swift's: random operations with bounds so small that forms change all the time.
@Suite struct SetValueTests {
  private final class Model {
    let keyspace = UnsafeMutablePointer<KeyspaceState>.allocate(capacity: 1)
    var random: KeyspaceRandom
    var sets: [SetValue]
    var models: [Set<[UInt8]>]

    init(seed: UInt64, limits: CollectionLimits) {
      keyspace.initialize(
        to: KeyspaceState(
          seedWords: (
            seed &+ 0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb,
            seed ^ 0xd6e8_feb8_6659_fd93
          )))
      keyspace.pointee.collectionLimits = limits
      random = KeyspaceRandom(state: seed)
      sets = [
        .empty(.intset, keyspace), .empty(.listpack, keyspace), .empty(.table, keyspace),
      ]
      models = [[], [], []]
    }

    func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

    func member() -> [UInt8] {
      switch below(8) {
      case 0...4: Array(String(below(60) - 30).utf8)
      case 5: Array(String(Int64(bitPattern: random.next()) >> Int64(below(64))).utf8)
      case 6: Array("m\(below(40))".utf8)
      default: [UInt8](repeating: 120, count: below(12))
      }
    }

    func elements(_ set: SetValue) -> [[UInt8]] {
      var elements: [[UInt8]] = []
      set.forEach { element in
        elements.append(element.withText { Array($0) })
        return true
      }
      return elements
    }

    func check(_ set: SetValue, _ model: Set<[UInt8]>) {
      let found = elements(set)
      #expect(found.count == model.count && Set(found) == model)
      #expect(set.count == model.count)
      let limits = keyspace.pointee.collectionLimits
      switch set.encoding {
      case .intset: #expect(set.count <= limits.intsetCountMax)
      case .listpack:
        #expect(set.count <= limits.set.countMax)
        #expect(model.allSatisfy { $0.count <= limits.set.elementByteCountMax })
      default: break
      }
    }

    /// Calls `body` with the operands of a command on some of the sets, one of them missing.
    func withOperands(_ chosen: [Int], _ body: (SetOperands) -> Void) {
      var values = chosen.filter { $0 < 3 }.map { sets[$0] }
      values.withUnsafeMutableBufferPointer { buffer in
        body(
          SetOperands(
            buffer, missingCount: chosen.count { $0 == 3 }, hasFirst: chosen[0] < 3, keyspace))
      }
    }

    func model(_ index: Int) -> Set<[UInt8]> { index < 3 ? models[index] : [] }

    func destroy() {
      for set in sets { set.free() }
      keyspace.deallocate()
    }
  }

  private func limits(intset: Int, listpack: Int, byteCount: Int) -> CollectionLimits {
    var limits = CollectionLimits()
    limits.intsetCountMax = intset
    limits.set.countMax = listpack
    limits.set.elementByteCountMax = byteCount
    return limits
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>, [(5, 8, 6), (30, 4, 20), (0, 0, 3), (8, 40, 4)])
  func agreesWithSwiftsSets(seed: UInt64, bounds: (Int, Int, Int)) {
    let test = Model(
      seed: seed, limits: limits(intset: bounds.0, listpack: bounds.1, byteCount: bounds.2))
    for step in 0..<3000 {
      let place = test.below(3)
      if step % 41 == 0 { empty(test, place) }
      change(test, place)
      test.check(test.sets[place], test.models[place])
      if step % 5 == 0 { combine(test) }
    }
    test.destroy()
  }

  /// Begins again with a small form.
  private func empty(_ test: Model, _ place: Int) {
    test.sets[place].free()
    test.models[place] = []
    test.sets[place] = .empty(test.below(2) == 0 ? .intset : .listpack, test.keyspace)
  }

  private func change(_ test: Model, _ place: Int) {
    let member = test.member()
    let wasThere = test.models[place].contains(member)
    #expect(member.withView { test.sets[place].contains($0) } == wasThere)
    switch test.below(10) {
    case 0...5:
      #expect(member.withView { test.sets[place].add($0) } == !wasThere)
      test.models[place].insert(member)
    case 6, 7:
      #expect(member.withView { test.sets[place].remove($0) } == wasThere)
      test.models[place].remove(member)
    case 8 where test.models[place].count > 1:
      let count = 1 + test.below(test.models[place].count - 1)
      var popped: [[UInt8]] = []
      test.sets[place].pop(count) { popped.append($0.withText { Array($0) }) }
      #expect(popped.count == count && Set(popped).count == count)
      #expect(Set(popped).isSubset(of: test.models[place]))
      test.models[place].subtract(popped)
    case 9:
      let count = test.below(test.models[place].count + 1)
      var sample: [[UInt8]] = []
      test.sets[place].forEachOfSample(count) { sample.append($0.withText { Array($0) }) }
      #expect(sample.count == count && Set(sample).count == count)
      #expect(Set(sample).isSubset(of: test.models[place]))
    default: break
    }
  }

  private func combine(_ test: Model) {
    let chosen = (0...test.below(4)).map { _ in test.below(10) == 0 ? 3 : test.below(3) }
    let models = chosen.map(test.model)
    let common = models.dropFirst().reduce(models[0]) { $0.intersection($1) }
    let difference = models.dropFirst().reduce(models[0]) { $0.subtracting($1) }
    let all = models.dropFirst().reduce(models[0]) { $0.union($1) }
    test.withOperands(chosen) { operands in
      var met: [[UInt8]] = []
      operands.intersect { element, _ in
        met.append(element.withText { Array($0) })
        return true
      }
      #expect(met.count == common.count && Set(met) == common)
      #expect(operands.intersectionCountMax >= common.count)
      #expect(operands.intersectionCount(limit: .max) == common.count)
      #expect(operands.intersectionCount(limit: 2) == min(common.count, 2))
      checkAndFree(test, operands.intersection(), common)
    }
    test.withOperands(chosen) { operands in
      for encoding in [Encoding.intset, .table] {
        checkAndFree(test, operands.union(from: encoding), all)
        checkAndFree(test, operands.difference(from: encoding), difference)
      }
      var met: [[UInt8]] = []
      operands.subtract(from: .table) { met.append($0.withText { Array($0) }) }
      #expect(met.count == difference.count && Set(met) == difference)
      #expect(operands.countSum >= max(met.count, all.count))
    }
  }

  private func checkAndFree(_ test: Model, _ set: SetValue, _ model: Set<[UInt8]>) {
    test.check(set, model)
    set.free()
  }

  /// CVE-2021-29478 and CVE-2021-32687: whatever is configured, an intset has no more entries than
  /// its size can be computed for.
  @Test func intsetsAreBounded() {
    let test = Model(seed: 9, limits: limits(intset: .max, listpack: .max, byteCount: .max))
    #expect(test.sets[0].intsetCountMax == 1 << 30)
    for number in 0..<3000 { _ = test.sets[0].add(.integer(Int64(number) << 40)) }
    #expect(test.sets[0].encoding == .intset && test.sets[0].count == 3000)
    test.destroy()
  }
}
