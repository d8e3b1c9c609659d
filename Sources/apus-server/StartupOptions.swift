import Engine
import Glibc

/// What the command line asks for.
struct StartupOptions {
  let configuration: Configuration

  /// Reads the command line and loads the configuration it names. Where it asks for something else
  /// (`--version`), or the configuration cannot be taken, says so and ends the process.
  static func read(log: Log) -> StartupOptions {
    let arguments = Self.arguments
    answer(arguments, log)
    return StartupOptions(configuration: configuration(arguments.dropFirst(), log))
  }

  /// The configuration that `arguments` name. Where it cannot be taken, the process ends.
  private static func configuration(
    _ arguments: ArraySlice<[UInt8]>, _ log: Log, opensLog: Bool = true
  ) -> Configuration {
    let configuration = Configuration()
    do throws(ConfigurationFailure) {
      try load(ConfigurationArguments(Array(arguments)), into: configuration, log, opensLog)
    } catch {
      if let report = error.report { complain(report) }
      if let line = error.logLine { log.warning(line) }
      exit(1)
    }
    return configuration
  }

  private static func load(
    _ options: ConfigurationArguments, into configuration: Configuration, _ log: Log,
    _ opensLog: Bool
  ) throws(ConfigurationFailure) {
    // Made absolute before `dir` moves the process.
    let file = options.file.map { absolute(String(decoding: $0, as: UTF8.self)) }
    configuration.file = file
    var input: [UInt8] = []
    if options.readsStandardInput {
      log.warning("Reading config from stdin")
      input = ConfigurationLoader.standardInput()
    }
    try ConfigurationLoader(into: configuration).load(
      file: file.map { Array($0.utf8) }, input: input, options: options.options,
      opensLog: opensLog)
  }

  /// `path` from the root, without asking whether it exists.
  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    var directory = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    guard getcwd(&directory, directory.count) != nil else { return path }
    let prefix = directory.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: prefix, as: UTF8.self) + "/" + path
  }

  /// The arguments as bytes, since a path need not be UTF-8. The first is the program's name.
  private static var arguments: [[UInt8]] {
    (0..<Int(CommandLine.argc)).compactMap { index in
      CommandLine.unsafeArgv[index].map { text in
        (0..<strlen(text)).map { UInt8(bitPattern: text[$0]) }
      }
    }
  }

  /// Answers the arguments that are questions, which only the first can be, and exits.
  private static func answer(_ arguments: [[UInt8]], _ log: Log) {
    let words = arguments.prefix(2).map { String(decoding: $0, as: UTF8.self) }
    guard words.count == 2 else { return }
    switch words[1] {
    case "-v", "--version":
      print(Banner.version)
      exit(0)
    case "-h", "--help":
      complain(Banner.usage(words[0]))
      exit(1)
    case "--check-system":
      // The log is the server's: made by another user, it could not write there.
      let report = SystemChecks.report(configuration(arguments.dropFirst(2), log, opensLog: false))
      print(report.text, terminator: "")
      exit(report.isFine ? 0 : 1)
    case "--test-memory":
      complain("\(words[1]) is not available yet in this version of Apus.\n")
      exit(1)
    default: break
    }
  }

  private static func complain(_ text: String) {
    _ = write(STDERR_FILENO, text, text.utf8.count)
  }
}
