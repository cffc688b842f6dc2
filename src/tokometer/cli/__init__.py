"""The command line: `tokometer …`.

Nothing imports this package but the console script and tests. It knows how to ask (a ledger of its own, or the server
that holds the data folder) and how answers look in a terminal; what they mean is decided elsewhere. Everything is
imported where it is needed, so that `tokometer --version` costs little more than Python itself.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Run the command that `sys.argv` names and return its exit code."""
    from tokometer.host.streams import make_usable

    make_usable()
    if sys.argv[1:] == ["--version"]:
        from tokometer import __version__

        try:
            sys.stdout.write(f"tokometer {__version__}\n")
            sys.stdout.flush()
        except OSError:
            from tokometer.host.streams import give_up_stdout

            give_up_stdout()
            return 3
        return 0
    import gc
    import os
    import signal
    import threading
    from contextlib import suppress

    # Until commands take signals themselves, one ends this process without many words.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    from tokometer.cli.app import run

    brief = sys.argv[1:2] == ["import"]
    if brief:
        # It makes no cycles, and ends before memory could matter.
        gc.disable()
    code = run(sys.argv[1:])
    if brief or threading.active_count() > 1:
        # Everything is closed; what still runs only warms caches. Python would take modules away from under it, and
        # take apart what an import leaves, object by object.
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    return code
