import ArgumentParser
import Glibc
import LoadGenerator

@main
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus-benchmark",
    abstract: "Puts load on a server that speaks the Redis protocol, and measures it.",
    discussion: """
      Runs the tests of -t one after another, or one test of the command that is given, or of a \
      mix. Replies are checked: a wrong one ends the run with status 1.

        apus-benchmark -t set,get -P 16 -r 1000000 -d 64
        apus-benchmark -n 1000000 -r 1000000 -d 64 --keys sequential SET key:__rand_int__ __data__
        apus-benchmark --mix '9=GET key:__rand_int__' --mix '1=SET key:__rand_int__ __data__'
        apus-benchmark --rate 50000 --duration 10 -r 1000000 GET key:__rand_int__
      """,
    version: "1.0.0",
    // -h is the host, as in redis-benchmark.
    helpNames: .long)

  @OptionGroup(title: "Server") var server: ServerOptions
  @OptionGroup(title: "Load") var load: LoadOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(
    name: .customShort("t"),
    help: ArgumentHelp(
      "Tests by name, separated by commas, as in redis-benchmark.",
      discussion:
        "Of \(BuiltInTest.names). Without it: \(BuiltInTest.usual.joined(separator: ", "))."))
  var tests: String?
  @Option(
    help: "WEIGHT=COMMAND, several times: commands of a mix and how often each comes.")
  var mix: [String] = []
  @Flag(
    help: "Every connection begins the mix with its first command: for MULTI, SET, EXEC.")
  var inOrder = false
  @Option(
    help: """
      What every reply must be: ok, int, bulk, array, any, data (the value), or the beginning of \
      the exact reply, such as '$64'.
      """)
  var expect: String?
  @Argument(
    parsing: .captureForPassthrough,
    help: "A command; __rand_int__ becomes a key number, __data__ the value.")
  var words: [String] = []

  func validate() throws {
    let chosen = [tests != nil, !mix.isEmpty, !words.isEmpty].filter { $0 }.count
    // What follows the options is a command and taken as it is, so these come along with it.
    if words.first == "--help" { throw CleanExit.helpRequest(self) }
    if words.first == "--version" { throw CleanExit.message(Self.configuration.version) }
    if let word = words.first, word.hasPrefix("-") {
      throw ValidationError("Unknown option '\(word)'")
    }
    guard chosen <= 1 else { throw ValidationError("-t, --mix and a command: one of them") }
  }

  func run() throws {
    do {
      try StandardOutput.check()
      if let path = output.json { try JSONReport.check(path) }
      try runTests(plannedTests())
    } catch let error as LoadError {
      complain("apus-benchmark: \(error)\n")
      throw ExitCode(1)
    }
  }

  private func runTests(_ tests: [PlannedTest]) throws {
    var results: [TestResult] = []
    var report = TextReport(options: output)
    let progress = ProgressLine(tests: tests, isShown: !output.csv && isatty(STDERR_FILENO) == 1)
    try Load.run(tests.map(\.plan), observe: progress.show) { number, measurement in
      progress.clear()
      if tests[number].isPreparation { return }
      let result = TestResult(tests[number], measurement)
      try report.show(result)
      results.append(result)
    }
    if let path = output.json { try JSONReport(tests: results).write(to: path) }
  }

  private func plannedTests() throws -> [PlannedTest] {
    let data = load.payload()
    if !words.isEmpty {
      let mix = try Mix.single(words, data: data, expected: expect)
      return [PlannedTest(name: words.joined(separator: " "), plan: try load.plan(mix, server))]
    }
    if !mix.isEmpty {
      let mix = try Mix(mixEntries(data), startsAtFirst: inOrder)
      return [PlannedTest(name: "mix", plan: try load.plan(mix, server))]
    }
    let names = tests.map { $0.split(separator: ",").map(String.init) } ?? BuiltInTest.usual
    if names.isEmpty { throw LoadError("-t names no test; there are \(BuiltInTest.names)") }
    return try names.flatMap(BuiltInTest.named).flatMap { try planned($0, data) }
  }

  private func planned(_ test: BuiltInTest, _ data: Payload) throws -> [PlannedTest] {
    let measured = PlannedTest(
      name: test.name, plan: try load.plan(try test.mix(data: data), server))
    guard let needs = test.needs else { return [measured] }
    var preparation = try load.plan(try .single(needs, data: data), server)
    preparation.extent = .requests(load.requests ?? 100_000)
    preparation.requestsPerSecond = nil
    return [PlannedTest(name: test.name, plan: preparation, isPreparation: true), measured]
  }

  /// What comes between MULTI and EXEC is queued.
  private func mixEntries(_ data: Payload) throws -> [Mix.Entry] {
    var isQueued = false
    return try mix.map { text in
      let name = text.split(separator: "=", maxSplits: 1).last?.prefix { $0 != " " }.uppercased()
      if name == "EXEC" || name == "DISCARD" { isQueued = false }
      defer { if name == "MULTI" { isQueued = true } }
      return try entry(mixed: text, data, expected: expect ?? (isQueued ? "+QUEUED\\r\\n" : nil))
    }
  }

  /// `9=GET key:__rand_int__`
  private func entry(
    mixed text: String, _ data: Payload, expected: String?
  ) throws -> Mix.Entry {
    let parts = text.split(separator: "=", maxSplits: 1)
    let words = (parts.last ?? "").split(separator: " ").map(String.init)
    guard parts.count == 2, let weight = Int(parts[0]), weight >= 1, !words.isEmpty else {
      throw LoadError("--mix '\(text)': not of the form WEIGHT=COMMAND")
    }
    return try .entry(words, data: data, expected: expected, weight: weight)
  }
}

/// A load with a name; a preparation is not shown.
struct PlannedTest {
  let name: String
  let plan: LoadPlan
  var isPreparation = false
}

func complain(_ text: String) {
  fputs(text, stderr)
}
