import Testing

@testable import Engine

@Suite struct LimitChecksTests {
  private let somaxconn = "/proc/sys/net/core/somaxconn"
  private let synBacklog = "/proc/sys/net/ipv4/tcp_max_syn_backlog"
  private let cookies = "/proc/sys/net/ipv4/tcp_syncookies"

  private func configuration(_ text: String) -> Configuration {
    let configuration = testConfiguration()
    #expect(configuration.load(text) == nil)
    return configuration
  }

  @Test func theBacklogMustFit() {
    #expect(
      LimitChecks.backlog.outcome([somaxconn: "511\n"])
        == .fine("net.core.somaxconn 511, tcp-backlog 511"))
    let harm = LimitChecks.backlog.outcome([somaxconn: "4096"], configuration("tcp-backlog 5000"))
      .harm
    #expect(
      harm?.what
        == "The TCP backlog setting of 5000 cannot be enforced because /proc/sys/net/core/somaxconn"
        + " is set to the lower value of 4096.")
    #expect(harm?.remedies == [.parameter("net.core.somaxconn", "5000")])
    #expect(LimitChecks.backlog.outcome([:]).isSkipped)
  }

  @Test(arguments: nonsense) func nonsenseIsSkipped(content: String) {
    #expect(LimitChecks.backlog.outcome([somaxconn: content]).isSkipped)
    #expect(LimitChecks.synBacklog.outcome([synBacklog: content, cookies: "1"]).isSkipped)
    #expect(LimitChecks.synBacklog.outcome([synBacklog: "128", cookies: content]).isSkipped)
  }

  @Test func halfOpenConnectionsAreLimitedWithoutCookiesAlone() {
    #expect(LimitChecks.synBacklog.outcome([synBacklog: "128", cookies: "1"]).harm == nil)
    let harm = LimitChecks.synBacklog.outcome([synBacklog: "680", cookies: "0"]).harm
    #expect(harm?.remedies.first?.now == "sysctl -w net.ipv4.tcp_max_syn_backlog=682")
    // What is told to be set is enough.
    #expect(LimitChecks.synBacklog.outcome([synBacklog: "682", cookies: "0"]).harm == nil)
    let local = configuration("port 0\nunixsocket /tmp/s")
    #expect(LimitChecks.synBacklog.outcome([:], local) == .fine("no TCP port"))
  }

  @Test func allClientsNeedADescriptor() {
    let system = MadeUpSystem()
    func outcome(_ limit: UInt64?, _ text: String = "") -> Outcome {
      LimitChecks.openFiles.outcome(system, configuration(text), openFilesMax: limit)
    }
    #expect(outcome(10_032) == .fine("10032, maxclients 10000"))
    #expect(outcome(.max) == .fine("unlimited, maxclients 10000"))
    #expect(outcome(nil).isSkipped)
    let harm = outcome(1024).harm
    #expect(harm?.what == "The process may open 1024 files, and maxclients of 10000 needs 10032.")
    #expect(harm?.why == "The server takes 992 clients and refuses the rest.")
    #expect(harm?.remedies.map(\.now) == ["ulimit -n 10032"])
    #expect(outcome(1024, "maxclients 900").harm == nil)
    #expect(outcome(20, "maxclients 1").harm?.why == "The server cannot start.")
    #expect(outcome(0, "maxclients 4294967295").harm != nil)
  }

  @Test func theKernelsCeilingComesFirst() {
    let system = MadeUpSystem(["/proc/sys/fs/nr_open": "5000\n"])
    let harm = LimitChecks.openFiles.outcome(system, openFilesMax: 1024).harm
    #expect(harm?.remedies.map(\.now) == ["sysctl -w fs.nr_open=10032", "ulimit -n 10032"])
  }
}
