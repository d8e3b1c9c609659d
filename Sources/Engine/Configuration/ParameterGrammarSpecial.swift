// The parameters whose values are lists or records.
extension ParameterGrammar {
  static func savePoints(_ words: [[UInt8]]) throws(ParameterError) -> [SavePoint] {
    if words.isEmpty || words == [[]] { return [] }
    let numbers = words.map { integer($0).flatMap { Int(exactly: $0) } }
    guard words.count.isMultiple(of: 2) else { throw ParameterError("Invalid save parameters") }
    var points: [SavePoint] = []
    for index in stride(from: 0, to: numbers.count, by: 2) {
      guard let seconds = numbers[index], let changes = numbers[index + 1],
        seconds >= 1, changes >= 0, changes <= Int(Int32.max)
      else { throw ParameterError("Invalid save parameters") }
      points.append(SavePoint(seconds: seconds, changes: changes))
    }
    return points
  }

  static func addresses(_ words: [[UInt8]]) throws(ParameterError) -> [[UInt8]] {
    guard words.count <= 16 else { throw ParameterError("Too many bind addresses specified.") }
    return words == [[]] ? [] : words.filter { !$0.isEmpty }
  }

  /// Groups of class, hard limit, soft limit and seconds; classes that are not named keep theirs.
  static func outputBufferLimits(
    _ words: [[UInt8]], _ current: ParameterValue
  ) throws(ParameterError) -> OutputBufferLimits {
    guard words.count.isMultiple(of: 4) else {
      throw ParameterError("Wrong number of arguments in buffer limit configuration.")
    }
    var limits = OutputBufferLimits.redisDefault
    if case .outputBufferLimits(let value) = current { limits = value }
    for index in stride(from: 0, to: words.count, by: 4) {
      let group = words[index..<index + 4]
      switch String(decoding: ConfigurationText.lowercased(words[index]), as: UTF8.self) {
      case "normal": limits.normal = try outputBufferLimit(group)
      case "slave", "replica": limits.replica = try outputBufferLimit(group)
      case "pubsub": limits.pubsub = try outputBufferLimit(group)
      default:
        throw ParameterError("Invalid client class specified in buffer limit configuration.")
      }
    }
    return limits
  }

  private static func outputBufferLimit(
    _ words: ArraySlice<[UInt8]>
  ) throws(ParameterError) -> OutputBufferLimit {
    let group = Array(words)
    guard let hard = memory(group[1]).flatMap({ Int(exactly: $0) }),
      let soft = memory(group[2]).flatMap({ Int(exactly: $0) }),
      let seconds = integer(group[3]).flatMap({ Int(exactly: $0) }), seconds >= 0
    else {
      throw ParameterError(
        "Error in hard, soft or soft_seconds setting in buffer limit configuration.")
    }
    return OutputBufferLimit(hardBytes: hard, softBytes: soft, softSeconds: seconds)
  }

  static func scoreAdjustments(_ words: [[UInt8]]) throws(ParameterError) -> [Int] {
    guard words.count == 3 else { throw ParameterError("wrong number of arguments") }
    let numbers = words.compactMap { integer($0).flatMap { Int(exactly: $0) } }
    guard numbers.count == 3, numbers.allSatisfy((-2000...2000).contains) else {
      throw ParameterError(
        "Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
    }
    return numbers
  }

  static func percentiles(_ words: [[UInt8]]) throws(ParameterError) -> [Double] {
    if words == [[]] { return [] }
    var percentiles: [Double] = []
    for word in words {
      guard let number = Double(String(decoding: word, as: UTF8.self)), !number.isNaN else {
        throw ParameterError("Invalid latency-tracking-info-percentiles parameters")
      }
      guard (0...100).contains(number) else {
        throw ParameterError(
          "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
      }
      percentiles.append(number)
    }
    return percentiles
  }

  /// `no one` is nothing; otherwise host and port as one text.
  static func replicaOf(_ words: [[UInt8]]) throws(ParameterError) -> [UInt8] {
    guard words.count == 2 else { throw ParameterError("wrong number of arguments") }
    if words.map({ ConfigurationText.lowercased($0) }) == [Array("no".utf8), Array("one".utf8)] {
      return []
    }
    guard let port = integer(words[1]), (0...65_535).contains(port) else {
      throw ParameterError("Invalid master port")
    }
    return words[0] + " ".utf8 + words[1]
  }
}
