import Glibc

/// The directory that `dir` moves the process to, behind functions so that tests can stay put.
package struct WorkingDirectory {
  /// Moves there; nil, or why not.
  package var change: ([UInt8]) -> String?
  package var current: () -> [UInt8]

  package init(change: @escaping ([UInt8]) -> String?, current: @escaping () -> [UInt8]) {
    self.change = change
    self.current = current
  }

  /// The process' own.
  package static var ofProcess: WorkingDirectory {
    WorkingDirectory(
      change: { path in
        let name = path.map { CChar(bitPattern: $0) } + [0]
        return chdir(name) == 0 ? nil : String(cString: strerror(errno))
      },
      current: {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        guard getcwd(&buffer, buffer.count) != nil else { return [] }
        return buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      })
  }
}
