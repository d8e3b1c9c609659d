"""COMMAND DOCS as a grammar: what arguments each command takes."""

from __future__ import annotations

from dataclasses import dataclass, field

from Support.resp import Reply
from Support.wire import Wire

SAMPLES = {
    "key": "key", "string": "value", "integer": "1", "double": "1.5", "unix-time": "4102444800",
    "pattern": "*",
}
NUMERIC = ("integer", "double", "unix-time")


@dataclass
class Argument:
    name: str
    type: str
    token: str | None = None
    optional: bool = False
    multiple: bool = False
    parts: list[Argument] = field(default_factory=list)

    def _with_token(self, words: list) -> list:
        return [self.token, *words] if self.token is not None else words

    def sample(self) -> list[str]:
        """The words of one plain use."""
        if self.type == "pure-token":
            return [self.token]
        if self.type == "oneof":
            return self._with_token(self.parts[0].sample())
        if self.type == "block":
            words = [word for part in self.parts if not part.optional for word in part.sample()]
            return self._with_token(words)
        return self._with_token([SAMPLES.get(self.type, "value")])

    def numeric_variants(self) -> list[list[str | None]]:
        """Uses of this argument in which one number is None, to be filled in."""
        if self.type in NUMERIC:
            return [self._with_token([None])]
        if self.type == "oneof":
            found = [variant for part in self.parts for variant in part.numeric_variants()]
            return [self._with_token(variant) for variant in found]
        if self.type != "block":
            return []
        variants = []
        for index, part in enumerate(self.parts):
            for variant in part.numeric_variants():
                before = [w for p in self.parts[:index] if not p.optional for w in p.sample()]
                after = [w for p in self.parts[index + 1 :] if not p.optional for w in p.sample()]
                variants.append(self._with_token([*before, *variant, *after]))
        return variants


def command_names(wire: Wire) -> set[str]:
    """`get`, `client`, `client|kill` ... as COMMAND LIST has them."""
    reply = wire.call("COMMAND", "LIST")
    assert not reply.is_error(), f"COMMAND LIST answered {reply.text()}"
    return {name.value.decode().lower() for name in reply.value}


def as_dict(reply: Reply) -> dict[str, Reply]:
    """A map, or RESP2's flat array of pairs."""
    assert reply.kind in ("map", "array"), f"a map was expected, not {reply.text()}"
    if reply.kind == "map":
        return {key.value.decode(): value for key, value in reply.value}
    parts = reply.value
    return {key.value.decode(): value for key, value in zip(parts[::2], parts[1::2])}


def _argument(reply: Reply) -> Argument:
    fields = as_dict(reply)
    flags = [flag.value for flag in fields["flags"].value] if "flags" in fields else []
    parts = fields["arguments"].value if "arguments" in fields else ()
    return Argument(
        name=fields["name"].value.decode(),
        type=fields["type"].value.decode(),
        token=fields["token"].value.decode() if "token" in fields else None,
        optional=b"optional" in flags,
        multiple=b"multiple" in flags,
        parts=[_argument(part) for part in parts],
    )


def _collect(docs: dict[str, Reply], found: dict[str, list[Argument]]) -> None:
    for name, reply in docs.items():
        fields = as_dict(reply)
        if "subcommands" in fields:
            _collect(as_dict(fields["subcommands"]), found)
        else:
            arguments = fields["arguments"].value if "arguments" in fields else ()
            found[name] = [_argument(argument) for argument in arguments]


def declarations(wire: Wire) -> dict[str, list[Argument]]:
    """`get`, `client|kill` ... to their arguments; containers themselves are left out."""
    found: dict[str, list[Argument]] = {}
    _collect(as_dict(wire.call("COMMAND", "DOCS")), found)
    return found
