import Core

/// The fields of a hash that a command has changed, for what is logged of it: those that it named
/// in vain may be there, and only due, when it is run again.
struct ChangedFields {
  /// Which arguments they are. Empty while the stream is off.
  private var indexes: [Int] = []

  mutating func add(_ call: Call, _ index: Int) {
    if call.isLogged { indexes.append(index) }
  }

  /// Logs `HDEL key field [field ...]`, if there are any.
  func logRemoval(_ call: Call, _ key: Key) {
    if indexes.isEmpty { return }
    let effect = call.effect("HDEL").add(key.bytes)
    for index in indexes { effect.add(call[index]) }
    effect.end()
  }

  /// Logs `name key … FIELDS numfields field [field ...]`, if there are any.
  func log(
    _ call: Call, _ name: StaticString, _ key: Key, _ addOptions: (LoggedEffect) -> Void = { _ in }
  ) {
    if indexes.isEmpty { return }
    let effect = call.effect(name).add(key.bytes)
    addOptions(effect)
    effect.add("FIELDS").add(indexes.count)
    for index in indexes { effect.add(call[index]) }
    effect.end()
  }
}
