import Testing

@testable import Engine

@Suite struct AOFDurabilityTests {
  @Test func countsWhatWasSynchronized() {
    var durability = AOFDurability()
    durability.didSynchronize(file: 0, upTo: 10)
    durability.didSynchronize(file: 0, upTo: 5)
    #expect(durability.durableOffset == 10 && !durability.isBroken)
    durability.didChangeFile(at: 20)
    durability.didSynchronize(file: 1, upTo: 30)
    #expect(durability.durableOffset == 30)
  }

  @Test func nothingCountsAfterAFailure() {
    var durability = AOFDurability()
    durability.didSynchronize(file: 0, upTo: 10)
    durability.didFail(file: 0)
    durability.didSynchronize(file: 0, upTo: 20)
    // A rewrite that began before the failure does not hold what was lost.
    durability.didCompleteGeneration(from: 15)
    #expect(durability.durableOffset == 10 && durability.isBroken)
    durability.didChangeFile(at: 30)
    durability.didSynchronize(file: 1, upTo: 35)
    durability.didCompleteGeneration(from: 25)
    #expect(durability.durableOffset == 10 && durability.isBroken)
    durability.didCompleteGeneration(from: 30)
    #expect(durability.durableOffset == 35 && !durability.isBroken)
  }

  @Test func theNewFileMayFailAsWell() {
    var durability = AOFDurability()
    durability.didFail(file: 0)
    durability.didChangeFile(at: 30)
    durability.didFail(file: 1)
    durability.didCompleteGeneration(from: 30)
    #expect(durability.isBroken && durability.durableOffset == 0)
    durability.didSynchronize(file: 1, upTo: 40)
    durability.didChangeFile(at: 50)
    durability.didSynchronize(file: 2, upTo: 60)
    durability.didCompleteGeneration(from: 50)
    #expect(!durability.isBroken && durability.durableOffset == 60)
  }

  /// The end of a file is put on the disk while the next is written already.
  @Test func anOldFileMayFailLate() {
    var durability = AOFDurability()
    durability.didChangeFile(at: 30)
    durability.didFail(file: 0)
    durability.didSynchronize(file: 1, upTo: 40)
    #expect(durability.isBroken && durability.durableOffset == 0)
    durability.didCompleteGeneration(from: 30)
    #expect(!durability.isBroken && durability.durableOffset == 40)
    // What the base holds is not needed any more.
    durability.didFail(file: 0)
    #expect(!durability.isBroken)
  }

  /// The engine may know of the generation before the writer has changed the file.
  @Test func aGenerationMayBeCompleteBeforeItsFileIsOpen() {
    var durability = AOFDurability()
    durability.didFail(file: 0)
    durability.didCompleteGeneration(from: 30)
    #expect(durability.isBroken)
    durability.didChangeFile(at: 30)
    #expect(!durability.isBroken && durability.durableOffset == 30)
  }
}
