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
    """It cannot be done now."""

    exit_code = EXIT_UNAVAILABLE


class Mistake(Problem):
    """The command line or the question is wrong."""

    exit_code = EXIT_USAGE


@contextmanager
def told_in_one_line(*, machine: bool = True) -> Iterator[None]:
    """Turn what ledger, measures, prices and the machine (if not: `machine=False`) raise into a :class:`Problem`."""
    try:
        yield
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except Exception as error:
        problem = _problem(error) if machine or not isinstance(error, OSError) else None
        if problem is None:
            raise
        raise problem from error


def _problem(error: Exception) -> Problem | None:
    """What an error means for whoever typed the command; None for a mistake of ours, which is shown in full."""
    # Imported only now: what works needs none of these.
    from tokometer.ledger import LedgerError
    from tokometer.ledger.environment import VariableError
    from tokometer.measures import QueryError
    from tokometer.prices.overrides import PriceFileError
    from tokometer.settings import SettingsError

    if isinstance(error, QueryError | PriceFileError | SettingsError | VariableError):
        return Mistake(str(error))
    if isinstance(error, LedgerError):
        return Problem(str(error))
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        place = f"{error.filename}: " if error.filename else ""
        return Problem(f"{place}{error.strerror or error}")
    return None
