"""Colours and shapes of the servers: the same everywhere, on light and on dark paper.

The hues are those of Okabe and Ito, which people with colour blindness can tell apart, made darker
for light paper and lighter for dark paper. Shape and stroke tell the servers apart as well.
While matplotlib draws, colours have placeholders, which become variables of the page's CSS.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    light: str
    dark: str
    marker: str
    stroke: object


SERIES = (
    Series("#d1490c", "#ff8547", "o", "-"),
    Series("#0b6cad", "#5cb2f2", "s", (0, (6, 1.5))),
    Series("#00805c", "#2ecb9c", "D", (0, (4, 1.5, 1, 1.5))),
    Series("#b3559a", "#ee9cd6", "^", (0, (2, 1.2))),
    Series("#8a6500", "#e8b62c", "v", (0, (8, 1.5, 2, 1.5))),
    Series("#5b5bd6", "#a9a6ff", "P", (0, (3, 1, 1, 1, 1, 1))),
    Series("#5f6770", "#b3bcc5", "X", (0, (1, 1))),
)
# name of the CSS variable -> (light, dark)
PAPER = {
    "paper": ("#fdfdfb", "#16181c"), "card": ("#ffffff", "#1e2126"),
    "ink": ("#1c2024", "#eceef0"), "soft": ("#5c646d", "#a3abb4"),
    "line": ("#dcdfe3", "#363b43"), "good": ("#00714f", "#3dd6a5"), "bad": ("#b42318", "#ff8a7d"),
}


def series(index):
    """More servers than colours share them, never their shapes: nobody compares that many."""
    return SERIES[index % len(SERIES)]


def placeholder(index):
    """What matplotlib takes for a colour, and nothing else on the page is."""
    return f"#f0e1{index % len(SERIES):02x}"


INK, SOFT, LINE, CARD = "#f0e1f0", "#f0e1f1", "#f0e1f2", "#f0e1f3"


def variables():
    """Placeholder -> variable of the page."""
    names = {placeholder(index): f"var(--s{index})" for index in range(len(SERIES))}
    return {**names, INK: "var(--ink)", SOFT: "var(--soft)", LINE: "var(--line)",
            CARD: "var(--card)"}


def css():
    def block(place):
        pairs = [(name, colours[place]) for name, colours in PAPER.items()]
        pairs += [(f"s{index}", (each.light, each.dark)[place])
                  for index, each in enumerate(SERIES)]
        return " ".join(f"--{name}: {colour};" for name, colour in pairs)
    return (f":root {{ color-scheme: light dark; {block(0)} }}\n"
            f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {block(1)} }} }}\n")
