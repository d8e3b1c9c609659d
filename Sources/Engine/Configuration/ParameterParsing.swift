/// Why a value was not taken, in the words Redis uses.
package struct ParameterError: Error, Equatable {
  package let reason: String
  init(_ reason: String) { self.reason = reason }
}

// Words to values.
extension Parameter {
  /// The value that `words` stand for. `current` is the value so far, to which some kinds add.
  func parse(
    _ words: [[UInt8]], current: ParameterValue
  ) throws(ParameterError) -> ParameterValue {
    let words = try arguments(words)
    // Names and paths go to C, where a NUL would end them; only a secret stays bytes.
    if !flags.contains(.sensitive), words.contains(where: { $0.contains(0) }) {
      throw ParameterError("argument must not contain NUL bytes")
    }
    let value = try value(of: words, current: current)
    if let reason = check?(value) { throw ParameterError(reason) }
    if standing == .refused, value != initial {
      throw ParameterError("\(name)\(shown(value)) is not supported yet by this version of Apus")
    }
    return value
  }

  /// The value after a blank, unless it is a secret.
  private func shown(_ value: ParameterValue) -> String {
    flags.contains(.sensitive) ? "" : " " + String(decoding: kind.text(of: value), as: UTF8.self)
  }

  /// One word for a plain parameter. A single word for a parameter that takes several is itself a
  /// line of words, because that is the only way for CONFIG SET to pass them.
  private func arguments(_ words: [[UInt8]]) throws(ParameterError) -> [[UInt8]] {
    if flags.contains(.multipleArguments) {
      guard words.count == 1 else { return words }
      let inner = ConfigurationText.words(of: words[0]) ?? words
      return inner.isEmpty ? [[]] : inner
    }
    guard words.count == 1 else { throw ParameterError("wrong number of arguments") }
    return words
  }

  private func value(
    of words: [[UInt8]], current: ParameterValue
  ) throws(ParameterError) -> ParameterValue {
    switch kind {
    case .boolean: return .boolean(try ParameterGrammar.boolean(words[0]))
    case .integer, .memory, .memoryOrPercent, .octal:
      return .integer(try ParameterGrammar.number(words[0], kind))
    case .choice(let names): return .choice(try ParameterGrammar.choice([words[0]], names)[0])
    case .choices(let names): return .choices(try ParameterGrammar.choice(words, names))
    case .text, .directory: return .text(words[0])
    case .savePoints: return .savePoints(try ParameterGrammar.savePoints(words))
    case .addresses: return .addresses(try ParameterGrammar.addresses(words))
    case .outputBufferLimits:
      return .outputBufferLimits(try ParameterGrammar.outputBufferLimits(words, current))
    case .scoreAdjustments: return .integers(try ParameterGrammar.scoreAdjustments(words))
    case .percentiles: return .percentiles(try ParameterGrammar.percentiles(words))
    case .keyspaceEvents:
      guard let events = KeyspaceEvents(words[0]) else {
        throw ParameterError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
      }
      return .keyspaceEvents(events)
    case .replicaOf: return .text(try ParameterGrammar.replicaOf(words))
    }
  }
}
