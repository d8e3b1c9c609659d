import Core

extension SortedSets {
  /// What ZRANGE and its like are asked for, parsed in Redis' order.
  struct RangeQuery {
    enum Order {
      case rank, score, lex
    }

    private enum Bounds {
      case ranks(Int64, Int64)
      case scores(ScoreRange)
      case members(LexRange)
    }

    private let bounds: Bounds
    let isReversed: Bool
    let withScores: Bool
    private let offset: Int64
    /// Negative: all.
    private let limit: Int64

    /// Parses start and stop at argument `first` and the options behind. `order` and `isReversed`
    /// are those that the command's name says; nil if options may say so.
    init(
      _ call: Call, from first: Int, _ order: Order?, reversed: Bool?, stores: Bool = false
    ) throws(CommandError) {
      var options = Options(order: order, isReversed: reversed)
      var index = first + 2
      while index < call.count { index += try options.parse(call, index, stores: stores) }
      isReversed = options.isReversed ?? false
      withScores = options.withScores
      offset = options.offset
      limit = options.limit
      let order = options.order ?? .rank
      if limit != -1, order == .rank {
        throw .text(
          """
          ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX
          """)
      }
      if withScores, order == .lex {
        throw .text("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
      }
      let (min, max) = isReversed ? (first + 1, first) : (first, first + 1)
      switch order {
      case .rank: bounds = .ranks(try call.integer(first), try call.integer(first + 1))
      case .score: bounds = .scores(try scoreRange(call[min], call[max]))
      case .lex: bounds = .members(try lexRange(call[min], call[max]))
      }
    }

    /// The ranks that are asked for, always counted from the lowest score.
    func ranks(_ set: SortedSetValue) -> Range<Int> {
      switch bounds {
      case .ranks(let start, let stop):
        let ranks = set.ranks(from: start, through: stop)
        if !isReversed { return ranks }
        return set.count - ranks.upperBound..<set.count - ranks.lowerBound
      case .scores(let range): return limited(set.ranks(range))
      case .members(let range): return limited(set.ranks(range, reversed: isReversed))
      }
    }

    /// What LIMIT leaves of a range.
    private func limited(_ ranks: Range<Int>) -> Range<Int> {
      guard offset >= 0, offset < Int64(ranks.count) else { return 0..<0 }
      let skipped = Int(offset)
      let rest = ranks.count - skipped
      let count = limit < 0 ? rest : Int(min(limit, Int64(rest)))
      let start =
        isReversed
        ? ranks.upperBound - skipped - count : ranks.lowerBound + skipped
      return start..<start + count
    }
  }

  private struct Options {
    var order: RangeQuery.Order?
    var isReversed: Bool?
    var withScores = false
    var offset: Int64 = 0
    var limit: Int64 = -1

    /// Takes the option at an argument and returns how many arguments it has.
    mutating func parse(_ call: Call, _ index: Int, stores: Bool) throws(CommandError) -> Int {
      let word = call[index]
      if !stores, word.isKeyword("WITHSCORES") {
        withScores = true
      } else if word.isKeyword("LIMIT"), index + 2 < call.count {
        offset = try call.integer(index + 1)
        limit = try call.integer(index + 2)
        return 3
      } else if isReversed == nil, word.isKeyword("REV") {
        isReversed = true
      } else if order == nil, word.isKeyword("BYSCORE") {
        order = .score
      } else if order == nil, word.isKeyword("BYLEX") {
        order = .lex
      } else {
        throw .syntax
      }
      return 1
    }
  }
}
