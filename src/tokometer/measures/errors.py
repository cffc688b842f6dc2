"""What can be wrong with a question."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

#: A longer name is no slip of the pen, and comparing takes time.
_LONGEST: Final = 200


class QueryError(ValueError):
    """A query that cannot be answered: which field is wrong, why, and what would be right."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def suggest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'calls.cost'?`, or nothing where no known name is close."""
    if len(name) > _LONGEST:
        return ""
    names = list(known)
    by_folded = {candidate.lower(): candidate for candidate in names}
    close = get_close_matches(name.lower(), list(by_folded), n=2, cutoff=0.6)
    return "; did you mean " + " or ".join(repr(by_folded[match]) for match in close) + "?" if close else ""
