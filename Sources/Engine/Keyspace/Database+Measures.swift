import Core

/// What OBJECT, MEMORY USAGE and INFO tell about keys.
extension Database {
  /// Redis' name for the way that the value is stored.
  func encodingName(_ slot: Slot) -> StaticString {
    let entry = slot.entry
    switch entry.encoding {
    case .integer: return "int"
    case .block: return "raw"
    case .inline:
      let isEmbedded = entry.flags & Entry.Flags.isRaw == 0 && entry.inlineValue.count <= 44
      return isEmbedded ? "embstr" : "raw"
    }
  }

  /// Seconds since the key was last accessed, from a clock that starts again after 194 days.
  func idleSeconds(_ slot: Slot) -> Int {
    Int((keyspace.pointee.accessClock &- slot.entry.accessClock) & 0xff_ffff)
  }

  /// References that Redis would count: numbers below 10000 are shared there, and never freed.
  func referenceCount(_ slot: Slot) -> Int {
    guard slot.entry.encoding == .integer, slot.entry.payload < 10000 else { return 1 }
    return Int(Int32.max)
  }
}
