// Rules of single parameters beyond their kind.
extension Parameter {
  /// The files of `id` live in `dir`, and a slash would let CONFIG SET write elsewhere.
  static func isBaseName(
    _ id: ParameterID, _ noun: String, mayBeEmpty: Bool = false
  ) -> Check {
    { value in
      guard case .text(let name) = value else { return nil }
      if name.isEmpty, !mayBeEmpty { return "\(id.rawValue) can't be empty" }
      return name.contains(UInt8(ascii: "/"))
        ? "\(id.rawValue) can't be a path, just a \(noun)" : nil
    }
  }

  @Sendable static func isHostName(_ value: ParameterValue) -> String? {
    guard case .text(let name) = value else { return nil }
    if name.count >= 256 { return "Hostnames must be less than 256 characters" }
    let isValid = name.allSatisfy {
      isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
    }
    return isValid ? nil : "Hostnames may only contain alphanumeric characters, hyphens or dots"
  }

  /// The name is printed in lines of `nodes.conf`, in which these bytes have a meaning.
  @Sendable static func isNodeName(_ value: ParameterValue) -> String? {
    guard case .text(let name) = value else { return nil }
    let hasMeaning = Set("!@#$%^&*{}[]|\\\"'<>,; \t".utf8)
    return name.contains(where: hasMeaning.contains)
      ? "Announced human node name contained invalid character" : nil
  }

  @Sendable static func isTitleTemplate(_ value: ParameterValue) -> String? {
    guard case .text(let template) = value else { return nil }
    return TitleTemplate(template) == nil
      ? "template format is invalid or contains unknown variables" : nil
  }

  @Sendable static func isConsistentShutdown(_ value: ParameterValue) -> String? {
    guard case .choices(let names) = value else { return nil }
    return names.contains("save") && names.contains("nosave")
      ? "shutdown options SAVE and NOSAVE can't be used simultaneously" : nil
  }

  /// Defragmentation asks the allocator about fragmentation, which only Redis' own copy answers.
  @Sendable static func needsPatchedAllocator(_ value: ParameterValue) -> String? {
    guard value == .boolean(true) else { return nil }
    return "Active defragmentation cannot be enabled: it requires a Redis server compiled with a"
      + " modified Jemalloc like the one shipped by default with the Redis source distribution"
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}
