import MicroWorkloads
import Testing

/// Every workload does what it says: what is timed by `make bench-micro` is no empty loop.
@Suite struct WorkloadTests {
  private static let count = 1000
  private static let elementCountMax = 1024

  @Test(arguments: Workload.all.map(\.title)) func doesItsWork(_ title: String) throws {
    let workload = try #require(Workload.all.first { $0.title == title })
    let prepared = workload.prepare(Self.elementCountMax)
    for _ in 0..<3 {
      prepared.reset(Self.count)
      let result = prepared.run(Self.count)
      #expect(prepared.isRight(Self.count, result), "returned \(result)")
      #expect(!prepared.isRight(Self.count, 0), "no work would be taken for all of it")
    }
  }

  @Test func titlesAreUnique() {
    #expect(Set(Workload.all.map(\.title)).count == Workload.all.count)
  }
}
