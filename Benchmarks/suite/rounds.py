"""The servers take turns, round by round: A B C, B C A, then the other way round."""

STEAL_MAX = 0.01
REPEATS = 2


def order(names, number):
    """Each server is first, in the middle and last equally often, and follows each other one."""
    names = list(names)
    start = number % len(names)
    turned = names[start:] + names[:start]
    return turned[::-1] if number // len(names) % 2 else turned


def interleaved(names, count, sample, notes):
    """Rows of `sample(name, number)` by name, one for each round.

    A round from which the machine's host took time is repeated as a whole, so that the servers of
    a pair are measured close to each other; `notes` says so. `sample` gives `steal`, a share.
    """
    rows = {name: [] for name in names}
    for number in range(count):
        for attempt in range(REPEATS + 1):
            found = {name: sample(name, number) for name in order(names, number)}
            stolen = max(row["steal"] for row in found.values())
            if stolen <= STEAL_MAX:
                break
            outcome = "repeated" if attempt < REPEATS else "kept after repeating it"
            notes.append(f"round {number + 1}: {stolen:.1%} of the time was stolen by the "
                         f"machine's host; {outcome}")
        for name, row in found.items():
            rows[name].append(row)
    return rows
