import Glibc
import Testing

@testable import Engine

@Suite struct ProcessMeasuresTests {
  @Test func memoryAndTimesAreThere() {
    let memory = ProcessMeasures.memory
    #expect(memory.residentBytes > 1 << 20 && memory.virtualBytes >= memory.residentBytes)
    let times = ProcessMeasures.ownTimes
    #expect(times.userMicroseconds + times.systemMicroseconds > 0)
  }

  @Test func theSystemHasANameAndTheProgramAPath() {
    #expect(ProcessMeasures.operatingSystem.hasPrefix("Linux "))
    #expect(access(ProcessMeasures.executable, X_OK) == 0)
  }

  @Test func identitiesAreFortyDigitsAndDiffer() {
    let identity = Randomness.identity()
    #expect(identity.count == 40 && identity.allSatisfy { "0123456789abcdef".contains($0) })
    #expect(identity != Randomness.identity())
  }
}
