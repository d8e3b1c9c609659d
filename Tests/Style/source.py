"""A file of the repository as the style rules see it: text, and text with parts blanked out.

Rules look for code, and code is not what stands in a comment or a string. `Source` offers the same
text four times, always with the same line and column of everything that is left: as it is, with
comments blank, with comments and strings blank, and with only comments left.
"""

import os
import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

BY_EXTENSION = {
    ".swift": "swift", ".c": "c", ".h": "c", ".py": "python", ".md": "markdown", ".sh": "shell",
}
BY_INTERPRETER = {"python3": "python", "bash": "shell", "sh": "shell"}


@dataclass(frozen=True)
class Violation:
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Source:
    """`tree` holds the paths of all files of the repository, for rules about links."""

    path: str
    data: bytes
    tree: frozenset = field(default=frozenset(), repr=False)

    @cached_property
    def text(self):
        return "" if b"\0" in self.data else self.data.decode("utf-8", "replace")

    @cached_property
    def lines(self):
        return self.text.split("\n")

    @cached_property
    def language(self):
        name = os.path.basename(self.path)
        if name == "Makefile":
            return "shell"
        extension = os.path.splitext(name)[1]
        if extension in BY_EXTENSION:
            return BY_EXTENSION[extension]
        if not self.text.startswith("#!"):
            return "other"
        return BY_INTERPRETER.get(self.lines[0].replace("/", " ").split()[-1], "other")

    @cached_property
    def code(self):
        """Comments and the insides of strings are blank."""
        return mask(self.text, self.language, blank={"comment", "string"})

    @cached_property
    def code_and_strings(self):
        return mask(self.text, self.language, blank={"comment"})

    @cached_property
    def comments(self):
        return mask(self.text, self.language, blank={"code", "string"})

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def violation(self, line, message):
        return Violation(self.path, line, message)

    def at(self, offset, message):
        return self.violation(self.line_of(offset), message)


def mask(text, language, blank):
    """`text` with every character of a blank kind, except line ends, replaced by a space."""
    kinds = _kinds(text, language)
    if kinds is None:
        return text if "code" not in blank else ""
    return "".join(
        " " if kind in blank and character != "\n" else character
        for character, kind in zip(text, kinds)
    )


@lru_cache(maxsize=None)
def _kinds(text, language):
    """What each character is, or None for languages that are not known."""
    scanner = {"swift": _Swift, "c": _C, "python": _Python, "shell": _Shell}.get(language)
    return scanner and scanner(text).scan()


class _Scanner:
    """Marks each character as code, comment or string. Quotes themselves count as code."""

    # What a comment or a string may begin with.
    special: re.Pattern

    def __init__(self, text):
        self.text = text
        self.kinds = ["code"] * len(text)
        self.at = 0

    def starts(self, prefix):
        return self.text.startswith(prefix, self.at)

    def take(self, count, kind):
        end = min(self.at + count, len(self.text))
        self.kinds[self.at:end] = [kind] * (end - self.at)
        self.at += count

    def take_line(self):
        end = self.text.find("\n", self.at)
        self.take((len(self.text) if end < 0 else end) - self.at, "comment")

    def take_quoted(self, quote, multiline):
        """A string with backslash escapes, from its opening to its closing quote."""
        self.at += len(quote)
        while self.at < len(self.text) and not self.starts(quote):
            if self.starts("\n") and not multiline:
                return
            self.take(2 if self.starts("\\") else 1, "string")
        self.at += len(quote)

    def scan(self):
        while found := self.special.search(self.text, self.at):
            self.at = found.start()
            if not self.scan_special():
                self.at += 1
        return self.kinds

    def scan_special(self):
        raise NotImplementedError


class _C(_Scanner):
    special = re.compile("[/\"']")

    def scan_special(self):
        if self.starts("//"):
            self.take_line()
        elif self.starts("/*"):
            end = self.text.find("*/", self.at + 2)
            self.take((len(self.text) if end < 0 else end + 2) - self.at, "comment")
        elif self.starts('"') or self.starts("'"):
            self.take_quoted(self.text[self.at], multiline=False)
        else:
            return False
        return True


class _Python(_Scanner):
    special = re.compile("[#\"']")

    def scan_special(self):
        if self.starts("#"):
            self.take_line()
        elif self.starts('"""') or self.starts("'''"):
            self.take_quoted(self.text[self.at:self.at + 3], multiline=True)
        elif self.starts('"') or self.starts("'"):
            self.take_quoted(self.text[self.at], multiline=False)
        else:
            return False
        return True


class _Shell(_Scanner):
    """Only comments are told apart; quoting in shell is not worth a parser here."""

    special = re.compile("#")

    def scan_special(self):
        before = self.text[self.at - 1] if self.at else "\n"
        if self.starts("#") and before in " \t\n":
            self.take_line()
            return True
        return False


class _Swift(_Scanner):
    special = re.compile('[/"#]')

    def scan_special(self):
        if self.starts("//"):
            self.take_line()
        elif self.starts("/*"):
            self.take_nested_comment()
        elif self.starts('"') or self.starts("#"):
            return self.take_string()
        else:
            return False
        return True

    def take_nested_comment(self):
        depth = 0
        while self.at < len(self.text):
            if self.starts("/*"):
                depth += 1
                self.take(2, "comment")
            elif self.starts("*/"):
                depth -= 1
                self.take(2, "comment")
                if depth == 0:
                    return
            else:
                self.take(1, "comment")

    def take_string(self):
        """Plain, raw (`#"…"#`) and multi-line strings. Interpolated code stays code."""
        hashes = 0
        while self.text.startswith("#", self.at + hashes):
            hashes += 1
        opening = self.at + hashes
        if not self.text.startswith('"', opening):
            return False
        quote = '"""' if self.text.startswith('"""', opening) else '"'
        closing = quote + "#" * hashes
        escape = "\\" + "#" * hashes
        self.at = opening + len(quote)
        while self.at < len(self.text) and not self.starts(closing):
            if self.starts("\n") and quote == '"':
                return True
            if self.starts(escape + "("):
                self.at += len(escape) + 1
                self.take_interpolation()
            else:
                self.take(len(escape) + 1 if self.starts(escape) else 1, "string")
        self.at += len(closing)
        return True

    def take_interpolation(self):
        depth = 1
        while self.at < len(self.text) and depth:
            if self.scan_special():
                continue
            depth += {"(": 1, ")": -1}.get(self.text[self.at], 0)
            self.at += 1


def repository_root():
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def repository_sources():
    """Every file that is tracked, or would be if it were added."""
    root = repository_root()
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        cwd=root, check=True, capture_output=True)
    paths = [path for path in listing.stdout.decode().split("\0") if path]
    paths = [path for path in paths if os.path.isfile(os.path.join(root, path))]
    tree = frozenset(paths)
    sources = []
    for path in sorted(tree):
        with open(os.path.join(root, path), "rb") as file:
            sources.append(Source(path, file.read(), tree))
    return sources
