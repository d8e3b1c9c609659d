import Engine
import Glibc

/// The command line of `redis-check-rdb`.
///
///     apus-check-rdb <rdb-file-name>
private func run(_ arguments: [String]) -> Int32 {
  guard arguments.count == 2 else {
    let usage = "Usage: \(arguments.first ?? "apus-check-rdb") <rdb-file-name>\n"
    fputs(usage, stderr)
    return 1
  }
  if arguments[1] == "-v" || arguments[1] == "--version" {
    print("apus-check-rdb v=\(Version.apus)")
    return 0
  }
  let checker = RDBChecker(files: FileSystem()) { print($0, terminator: "") }
  return checker.check(arguments[1]) ? 0 : 1
}

setvbuf(stdout, nil, _IOLBF, 0)
exit(run(CommandLine.arguments))
