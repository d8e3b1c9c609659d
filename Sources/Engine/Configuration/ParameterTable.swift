/// All parameters, and how to find one by name.
enum ParameterTable {
  static let all: [Parameter] =
    Parameter.network + Parameter.client + Parameter.process + Parameter.observability
    + Parameter.security + Parameter.memory + Parameter.dataStructure + Parameter.persistence
    + Parameter.replication + Parameter.cluster + Parameter.tls

  /// A name or alias, in lower case, with what it names.
  static let entries: [(name: String, parameter: Parameter)] = all.flatMap { parameter in
    [(parameter.name, parameter)] + (parameter.alias.map { [($0, parameter)] } ?? [])
  }

  private static let byName = Dictionary(
    entries.map { ($0.name, $0.parameter) }, uniquingKeysWith: { first, _ in first })
  private static let byID = Dictionary(
    all.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })

  /// The parameter called `name`, letters compared without case.
  static func parameter(named name: [UInt8]) -> Parameter? {
    byName[String(decoding: ConfigurationText.lowercased(name), as: UTF8.self)]
  }

  static func parameter(_ id: ParameterID) -> Parameter? { byID[id] }
}
