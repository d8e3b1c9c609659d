"""Where the subject differs from the real server on purpose.

An exception is one exact call (the text of a case after its alternatives are written out), what
each side answers, and why. It covers that pair of replies only. When the subject starts to agree,
`test_no_exception_is_unneeded` fails until the entry is removed.
"""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    call: str
    subject: str
    oracle: str
    reason: str
    protocol: int | None = None


EXCEPTIONS: list[Known] = []


def find(call: str, protocol: int, subject: str, oracle: str) -> int | None:
    """The index of the exception that covers this difference."""
    for index, known in enumerate(EXCEPTIONS):
        if known.protocol in (None, protocol) and (known.call, known.subject, known.oracle) == (
            call,
            subject,
            oracle,
        ):
            return index
    return None
