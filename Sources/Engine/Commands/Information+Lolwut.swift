import Core

/// LOLWUT: a picture, and the version.
extension Information {
  static let lolwut = CommandSpec(
    "lolwut", .server, since: "5.0.0", arity: -1, flags: [.readonly, .fast],
    summary: "Draws something, and tells the version.", complexity: "",
    arguments: [ArgumentSpec("version", .integer, token: "VERSION", .optional)], run: runLolwut)

  /// LOLWUT [VERSION version [columns [rows [squares]]]]
  private static func runLolwut(_ call: Call) throws(CommandError) {
    var next = 1
    var sizeCount = 0
    if call.count >= 3, call[1].isKeyword("VERSION") {
      let version = try call.integer(2)
      next = 3
      sizeCount = version == 5 ? 3 : version == 6 ? 2 : 0
    }
    // Only the pictures of versions 5 and 6 take sizes: three and two of them.
    var sizes: [Int64] = [66, 16, 0]
    for index in 0..<min(sizeCount, call.count - next) {
      sizes[index] = try call.integer(next + index)
    }
    let picture = Swarm(
      columns: Int(min(max(sizes[0], 1), 1000)), rows: Int(min(max(sizes[1], 1), 200)),
      seed: UInt64(bitPattern: call.now))
    call.reply.verbatim(
      picture.text + "Swifts at dusk. Redis ver. \(Version.redis), Apus ver. \(Version.apus)\n")
  }

  /// A flock of swifts (Apus apus) over a town.
  private struct Swarm {
    private(set) var text = ""

    init(columns: Int, rows: Int, seed: UInt64) {
      var state = seed | 1
      func random(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
      }
      var picture = [[Character]](
        repeating: [Character](repeating: " ", count: columns), count: rows)
      for column in 0..<columns {
        let height = min(rows, 1 + (column / 5 * 7 + column / 11) % 3)
        for row in (rows - height)..<rows { picture[row][column] = column % 5 == 4 ? "|" : "#" }
      }
      let sky = max(1, rows - 3)
      for _ in 0..<(columns * sky / 40 + 1) {
        let row = random(sky)
        let column = random(columns)
        let bird = Array(["`v'", "~^~", "-v-", "\\,/"][random(4)])
        for (offset, stroke) in bird.enumerated() where column + offset < columns {
          picture[row][column + offset] = stroke
        }
      }
      text = picture.map { String($0) + "\n" }.joined()
    }
  }
}
