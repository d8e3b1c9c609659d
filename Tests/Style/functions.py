"""Finds the functions of a source file: name, first line, last line."""

import ast
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Function:
    name: str
    first: int
    last: int

    @property
    def length(self):
        return self.last - self.first + 1


def functions(source):
    finder = {"swift": _swift, "c": _c, "python": _python}.get(source.language)
    return list(finder(source)) if finder else []


def _python(source):
    try:
        tree = ast.parse(source.text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield Function(node.name, node.lineno, node.end_lineno)


SWIFT_DECLARATION = re.compile(
    r"\bfunc\s+(?P<func>[^\s(<]+|<[^\s(]*)"
    r"|(?<![\w.])(?P<init>init)[?!]?(?=\s*[(<])"
    r"|(?<![\w.])(?P<deinit>deinit)\b"
    r"|(?<![\w.])(?P<subscript>subscript)(?=\s*[(<])"
    r"|\bvar\s+(?P<var>\w+)\s*:[^={\n]*(?=\{)")

# A line that starts like this ends the search for a body: the declaration had none.
SWIFT_NEXT = re.compile(
    r"\n[ \t]*(?:@\w|(?:(?:static|package|public|private|internal|fileprivate|mutating|override|"
    r"final|nonisolated)\s+)*"
    r"(?:func|init|deinit|var|let|subscript|associatedtype|typealias|case)\b)")


def _swift(source):
    code = source.code
    for match in SWIFT_DECLARATION.finditer(code):
        opening = _swift_body(code, match.end())
        if opening is None:
            continue
        name = next(value for value in match.groupdict().values() if value)
        closing = matching_brace(code, opening)
        yield Function(name, source.line_of(match.start()), source.line_of(closing))


def _swift_body(code, start):
    """Offset of the brace that opens the body, or None for a requirement of a protocol."""
    depth = 0
    for index in range(start, len(code)):
        character = code[index]
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif depth == 0 and character == "{":
            return index
        elif depth == 0 and character in "};":
            return None
        elif depth == 0 and character == "\n" and SWIFT_NEXT.match(code, index):
            return None
    return None


def matching_brace(code, opening):
    depth = 0
    for index in range(opening, len(code)):
        depth += {"{": 1, "}": -1}.get(code[index], 0)
        if depth == 0:
            return index
    return len(code)


C_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
C_LINKAGE = re.compile(r"\bextern\s*\"[^\"]*\"\s*$")


def _c(source):
    """A brace at the outermost level whose declaration has parentheses opens a function."""
    code = C_DIRECTIVE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), source.code)
    start = index = 0
    while index < len(code):
        character = code[index]
        if character in ";}":
            start = index + 1
        elif character == "{":
            head = code[start:index]
            if C_LINKAGE.search(head):
                start = index + 1
            else:
                closing = matching_brace(code, index)
                name = re.search(r"(\w+)\s*\(", head)
                if name and "=" not in head:
                    first = start + len(head) - len(head.lstrip())
                    yield Function(name[1], source.line_of(first), source.line_of(closing))
                index = closing
                start = closing + 1
        index += 1
