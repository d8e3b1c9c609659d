"""Medians, spreads and ratios of what the rounds gave."""

import statistics


def spread(values):
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def ratio_spread(ours, theirs):
    """Ours by theirs, round by round: a slow minute hits both sides of a pair."""
    if len(ours) != len(theirs) or not ours:
        raise ValueError("each round has figures of both servers")
    if any(value <= 0 for value in theirs):
        return None
    return spread([mine / other for mine, other in zip(ours, theirs)])


DIGITS = 4  # of what is measured; nothing here is known to more
PERCENTILE_DIGITS = 8  # 99.999 is not 100


def rounded(value, digits=DIGITS):
    """The same figures without digits that mean nothing, so that results stay small."""
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, list):
        return [rounded(item, digits) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item, PERCENTILE_DIGITS if key == "distribution" else digits)
                for key, item in value.items()}
    return value


def medians(rows):
    """The median of each figure over rows that have the same ones."""
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


def middle_row(rows, value):
    """The row whose value is the median, or the lower of the two in the middle."""
    return sorted(rows, key=value)[(len(rows) - 1) // 2]
