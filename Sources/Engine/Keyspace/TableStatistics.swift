import Core

/// How full the buckets of a database's table are, for DEBUG HTSTATS: a "chain" is what has its
/// home in one bucket.
struct TableStatistics {
  private var bucketCount = 0
  private var keyCount = 0
  /// How many buckets have so many keys.
  private var bucketsWithCount: [Int: Int] = [:]

  /// Looks at every key of the database, or at those with a deadline.
  init(_ database: Database, onlyVolatile: Bool) {
    let table = database.storage.pointee.table
    var cursor: UInt64 = 0
    repeat {
      var count = 0
      cursor = table.scan(cursor) {
        if !onlyVolatile || database.deadline($0) != nil { count += 1 }
      }
      bucketCount += 1
      keyCount += count
      bucketsWithCount[count, default: 0] += 1
    } while cursor != 0
  }

  /// In the lines of Redis.
  var report: String {
    let head = "Hash table 0 stats (main hash table):\n"
    if keyCount == 0 { return head + "No stats available for empty dictionaries\n" }
    let used = bucketCount - (bucketsWithCount[0] ?? 0)
    let mean = Self.decimal(keyCount * 100, per: used)
    var text = head
    text += " table size: \(bucketCount)\n number of elements: \(keyCount)\n"
    text += " different slots: \(used)\n max chain length: \(bucketsWithCount.keys.max() ?? 0)\n"
    text += " avg chain length (counted): \(mean)\n avg chain length (computed): \(mean)\n"
    text += " Chain length distribution:\n"
    for (count, buckets) in bucketsWithCount.sorted(by: { $0.key < $1.key }) {
      let share = Self.decimal(buckets * 10_000, per: bucketCount)
      text += "   \(count): \(buckets) (\(share)%)\n"
    }
    return text
  }

  /// `hundredths / count` as text with two digits behind the point.
  private static func decimal(_ hundredths: Int, per count: Int) -> String {
    let value = count == 0 ? 0 : (hundredths + count / 2) / count
    return "\(value / 100).\(value % 100 < 10 ? "0" : "")\(value % 100)"
  }
}
