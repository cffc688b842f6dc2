"""Much work in pieces of bounded size, each in a transaction of its own: memory stays small, and others get in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

#: Calls whose cells are rebuilt at once: enough to be quick, and little enough for the memory that there is.
MOST_CALLS: Final = 500_000
#: Marked sessions that are rebuilt at once.
MOST_SESSIONS: Final = 50_000


class Span(NamedTuple):
    """Quarter hours, from the first to the last, both included."""

    first: int
    last: int


def slices(counts: Iterable[tuple[int, int]], most: int, least: int = 1) -> list[Span]:
    """Spans that together have all of `counts` (place → how much there is), the newest first.

    A span has at most `most`, unless one place alone has more. Spans begin and end at multiples of `least`.
    """
    found: list[Span] = []
    held = most + 1
    for place, count in sorted(_joined(counts, least).items(), reverse=True):
        if held + count > most or not found:
            found.append(Span(place, place + least - 1))
            held = count
        else:
            found[-1] = Span(place, found[-1].last)
            held += count
    return found


def _joined(counts: Iterable[tuple[int, int]], least: int) -> dict[int, int]:
    joined: dict[int, int] = {}
    for place, count in counts:
        at = place - place % least
        joined[at] = joined.get(at, 0) + count
    return joined
