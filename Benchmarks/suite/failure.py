"""What ends a run, and which server it blames."""

from contextlib import contextmanager

from server_process import ErrorReply


class Failure(Exception):
    """Ends the run; the text is for the user."""


@contextmanager
def blaming(name, server=None):
    """Names the server in whatever fails inside, and says so when it has died."""
    try:
        yield
    except (Failure, ErrorReply, OSError, ValueError, KeyError) as error:
        if server is not None and server.has_died():
            raise Failure(f"{name}: the server died: {server.obituary()}") from error
        raise Failure(f"{name}: {describe(error)}") from error


def describe(error):
    if isinstance(error, Failure):
        return str(error)
    if isinstance(error, ErrorReply):
        return f"the server answered: {error}"
    return f"{type(error).__name__}: {error}"
