"""The servers take turns, round by round: A B C, B C A, then the other way round."""

STEAL_MAX = 0.01
OTHERS_MAX = 0.05
REPEATS = 2


def order(names, number):
    """Each server is first, in the middle and last equally often, and follows each other one."""
    names = list(names)
    start = number % len(names)
    turned = names[start:] + names[:start]
    return turned[::-1] if number // len(names) % 2 else turned


def interleaved(names, count, sample, notes, repeats=REPEATS):
    """Rows of `sample(name, number)` by name, one for each round.

    A round in which the machine's host or other programs took time from the server's core is
    repeated as a whole, so that the servers of a pair are measured close to each other, at most
    `repeats` times; `notes` says so. `sample` gives their shares as `steal` and, if it knows,
    `others`.
    """
    rows = {name: [] for name in names}
    for number in range(count):
        for attempt in range(repeats + 1):
            found = {name: sample(name, number) for name in order(names, number)}
            taken = disturbance(found.values())
            if taken is None:
                break
            outcome = "repeated" if attempt < repeats else kept(attempt)
            notes.append(f"round {number + 1}: {taken}; {outcome}")
        for name, row in found.items():
            rows[name].append(row)
    return rows


def disturbance(rows):
    """Who took time from a server's core, in words, or None."""
    stolen = max(row["steal"] for row in rows)
    if stolen > STEAL_MAX:
        return f"{stolen:.1%} of the time was stolen by the machine's host"
    others = max(row.get("others", 0.0) for row in rows)
    if others > OTHERS_MAX:
        return f"other programs used {others:.0%} of the server's core"
    return None


def kept(attempts):
    return "kept after repeating it" if attempts else "kept"
