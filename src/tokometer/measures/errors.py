"""What can be wrong with a question."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Final

from tokometer.records.redaction import redacted

#: Names that what was typed is compared with, each no longer than this: comparing takes a moment each.
_MOST_KNOWN: Final = 2_000
_LONGEST: Final = 100


class QueryError(ValueError):
    """A query that cannot be answered: which field is wrong, why, and what would be right."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class TooManyRows(QueryError):
    """An answer would have more rows than it may."""


def suggest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'calls.cost'?`, or nothing where no known name is close."""
    # Names can be whatever somebody sent: as many, and as long.
    names = [candidate for candidate in islice(known, _MOST_KNOWN) if len(candidate) <= _LONGEST]
    by_folded = {candidate.lower(): candidate for candidate in names}
    close = get_close_matches(name[:_LONGEST].lower(), list(by_folded), n=2, cutoff=0.6)
    return "; did you mean " + " or ".join(repr(by_folded[match]) for match in close) + "?" if close else ""


def told(text: object, most: int) -> str:
    """The start of what was asked, as an error may repeat it: without secrets."""
    return redacted(str(text), most)
