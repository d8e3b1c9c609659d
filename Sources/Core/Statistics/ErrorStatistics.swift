/// How many error replies there were, in all and for each code (`ERR`, `WRONGTYPE`, …): what
/// INFO errorstats lists.
///
/// Layout: an array of codes with their counts, searched from the front; a server knows some thirty
/// codes. A script can make up codes of its own, so beyond a bound new ones are counted in the total
/// only, as in Redis: otherwise a client could fill memory. Counting allocates when a code is new.
package struct ErrorStatistics {
  package struct Code {
    package let name: [UInt8]
    package fileprivate(set) var count: UInt64
  }

  package private(set) var codes: [Code] = []
  /// Error replies of any code.
  package private(set) var total: UInt64 = 0

  package static let codeCountMax = 128
  /// Codes of a server's own are far shorter.
  private static let codeByteCountMax = 64

  package init() {}

  /// Counts an error line, which begins with its code and a space; one without a space is `ERR`.
  @inline(never)
  package mutating func count(_ line: ByteView) {
    total &+= 1
    var code = ByteView("ERR")
    for index in 0..<min(line.count, Self.codeByteCountMax) where line[index] == 32 {
      code = line.slice(0, index)
      break
    }
    for index in codes.indices where codes[index].name.count == code.count {
      if codes[index].name.elementsEqual(code.buffer) {
        codes[index].count &+= 1
        return
      }
    }
    if codes.count < Self.codeCountMax { codes.append(Code(name: Array(code), count: 1)) }
  }

  package mutating func reset() { self = ErrorStatistics() }
}
