"""Signals that end a run: it stops its servers and puts back what it moved."""

import signal

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def catch():
    """Each of them is a KeyboardInterrupt, unless it was ignored before, as under nohup."""
    for number in NUMBERS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


def interrupt(*_):
    # Once is enough: a second one would interrupt the stopping of servers.
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
