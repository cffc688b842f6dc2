"""Exit codes, and errors as a terminal shows them: one line that says what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

#: What was looked for was found wanting: an audit that fails.
EXIT_FINDINGS: Final = 1
#: The command line or the question cannot be understood.
EXIT_USAGE: Final = 2
#: The ledger or the server cannot do it now: locked, full, unreachable.
EXIT_UNAVAILABLE: Final = 3
#: Ctrl-C, as shells count it.
EXIT_INTERRUPTED: Final = 130
#: The reader of our output has gone, as shells count it.
EXIT_PIPE: Final = 141


class Problem(click.ClickException):
    """Something that ends the command."""

    def __init__(self, message: str, exit_code: int = EXIT_UNAVAILABLE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """Turn what the ledger and the measures raise into a :class:`Problem`."""
    from tokometer.ledger import LedgerError, LedgerLocked
    from tokometer.measures import QueryError

    try:
        yield
    except QueryError as error:
        raise Problem(str(error), EXIT_USAGE) from error
    except LedgerLocked as error:
        raise Problem(f"{error}. Wait until the other command has ended, or name another folder with --data") from error
    except LedgerError as error:
        raise Problem(str(error)) from error
    except OSError as error:
        raise Problem(f"{error.strerror or error}: {error.filename}" if error.filename else str(error)) from error
