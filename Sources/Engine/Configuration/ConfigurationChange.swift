/// What CONFIG SET came to.
package enum ConfigurationOutcome {
  case changed(ConfigurationChange)
  /// The error reply, with its code and without the leading minus.
  case failed(String)
}

/// Parameters that were set, and what they were before, so that the caller can apply the effects
/// and take everything back if one of them fails.
package struct ConfigurationChange {
  /// The parameters that were named, in their order, changed or not: setting a certificate's path
  /// again is how its file is read again.
  package let named: [ParameterID]
  let previous: [ParameterID: ParameterValue]

  /// The parameters that have another value now.
  package func changed(in configuration: Configuration) -> Set<ParameterID> {
    Set(named.filter { previous[$0] != configuration.value($0) })
  }
}

/// Who sets, and when.
package struct ConfigurationSetter {
  /// `enable-protected-configs` allows this client to set protected parameters.
  package var mayChangeProtected: Bool
  package var isLoading: Bool

  package init(mayChangeProtected: Bool, isLoading: Bool = false) {
    self.mayChangeProtected = mayChangeProtected
    self.isLoading = isLoading
  }
}

// CONFIG SET: all of it or nothing.
extension Configuration {
  /// Sets each pair of name and value. If one cannot be set, none is.
  package func set(
    _ pairs: [(name: [UInt8], value: [UInt8])], as setter: ConfigurationSetter
  ) -> ConfigurationOutcome {
    var targets: [(parameter: Parameter, name: String)] = []
    for pair in pairs {
      let name = String(decoding: ConfigurationText.lowercased(pair.name), as: UTF8.self)
      guard let parameter = ParameterTable.parameter(named: pair.name) else {
        let shown = Self.printable(pair.name)
        return .failed("ERR Unknown option or number of arguments for CONFIG SET - '\(shown)'")
      }
      if setter.isLoading, parameter.flags.contains(.deniedWhileLoading) {
        return .failed("LOADING Redis is loading the dataset in memory")
      }
      let isTwice = targets.contains { $0.name == name }
      if let reason = refusal(of: parameter, isTwice: isTwice, as: setter) {
        return .failed(Self.failure(of: String(decoding: pair.name, as: UTF8.self), reason))
      }
      targets.append((parameter, name))
    }
    return apply(targets, pairs.map(\.value))
  }

  /// The error reply for a parameter that could not be set.
  package static func failure(of name: String, _ reason: String) -> String {
    "ERR CONFIG SET failed (possibly related to argument '\(name)') - \(reason)"
  }

  /// Takes a change back, after one of its effects failed.
  package func rollBack(_ change: ConfigurationChange) {
    for (id, value) in change.previous {
      guard let parameter = ParameterTable.parameter(id) else { continue }
      _ = store(parameter, value)
    }
  }

  private func refusal(
    of parameter: Parameter, isTwice: Bool, as setter: ConfigurationSetter
  ) -> String? {
    if parameter.flags.contains(.immutable) { return "can't set immutable config" }
    if parameter.flags.contains(.protected), !setter.mayChangeProtected {
      return "can't set protected config"
    }
    return isTwice ? "duplicate parameter" : nil
  }

  private func apply(
    _ targets: [(parameter: Parameter, name: String)], _ texts: [[UInt8]]
  ) -> ConfigurationOutcome {
    var previous: [ParameterID: ParameterValue] = [:]
    for (target, text) in zip(targets, texts) {
      let id = target.parameter.id
      if previous[id] == nil { previous[id] = value(id) }
      let reason: String?
      do throws(ParameterError) {
        reason = store(target.parameter, try target.parameter.parse([text], current: value(id)))
      } catch {
        reason = error.reason
      }
      if let reason {
        rollBack(ConfigurationChange(named: [], previous: previous))
        return .failed(Self.failure(of: target.name, reason))
      }
    }
    let named = targets.map(\.parameter.id)
    return .changed(ConfigurationChange(named: named, previous: previous))
  }

  /// A client's text fit for one line of reply.
  private static func printable(_ bytes: [UInt8]) -> String {
    let shown = bytes.prefix { $0 != 0 }
    return String(decoding: shown.map { $0 == 0x0d || $0 == 0x0a ? 0x20 : $0 }, as: UTF8.self)
  }
}
