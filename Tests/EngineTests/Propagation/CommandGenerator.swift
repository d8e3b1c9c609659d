@testable import Engine

/// Write commands of all kinds, drawn by a seed. Words in braces are drawn anew each time.
struct CommandGenerator {
  private var random: SplitMixSequence
  /// What deadlines are near to.
  var now: Int64 = 0

  init(seed: UInt64) { random = SplitMixSequence(state: seed) }

  /// Command names, in lower case, that templates have.
  static let names = Set(
    templates.flatMap { $0 }.map { String($0.split(separator: " ")[0]).lowercased() })

  mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

  mutating func chance(_ part: Int) -> Bool { below(part) == 0 }

  mutating func command() -> [String] {
    let family = Self.templates[below(Self.templates.count)]
    return filled(family[below(family.count)])
  }

  mutating func filled(_ template: String) -> [String] {
    var words: [String] = []
    for word in template.split(separator: " ") {
      guard word.hasPrefix("{") else {
        words.append(String(word))
        continue
      }
      words += drawn(String(word.dropFirst().dropLast()))
    }
    return words
  }

  private mutating func drawn(_ kind: String) -> [String] {
    switch kind {
    case "s", "l", "S", "h", "z", "g", "p": return ["\(kind)\(below(4))"]
    case "any": return drawn(["s", "l", "S", "h", "z", "g", "p"][below(7)])
    case "f": return ["f\(below(6))"]
    case "bf": return ["f\(below(400))"]
    case "m": return chance(3) ? ["member-that-is-long-\(below(20))"] : ["\(below(12))"]
    case "v": return chance(3) ? ["a value that is not short \(below(50))"] : ["\(below(50))"]
    case "n": return ["\(below(9) - 4)"]
    case "u": return ["\(below(6))"]
    case "x": return ["\(Double(below(400) - 200) / 8)"]
    case "ms": return ["\(below(30) + 1)"]
    case "sec": return ["\(below(3) + 1)"]
    case "at": return ["\(now + Int64(below(40)) - 5)"]
    case "ats": return ["\(now / 1000 + Int64(below(3)))"]
    case "d": return ["\(below(3))"]
    case "lon": return ["\(Double(below(3600)) / 10 - 180)"]
    case "lat": return ["\(Double(below(1700)) / 10 - 85)"]
    case "400": return (0..<400).map { "f\($0)" }
    case "400v": return (0..<400).flatMap { ["f\($0)", "\($0)"] }
    default: preconditionFailure("no such word: \(kind)")
    }
  }

  static let templates: [[String]] = [
    [
      "SET {s} {v}", "SET {s} {v} NX", "SET {s} {v} XX GET", "SET {s} {v} PX {ms}",
      "SET {s} {v} EX {sec} NX GET", "SET {s} {v} PXAT {at}", "SET {s} {v} EXAT {ats}",
      "SET {s} {v} KEEPTTL", "SET {s} {v} IFEQ {v}", "SET {s} {v} IFNE {v} KEEPTTL",
      "SETNX {s} {v}", "SETEX {s} {sec} {v}", "PSETEX {s} {ms} {v}", "GETSET {s} {v}",
      "GETEX {s} PX {ms}", "GETEX {s} PXAT {at}", "GETEX {s} PERSIST", "GETDEL {s}", "GET {s}",
      "MSET {s} {v} {s} {v}", "MSETNX {s} {v} {s} {v}", "MGET {s} {s} {s}",
      "MSETEX 2 {s} {v} {s} {v} PX {ms}", "MSETEX 1 {s} {v} NX", "MSETEX 1 {s} {v} KEEPTTL XX",
      "MSETEX 2 {s} {v} {s} {v} PXAT {at}", "DELEX {s} IFEQ {v}", "DELEX {s}",
      "DELIFEQ {s} {v}", "APPEND {s} {v}", "SETRANGE {s} {u} {v}", "INCR {s}", "DECR {s}",
      "INCRBY {s} {n}", "DECRBY {s} {n}", "INCRBYFLOAT {s} {x}", "SETBIT {s} {u} 1",
      "BITOP XOR {s} {s} {s}", "BITFIELD {s} INCRBY u8 {u} {u} OVERFLOW FAIL SET i5 3 {n}",
    ],
    [
      "DEL {any} {any}", "UNLINK {any}", "RENAME {any} {any}", "RENAMENX {any} {any}",
      "COPY {any} {any}", "COPY {any} {any} REPLACE DB {d}", "MOVE {any} {d}", "PERSIST {any}",
      "EXPIRE {any} {sec}", "EXPIRE {any} {n} NX", "PEXPIRE {any} {ms}",
      "PEXPIRE {any} {ms} GT", "EXPIREAT {any} {ats} LT", "PEXPIREAT {any} {at} XX",
      "PEXPIREAT {any} {at}", "TOUCH {any}", "SCAN 0 COUNT 100", "RANDOMKEY", "KEYS *",
      "PEXPIRE {any} {ms}", "PEXPIRE {any} {ms} NX", "TYPE {any}",
    ],
    [
      "LPUSH {l} {v} {v}", "RPUSH {l} {v} {v} {v}", "LPUSHX {l} {v}", "RPUSHX {l} {v}",
      "LPOP {l}", "RPOP {l}", "LPOP {l} {u}", "RPOP {l} {u}", "LSET {l} {n} {v}",
      "LINSERT {l} BEFORE {v} {v}", "LREM {l} {n} {v}", "LTRIM {l} {n} {n}",
      "LMOVE {l} {l} LEFT RIGHT", "RPOPLPUSH {l} {l}", "LMPOP 2 {l} {l} RIGHT COUNT 2",
      "BLPOP {l} {l} 0", "BRPOP {l} {l} 0", "BLMOVE {l} {l} RIGHT RIGHT 0",
      "BRPOPLPUSH {l} {l} 0", "BLMPOP 0 2 {l} {l} LEFT COUNT 3", "RPUSH {l} {n} {n} {n}",
      "SORT {l} STORE {l}", "SORT {l} ALPHA DESC LIMIT 0 3 STORE {l}",
      "SORT {l} BY s* GET s* GET # ALPHA STORE {l}", "SORT {S} BY nosort STORE {l}",
    ],
    [
      "SADD {S} {m} {m} {m}", "SREM {S} {m} {m}", "SMOVE {S} {S} {m}", "SPOP {S}",
      "SPOP {S} {u}", "SPOP {S} 2", "SINTERSTORE {S} {S} {S}", "SUNIONSTORE {S} {S} {S}",
      "SDIFFSTORE {S} {S} {S}", "SADD {S} {m} {m} {m} {m} {m} {m}",
    ],
    [
      "ZADD {z} {x} {m} {x} {m}", "ZADD {z} GT CH {x} {m}", "ZADD {z} NX {x} {m}",
      "ZADD {z} INCR {x} {m}", "ZINCRBY {z} {x} {m}", "ZREM {z} {m} {m}",
      "ZREMRANGEBYRANK {z} {n} {n}", "ZREMRANGEBYSCORE {z} {x} {x}",
      "ZREMRANGEBYLEX {z} [{v} [{v}", "ZREMRANGEBYLEX {z} [0 [3", "ZPOPMIN {z}",
      "ZPOPMAX {z} {u}", "ZMPOP 2 {z} {z} MIN COUNT 2", "BZPOPMIN {z} {z} 0", "BZPOPMAX {z} {z} 0",
      "BZMPOP 0 2 {z} {z} MAX COUNT 2", "ZUNIONSTORE {z} 2 {z} {S} WEIGHTS 2 {x}",
      "ZUNIONSTORE {z} 2 {z} {z} AGGREGATE COUNT", "ZINTERSTORE {z} 2 {z} {z} AGGREGATE MAX",
      "ZINTERSTORE {z} 2 {z} {z} AGGREGATE COUNT",
      "ZDIFFSTORE {z} 2 {z} {z}", "ZRANGESTORE {z} {z} {n} {n}",
      "ZRANGESTORE {z} {z} {x} +inf BYSCORE LIMIT 0 3",
    ],
    [
      "HSET {h} {f} {v} {f} {v}", "HMSET {h} {f} {v}", "HSETNX {h} {f} {v}", "HDEL {h} {f} {f}",
      "HINCRBY {h} {f} {n}", "HINCRBYFLOAT {h} {f} {x}", "HGET {h} {f}", "HGETALL {h}",
      "HEXPIRE {h} {u} FIELDS 2 {f} {f}", "HPEXPIRE {h} {ms} FIELDS 3 {f} {f} {f}",
      "HPEXPIRE {h} {ms} NX FIELDS 2 {f} {f}", "HEXPIREAT {h} {ats} GT FIELDS 1 {f}",
      "HPEXPIREAT {h} {at} FIELDS 2 {f} {f}", "HPERSIST {h} FIELDS 2 {f} {f}",
      "HGETDEL {h} FIELDS 2 {f} {f}", "HGETEX {h} PX {ms} FIELDS 2 {f} {f}",
      "HGETEX {h} PXAT {at} FIELDS 1 {f}", "HGETEX {h} PERSIST FIELDS 2 {f} {f}",
      "HSETEX {h} FIELDS 1 {f} {v}", "HSETEX {h} PX {ms} FIELDS 2 {f} {v} {f} {v}",
      "HSETEX {h} FXX PXAT {at} FIELDS 1 {f} {v}", "HSETEX {h} XX KEEPTTL FIELDS 1 {f} {v}",
      "HSETEX {h} FNX EX {sec} FIELDS 1 {f} {v}",
    ],
    // So many due fields that a lookup leaves some.
    [
      "HSET big {400v} live 1", "HPEXPIRE big 1 FIELDS 400 {400}",
      "HPEXPIRE big {ms} FIELDS 400 {400}",
      "HSETNX big {bf} {v}", "HINCRBY big {bf} 1", "HPERSIST big FIELDS 3 {bf} {bf} {bf}",
      "HGETEX big PERSIST FIELDS 3 {bf} {bf} {bf}", "HDEL big live {bf}",
      "HGETDEL big FIELDS 2 live {bf}", "HSETEX big KEEPTTL FIELDS 1 {bf} {v}", "COPY big {h}",
      "HPEXPIRE big {ms} FIELDS 2 {bf} {bf}", "HLEN big", "HSET big {bf} {v} {bf} {v}",
    ],
    [
      "GEOADD {g} {lon} {lat} {m}", "GEOADD {g} XX CH {lon} {lat} {m} {lon} {lat} {m}",
      "GEORADIUS {g} {lon} {lat} 9000 km STORE {g}",
      "GEORADIUSBYMEMBER {g} {m} 9000 km STOREDIST {g}",
      "GEOSEARCHSTORE {g} {g} FROMLONLAT {lon} {lat} BYRADIUS 9000 km STOREDIST",
      "GEOSEARCHSTORE {g} {g} BYPOLYGON 3 -170 -80 170 -80 0 80",
    ],
    [
      "PFADD {p} {m} {m}", "PFADD {p} {v} {v} {v}", "PFCOUNT {p}", "PFCOUNT {p} {p}",
      "PFMERGE {p} {p} {p}", "PFDEBUG TODENSE {p}",
    ],
  ]

  /// Seldom, because they remove so much.
  static let rare = ["FLUSHDB", "FLUSHALL", "SWAPDB {d} {d}"]
}

/// Numbers that look random and are the same for the same seed.
struct SplitMixSequence {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
