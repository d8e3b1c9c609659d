/// One thing about the system that can hurt the server.
struct SystemCheck {
  /// The word in brackets before what was found. Redis' where it has the check.
  let name: String
  let inspect: (SystemView, Configuration) throws(Unseen) -> Finding

  init(
    _ name: String, _ inspect: @escaping (SystemView, Configuration) throws(Unseen) -> Finding
  ) {
    self.name = name
    self.inspect = inspect
  }
}

/// What a check found: a value that is as it should be, or harm.
enum Finding: Equatable {
  case fine(String)
  case harm(Harm)
}

/// What hurts, why, and what to do. The log at start and `--check-system` tell it in equal words.
struct Harm: Equatable {
  /// With the value found.
  let what: String
  let why: String
  let remedies: [Remedy]

  init(_ what: String, because why: String, _ remedies: Remedy...) {
    self.init(what, because: why, remedies: remedies)
  }

  init(_ what: String, because why: String, remedies: [Remedy]) {
    self.what = what
    self.why = why
    self.remedies = remedies
  }

  /// For the log.
  var line: String {
    let how = remedies.map { remedy in
      let keep = remedy.keep.map { "; to keep it after a reboot: \($0)" } ?? ""
      return "To fix this issue run the command '\(remedy.now)' as root\(keep)."
    }
    return (["WARNING \(what) \(why)"] + how).joined(separator: " ")
  }

  /// For a person who asked.
  var paragraph: String {
    let how = remedies.map { remedy in
      "  now:  \(remedy.now)\n" + (remedy.keep.map { "  keep: \($0)\n" } ?? "")
    }
    return what + "\n" + why + "\n" + how.joined()
  }
}

/// How to change a setting of the system, as root.
struct Remedy: Equatable {
  /// The command that changes it at once.
  let now: String
  /// What makes it so after a reboot too; nil where `now` does that already.
  let keep: String?

  /// A parameter of the kernel.
  static func parameter(_ name: String, _ value: String) -> Remedy {
    Remedy(
      now: "sysctl -w \(name)=\(value)",
      keep: "echo '\(name) = \(value)' >> /etc/sysctl.d/90-apus.conf")
  }

  /// A file of the kernel that is no parameter, or all that a pattern matches.
  static func file(_ path: String, _ value: String) -> Remedy {
    Remedy(
      now: path.contains("*") ? "echo \(value) | tee \(path)" : "echo \(value) > \(path)",
      keep: "echo 'w \(path) - - - - \(value)' >> /etc/tmpfiles.d/apus.conf")
  }
}
