/// What stands in an RDB file where a value's type could.
///
///     | "REDIS" or "VALKEY" and digits: 9 | auxiliary fields | functions |
///     for each database:  | selectDatabase n | resizeDatabase keys volatile |
///         for each key:   | deadline | idle or frequency | type | key | value |
///     | end | CRC-64 of all before 8 |
enum RDBOpcode {
  static let slotImport: UInt8 = 0xF3
  static let slotInformation: UInt8 = 0xF4
  static let function: UInt8 = 0xF5
  static let functionDraft: UInt8 = 0xF6
  static let moduleField: UInt8 = 0xF7
  static let idle: UInt8 = 0xF8
  static let frequency: UInt8 = 0xF9
  static let field: UInt8 = 0xFA
  static let resizeDatabase: UInt8 = 0xFB
  static let deadlineMilliseconds: UInt8 = 0xFC
  static let deadlineSeconds: UInt8 = 0xFD
  static let selectDatabase: UInt8 = 0xFE
  static let end: UInt8 = 0xFF

  static let magicByteCount = 9
  /// Files have a checksum since this version.
  static let versionWithChecksum = 5
}
