"""SVG paths of straight lines, written short."""

import re

TOKEN = re.compile(r"[A-Za-z]|-?\d+(?:\.\d+)?")
NUMBER = re.compile(r"-?\d+\.\d+")


def short_number(match):
    """One decimal is a tenth of a point, which nobody sees."""
    return f"{float(match[0]):.1f}".removesuffix(".0")


def short(path):
    """The same path with fewer characters."""
    tokens = TOKEN.findall(NUMBER.sub(short_number, path))
    if not set(token for token in tokens if token.isalpha()) <= {"M", "L", "z"}:
        return " ".join(tokens)
    written, here, place = [], None, 0
    while place < len(tokens):
        letter = tokens[place]
        if letter == "z":
            written.append("z")
            place += 1
            continue
        point = tokens[place + 1], tokens[place + 2]
        written.append(step(letter, point, here))
        here, place = point, place + 3
    return "".join(written)


def step(letter, point, here):
    if letter == "L" and here and point[1] == here[1]:
        return f"H{point[0]}"
    if letter == "L" and here and point[0] == here[0]:
        return f"V{point[1]}"
    return f"{letter}{point[0]} {point[1]}"
