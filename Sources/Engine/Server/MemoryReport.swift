import CAlloc

/// What MEMORY's subcommands answer.
extension MemoryMeasures {
  enum Value {
    case count(Int)
    case share(Double)
    /// The bytes of a database's table.
    case database(overhead: Int)
  }

  /// The fields of MEMORY STATS.
  var report: [(String, Value)] {
    var fields: [(String, Value)] = [
      ("peak.allocated", .count(peak)), ("total.allocated", .count(used)),
      ("startup.allocated", .count(start)), ("replication.backlog", .count(0)),
      ("clients.slaves", .count(0)), ("clients.normal", .count(clients)),
      ("cluster.links", .count(0)), ("aof.buffer", .count(0)), ("lua.caches", .count(0)),
      ("functions.caches", .count(0)),
    ]
    for database in databases {
      fields.append(("db.\(database.index)", .database(overhead: database.overhead)))
    }
    fields += [
      ("overhead.total", .count(overhead)), ("keys.count", .count(keyCount)),
      ("keys.bytes-per-key", .count(bytesPerKey)), ("dataset.bytes", .count(dataset)),
      ("dataset.percentage", .share(datasetPercentage)),
      ("peak.percentage", .share(peakPercentage)),
      ("allocator.allocated", .count(allocated)), ("allocator.active", .count(active)),
      ("allocator.resident", .count(allocatorResident)),
    ]
    let steps = [
      ("allocator-fragmentation", active, allocated),
      ("allocator-rss", allocatorResident, active),
      ("rss-overhead", resident, allocatorResident),
    ]
    for (name, larger, smaller) in steps {
      fields.append(("\(name).ratio", .share(NumberText.ratio(larger, smaller))))
      fields.append(("\(name).bytes", .count(larger - smaller)))
    }
    fields.append(("fragmentation", .share(NumberText.ratio(resident, used))))
    fields.append(("fragmentation.bytes", .count(resident - used)))
    return fields
  }

  private static let mebibyte = 1 << 20

  /// What MEMORY DOCTOR finds.
  func advice(clientCount: Int) -> String {
    if used < 5 * Self.mebibyte {
      return "This server is empty or uses very little memory: there is nothing to find yet.\n"
    }
    var findings: [String] = []
    if NumberText.ratio(peak, used) > 1.5 {
      findings.append(
        "Peak memory: more than 150% of what is used now was used in the past. The system may"
          + " still count pages that are free; MEMORY PURGE returns them.")
    }
    if NumberText.ratio(resident, used) > 1.4, resident - used > 10 * Self.mebibyte {
      findings.append(
        "High fragmentation: the process occupies \(NumberText.bytes(resident)), of which"
          + " \(NumberText.bytes(used)) are in use.")
    }
    if clients / max(1, clientCount) > 200 * 1024 {
      findings.append(
        "Big client buffers: clients take more than 200K each on average. Some may not read their"
          + " replies; CLIENT LIST shows them.")
    }
    if findings.isEmpty { return "No problem with memory was found.\n" }
    return "Found in this server:\n\n" + findings.map { " * \($0)\n" }.joined()
  }

  /// The allocator's own report.
  static func allocatorReport() -> String {
    var report = ""
    withUnsafeMutablePointer(to: &report) { place in
      apus_alloc_report(
        { context, piece in
          context?.assumingMemoryBound(to: String.self).pointee += String(cString: piece)
        }, place)
    }
    return report
  }
}
