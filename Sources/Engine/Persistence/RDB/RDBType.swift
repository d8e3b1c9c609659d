/// The forms of values in RDB files, by their numbers there.
enum RDBType {
  static let string: UInt8 = 0
  static let list: UInt8 = 1
  static let set: UInt8 = 2
  /// Scores as text.
  static let sortedSetOfText: UInt8 = 3
  static let hash: UInt8 = 4
  /// Scores in eight bytes.
  static let sortedSet: UInt8 = 5
  static let hashZipmap: UInt8 = 9
  static let listZiplist: UInt8 = 10
  static let setIntset: UInt8 = 11
  static let sortedSetZiplist: UInt8 = 12
  static let hashZiplist: UInt8 = 13
  /// Nodes are ziplists.
  static let quicklistOfZiplists: UInt8 = 14
  static let hashListpack: UInt8 = 16
  static let sortedSetListpack: UInt8 = 17
  /// Nodes are listpacks or single elements.
  static let quicklist: UInt8 = 18
  static let setListpack: UInt8 = 20
  /// Valkey's hash with field deadlines. In Redis' files the same number, and the next one, are
  /// those of a hash with field deadlines before 7.4 was finished.
  static let hashOfValkey: UInt8 = 22
  static let hashDraft: UInt8 = 22
  static let hashListpackDraft: UInt8 = 23
  /// Redis' hash with field deadlines, and its compact form.
  static let hashWithDeadlines: UInt8 = 24
  static let hashListpackWithDeadlines: UInt8 = 25
}

/// Versions of RDB files.
package enum RDBVersion {
  /// The newest that Redis has written and we read.
  static let newest = 12
  /// Files with another magic number, and from here on, are Valkey's.
  static let firstOfValkey = 80
  static let newestOfValkey = 80

  /// What is written if nothing needs a newer one: Redis 7.0 and all others since read it.
  static let lowest = 10
  /// Field deadlines in Redis' form: since 7.4.
  static let withFieldDeadlines = 12

  package static func isReadable(_ version: Int) -> Bool {
    (1...newest).contains(version) || (firstOfValkey...newestOfValkey).contains(version)
  }
}

/// Whose form field deadlines are written in: no form is read by both servers.
package enum RDBDialect {
  case redis, valkey

  /// The version of a file with field deadlines.
  var versionWithFieldDeadlines: Int {
    switch self {
    case .redis: RDBVersion.withFieldDeadlines
    case .valkey: RDBVersion.firstOfValkey
    }
  }
}
