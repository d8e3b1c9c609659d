"""Makes calls in bulk from the commands' declared arguments, with plain random numbers.

Where hypothesis (`strategies.py`) makes a few calls at a time and shrinks them, this makes hundreds
of thousands, so that values grow, shrink and change their encoding under all commands of a family.
Keys, members and numbers come from small pools, so that calls meet; some are extreme, some calls
are spoilt. Expiries are either past or far away.
"""

from __future__ import annotations

import random

from Support.docs import Argument

MEMBERS = [b"%c" % letter for letter in b"abcdefghijklmnop"] + [
    b"1", b"2", b"3", b"10", b"-7", b"300", b"70000", b"5000000000", b"-9223372036854775808",
    b"1.5", b"", b"m" * 64, b"m" * 65, b"\x00\xff\r\n", b"01", b"9223372036854775808",
]
NUMBERS = [b"0", b"1", b"-1", b"2", b"3", b"5", b"7", b"-2", b"-3", b"12", b"100", b"-100"]
EXTREME = [
    b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"2147483648",
    b"-9223372036854775809", b"4294967296", b"-4294967297", b"4611686018427387904", b"", b"a",
    b"1.5", b" 1", b"1 ", b"+1", b"-0", b"1e3", b"nan", b"inf", b"-inf", b"1e400",
]
SCORES = [b"0", b"1", b"2", b"2", b"3", b"-1", b"1.5", b"0.1", b"1e10", b"inf", b"-inf", b"100"]
SCORE_BOUNDS = [b"-inf", b"+inf", b"0", b"1", b"(1", b"2", b"(2", b"-1", b"(inf", b"3", b"1.5"]
LEX_BOUNDS = [b"-", b"+", b"[a", b"(a", b"[c", b"(f", b"[k", b"[", b"(p", b"[1"]
SECONDS = [b"100000", b"200000", b"1000000", b"0", b"-1"]
DATES = {False: [b"1", b"4102444800", b"4202444800"], True: [b"1000", b"4102444800000"]}
PATTERNS = [b"*", b"a*", b"[a-e]", b"?", b"", b"[^a]", b"\\a", b"*1*"]
LONGITUDES = [b"13.361389", b"15.087269", b"0", b"-122.4", b"13.4", b"200"]
LATITUDES = [b"38.115556", b"37.502669", b"0", b"37.8", b"38.2", b"90"]
LENGTHS = [b"1", b"200", b"0", b"1000", b"0.5", b"-1"]
JUNK = [b"", b"foo", b"NX", b"WITHSCORES", b"LIMIT", b"FIELDS", b"COUNT", b"-1", b"REV"]
BITS = [b"u8", b"i5", b"u1", b"i64", b"u63", b"u64", b"i0", b"x", b"i16"]
OFFSETS = [b"0", b"1", b"7", b"8", b"#1", b"#3", b"100", b"37", b"-1", b"4294967296"]

POOLS = {
    "score": SCORES, "increment": NUMBERS + SCORES, "longitude": LONGITUDES,
    "latitude": LATITUDES, "radius": LENGTHS, "width": LENGTHS, "height": LENGTHS,
    "encoding": BITS, "offset": OFFSETS, "seconds": SECONDS, "milliseconds": SECONDS,
    "weight": SCORES, "bit": [b"0", b"1", b"1", b"2"], "pattern": PATTERNS, "timeout": [b"0.01"],
    "cursor": [b"0"], "sortkey": [b"*"],
}


class CallMaker:
    """Calls of one family of commands. The same seed makes the same calls."""

    def __init__(self, grammar: dict[str, list[Argument]], names: list[str], keys: list[bytes],
                 others: list[bytes], seed: int):
        self.grammar, self.names = grammar, names
        self.keys, self.others = keys, others
        self.pools = dict(POOLS)
        self.spoilt_share = 0.03
        self.random = random.Random(seed)

    def call(self) -> list[bytes]:
        name = self.random.choice(self.names)
        words = [word.encode() for word in name.split("|")]
        counted: list[int] = []
        for argument in self.grammar[name]:
            self._maybe(argument, words, counted)
        self._fill_bounds(words)
        if self.random.random() < self.spoilt_share:
            self._spoil(words)
        return words

    def _maybe(self, argument: Argument, words: list, counted: list) -> None:
        if not argument.optional or self.random.random() < 0.35:
            self._use(argument, words, counted)

    def _use(self, argument: Argument, words: list, counted: list) -> None:
        if argument.token is not None:
            words.append(argument.token.encode())
        times = self.random.choice((1, 1, 1, 2, 3, 6)) if argument.multiple else 1
        start = len(words)
        for _ in range(times):
            self._once(argument, words, counted)
        if argument.multiple and counted and argument.name != "numkeys":
            place = counted.pop()
            per_use = 2 if argument.type == "block" else 1
            words[place] = b"%d" % ((len(words) - start) // per_use)

    def _once(self, argument: Argument, words: list, counted: list) -> None:
        if argument.type == "oneof":
            self._use(self.random.choice(argument.parts), words, counted)
        elif argument.type == "block":
            for part in argument.parts:
                self._maybe(part, words, counted)
        elif argument.type != "pure-token":
            if argument.name in ("numkeys", "numfields"):
                counted.append(len(words))
            words.append(self._value(argument))

    def _value(self, argument: Argument) -> bytes:
        draw = self.random.choice
        if argument.type == "key":
            return draw(self.keys if self.random.random() < 0.97 else self.others)
        if argument.type == "unix-time":
            return draw(DATES["milli" in argument.name])
        if argument.name in self.pools:
            pool = self.pools[argument.name]
        elif argument.name in ("min", "max"):
            return b"<bound>"
        elif argument.name in ("start", "stop"):
            return b"<position>"
        elif argument.type == "integer":
            pool = NUMBERS
        elif argument.type == "double":
            pool = SCORES
        else:
            pool = MEMBERS
        rare = EXTREME if argument.type in ("integer", "double") and len(pool) > 1 else pool
        return draw(pool if self.random.random() < 0.97 else rare)

    def _fill_bounds(self, words: list) -> None:
        """What a bound may be depends on words before and behind it."""
        said = {word.upper() for word in words[3:]} | {words[0].upper()}
        is_lex = any(b"LEX" in word for word in said)
        is_score = b"BYSCORE" in said or words[0].lower() == b"zcount" or any(
            b"BYSCORE" in word for word in said)
        for index, word in enumerate(words):
            if word == b"<bound>" or word == b"<position>":
                pool = LEX_BOUNDS if is_lex else SCORE_BOUNDS if is_score else NUMBERS
                if self.random.random() < 0.03:
                    pool = [word for word in EXTREME if word.strip() == word != b""]
                words[index] = self.random.choice(pool)

    def _spoil(self, words: list) -> None:
        at = self.random.randrange(1, max(2, len(words)))
        how = self.random.randrange(4)
        if how == 0 or at >= len(words):
            words.append(self.random.choice(JUNK))
        elif how == 1:
            del words[at]
        elif how == 2:
            words.insert(at, words[at])
        else:
            words[at] = self.random.choice(JUNK + EXTREME)
