import Core

/// Writing replies into a connection's buffer, which is emptied after each 128, as by a turn.
enum ReplyWorkloads {
  static let all = [
    Workload("Reply writer: OK", reused) { _ in
      PreparedWorkload(run: { write($0) { writer, _ in writer.ok() } }) { $0 * 5 }
    },
    Workload("Reply writer: bulk of 64 bytes", reused) { _ in
      let values = Texts(64) { _ in String(repeating: "v", count: 64) }
      return PreparedWorkload(run: { write($0) { $0.bulk(values[$1]) } }) { $0 * 71 }
    },
    Workload("Reply writer: bulk of 4 KiB", reused, .thousand) { _ in
      let values = Texts(4) { _ in String(repeating: "v", count: 4096) }
      return PreparedWorkload(run: { write($0) { $0.bulk(values[$1]) } }) { $0 * 4105 }
    },
    Workload("Reply writer: integer of 1 to 6 digits", reused) { _ in
      PreparedWorkload(run: { write($0) { $0.integer(number($1)) } }) { count in
        (0..<count).reduce(0) { $0 + "\(number($1))".utf8.count + 3 }
      }
    },
    Workload("Reply writer: array of 10 integers", reused) { _ in
      PreparedWorkload { count in
        write(count) { writer, index in
          writer.array(10)
          for element in 0..<10 { writer.integer((index &+ element) & 7) }
        }
      } returns: {
        $0 * (5 + 10 * 4)
      }
    },
  ]

  private static let reused = "1 block of 16 KiB, used again and again"

  @inline(__always)
  private static func number(_ index: Int) -> Int { (index &* 7919) & 0x7ffff }

  /// An operation is a reply; the result is how many bytes they are together.
  @inline(__always)
  private static func write(_ count: Int, _ body: (ReplyWriter, Int) -> Void) -> Int {
    let pool = UnsafeMutablePointer<ReplyChunkPool>.allocate(capacity: 1)
    pool.initialize(to: ReplyChunkPool())
    let buffer = UnsafeMutablePointer<ReplyBuffer>.allocate(capacity: 1)
    buffer.initialize(to: ReplyBuffer(pool: pool))
    var byteCount = 0
    for index in 0..<count {
      if index & 127 == 0 {
        byteCount += buffer.pointee.byteCount
        buffer.pointee.removeAll()
      }
      body(ReplyWriter(buffer), index)
    }
    byteCount += buffer.pointee.byteCount
    buffer.pointee.removeAll()
    pool.pointee.drain()
    buffer.deallocate()
    pool.deallocate()
    return byteCount
  }
}
