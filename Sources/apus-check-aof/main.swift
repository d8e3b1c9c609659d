import Engine
import Glibc

/// The command line of `redis-check-aof`.
///
///     apus-check-aof [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>
private func run(_ arguments: [String]) -> Int32 {
  if arguments.count == 2, arguments[1] == "-v" || arguments[1] == "--version" {
    print("apus-check-aof v=\(Version.apus)")
    return 0
  }
  guard let (mode, path) = parse(arguments) else {
    print(
      "Usage: \(arguments.first ?? "apus-check-aof") "
        + "[--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>")
    return 1
  }
  guard let mode else {
    print("Invalid timestamp, aborting...")
    return 1
  }
  var checker = AOFChecker(
    mode: mode, write: { print($0, terminator: "") }, readAnswer: { readLine() },
    checkRDB: checkRDB)
  return checker.run(path)
}

/// The mode is nil where the timestamp is none.
private func parse(_ arguments: [String]) -> (mode: AOFChecker.Mode?, path: String)? {
  switch arguments.count {
  case 2: return (.check, arguments[1])
  case 3 where arguments[1] == "--fix": return (.fix, arguments[2])
  case 4 where arguments[1] == "--truncate-to-timestamp":
    // `strtol` takes blanks before the number, and nothing for 0.
    let text = arguments[2].drop { $0 == " " || $0 == "\t" }
    let timestamp = text.isEmpty ? 0 : Int(text)
    return (timestamp.map { .truncate(timestamp: $0) }, arguments[3])
  default: return nil
  }
}

private func checkRDB(_ path: String) -> AOFChecker.RDBVerdict {
  let checker = RDBChecker(files: FileSystem()) { print($0, terminator: "") }
  return checker.checkStart(of: path).map { .valid(endOffset: $0) } ?? .invalid
}

setvbuf(stdout, nil, _IOLBF, 0)
exit(run(CommandLine.arguments))
