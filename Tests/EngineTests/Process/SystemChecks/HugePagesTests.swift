import CProcess
import Testing

@testable import Engine

@Suite struct HugePagesTests {
  private static let folder = "/sys/kernel/mm/transparent_hugepage"
  private let enabled = folder + "/enabled"
  private let defrag = folder + "/defrag"
  private let background = folder + "/khugepaged/defrag"

  private func machine(_ mode: String, defrag: String = "[madvise]", background: String = "1")
    -> MadeUpSystem
  {
    MadeUpSystem([enabled: mode, self.defrag: defrag, self.background: background])
  }

  @Test func onRequestOrNeverIsFine() {
    let asked = machine("always [madvise] never\n")
    #expect(HugePages.check.outcome(asked) == .fine("madvise"))
    #expect(HugePages.check.outcome(machine("always madvise [never]")) == .fine("never"))
  }

  @Test func unaskedTheyHurtUnlessTheServerIsLeftOut() {
    let machine = machine("[always] madvise never")
    let configuration = testConfiguration()
    #expect(configuration.load("disable-thp no") == nil)
    let harm = HugePages.check.outcome(machine, configuration).harm
    #expect(harm?.what.hasSuffix("'always', and disable-thp is no.") == true)
    #expect(harm?.remedies.first?.now == "echo madvise > \(enabled)")
    #expect(
      harm?.remedies.first?.keep
        == "echo 'w \(enabled) - - - - madvise' >> /etc/tmpfiles.d/apus.conf")
    let refused = HugePages.check.outcome(machine)
    #expect(refused.harm?.what.hasSuffix("the kernel refused to leave the server out.") == true)
    #expect(
      HugePages.check.outcome(machine, isOutOfHugePages: true)
        == .fine("always, but not for the server: disable-thp is yes"))
  }

  @Test(arguments: nonsense) func whatIsNotUnderstoodIsSkipped(content: String) {
    let machine = machine(content)
    #expect(HugePages.check.outcome(machine).isSkipped)
    #expect(HugePages.defragmentationCheck.outcome(machine).isSkipped)
    let other = self.machine("[always]", defrag: content)
    #expect(HugePages.defragmentationCheck.outcome(other).isSkipped)
  }

  @Test func missingFilesAreSkipped() {
    #expect(HugePages.check.outcome([:]).isSkipped)
    #expect(HugePages.defragmentationCheck.outcome([enabled: "[always]"]).isSkipped)
    let withoutDaemon = [enabled: "[always]", defrag: "[madvise]"]
    #expect(HugePages.defragmentationCheck.outcome(withoutDaemon).isSkipped)
  }

  @Test func makingRoomAtOnceHurtsEverybody() {
    let machine = machine("[always]", defrag: "[always] defer")
    let harm = HugePages.defragmentationCheck.outcome(machine, isOutOfHugePages: true).harm
    #expect(harm?.remedies.map(\.now).first == "echo madvise > \(defrag)")
    #expect(
      HugePages.defragmentationCheck.outcome(self.machine("[madvise]", defrag: "[always]"))
        == .fine("'always', khugepaged's 1, huge pages 'madvise'"))
  }

  @Test func makingRoomInTheBackgroundHurtsWhoTakesPart() {
    let machine = machine("[always]")
    let harm = HugePages.defragmentationCheck.outcome(machine).harm
    #expect(harm?.remedies.map(\.now) == ["echo 0 > \(background)"])
    let out = HugePages.defragmentationCheck.outcome(machine, isOutOfHugePages: true)
    #expect(out == .fine("'madvise', khugepaged's 1, huge pages 'always'"))
    let off = self.machine("[always]", background: "0")
    #expect(
      HugePages.defragmentationCheck.outcome(off)
        == .fine("'madvise', khugepaged's 0, huge pages 'always'"))
  }

  /// In a process of its own: there is no way back.
  @Test func theProcessLeavesOnlyWhereItMust() async {
    await #expect(processExitsWith: .success) {
      let folder = "/sys/kernel/mm/transparent_hugepage"
      let configuration = testConfiguration()
      let asked = MadeUpSystem([folder + "/enabled": "[madvise]"])
      withExtendedLifetime(asked) { HugePages.leave(configuration, asked.files) }
      precondition(!apus_process_huge_pages_are_disabled())
      let always = MadeUpSystem([folder + "/enabled": "[always]"])
      precondition(configuration.load("disable-thp no") == nil)
      withExtendedLifetime(always) { HugePages.leave(configuration, always.files) }
      precondition(!apus_process_huge_pages_are_disabled())
      precondition(configuration.load("disable-thp yes") == nil)
      withExtendedLifetime(always) { HugePages.leave(configuration, always.files) }
      precondition(apus_process_huge_pages_are_disabled())
    }
  }
}
