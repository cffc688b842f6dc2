"""What of the rollups could not be built: quarter hours that are set aside, so that everything else can be answered.

A settle that fails is tried again in halves, until the one quarter hour is found that cannot be settled. It is noted
in the table `unsettled`, and its rows are taken out of the rollups: what is missing is told, never guessed. It is tried
again when it is touched, at the next start, and with growing pauses in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from tokometer.ledger.protocol import LedgerError, Unsettled
from tokometer.ledger.schema import CELLS, HISTOGRAMS, SESSIONS
from tokometer.ledger.slices import Span
from tokometer.records import now_us, to_datetime
from tokometer.records.redaction import redacted
from tokometer.records.time import QUARTER_US

#: Rollup → what of a quarter hour is missing, in words that go on with "missing".
ROLLUPS: Final[dict[str, str]] = {
    CELLS.name: "all calls are",
    HISTOGRAMS.name: "the calls in percentiles of latency are",
    SESSIONS.name: "sessions with calls in it are",
}
UNSETTLED_SQL: Final = "SELECT rollup, quarter, reason, since FROM unsettled"
#: The first pause before the next try (seconds), and the longest.
_FIRST: Final = 30.0
_LONGEST: Final = 3_600.0
_MOST_DOUBLINGS: Final = 16
#: After so many in a row that could not be settled, and none that could, the others are not tried one by one.
_MOST_ALONE: Final = 32
_REASON: Final = 300


class SetAside:
    """What is set aside, and when it is tried again. `rows` are those of the table, which are tried at once."""

    def __init__(self, rows: Iterable[Unsettled] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._known = {(row.rollup, row.quarter): row for row in rows}
        self._clock = clock
        #: How often each has failed here, and when it is tried next.
        self._failures: dict[tuple[str, int], tuple[int, float]] = {}
        #: Sessions that could not be settled, by the quarter hour under which they are noted.
        self.sessions: dict[str, int] = {}

    @property
    def rows(self) -> tuple[Unsettled, ...]:
        """All of it, in the order of time."""
        return tuple(sorted(self._known.values(), key=lambda row: (row.quarter, row.rollup)))

    def quarters(self, *rollups: str) -> frozenset[int]:
        """The quarter hours that are noted of these rollups."""
        return frozenset(quarter for rollup, quarter in self._known if rollup in rollups)

    def due(self, rollup: str = "") -> list[Unsettled]:
        """What is to be tried again now; of one rollup, or of all."""
        now = self._clock()
        return [
            row
            for key, row in self._known.items()
            if (not rollup or row.rollup == rollup) and self._failures.get(key, (0, 0.0))[1] <= now
        ]

    def failed(self, rollup: str, quarter: int, error: BaseException, what: str = "") -> Unsettled:
        """Note that it could not be settled, once more or for the first time."""
        key = rollup, quarter
        count = self._failures.get(key, (0, 0.0))[0]
        wait = min(_FIRST * 2.0 ** min(count, _MOST_DOUBLINGS), _LONGEST)
        self._failures[key] = count + 1, self._clock() + wait
        known = self._known.get(key)
        row = Unsettled(rollup, quarter, what + reason_of(error), known.since if known else now_us())
        self._known[key] = row
        return row

    def refresh(self, rows: Iterable[Unsettled]) -> None:
        """Take over what the table has, where others write it, too: what is new here is left to them for a while."""
        there = {(row.rollup, row.quarter): row for row in rows}
        for key in there.keys() - self._known.keys():
            self._failures[key] = 1, self._clock() + _FIRST
        self._known = there

    def settled(self, rollup: str, quarter: int) -> bool:
        """Note that it could be settled. Returns whether it was noted as not."""
        self._failures.pop((rollup, quarter), None)
        if rollup == SESSIONS.name:
            self.sessions = {name: noted for name, noted in self.sessions.items() if noted != quarter}
        return self._known.pop((rollup, quarter), None) is not None


def quarter_start(row: Unsettled) -> datetime:
    """When the quarter hour began that is set aside."""
    return to_datetime(row.quarter * QUARTER_US)


def unsettled_json(row: Unsettled) -> dict[str, str]:
    """What is set aside as a JSON object, with what that means; times in UTC."""
    start, end = (to_datetime(at * QUARTER_US).isoformat() for at in (row.quarter, row.quarter + 1))
    return {
        "rollup": row.rollup,
        "since": start,
        "until": end,
        "missing": f"{ROLLUPS[row.rollup]} missing",
        "reason": row.reason,
        "set_aside_at": to_datetime(row.since).isoformat(timespec="seconds"),
    }


def reason_of(error: BaseException) -> str:
    """Why something could not be settled, in a line."""
    line = str(error).strip().partition("\n")[0]
    return redacted(f"{type(error).__name__}: {line}" if line else type(error).__name__, _REASON)


def is_of_a_part(error: BaseException) -> bool:
    """Whether an error may be that of one quarter hour; else it is the ledger as a whole that cannot now."""
    if _interrupted(error) or _interrupted(error.__cause__):
        # Whoever closes the ledger does not wait for it.
        return False
    return not isinstance(error, LedgerError) or getattr(error.__cause__, "code", None) in _TOO_MUCH or _too_much(error)


#: ClickHouse's number for having no memory for a statement.
_TOO_MUCH: Final = frozenset({241})


def _interrupted(error: BaseException | None) -> bool:
    return type(error).__name__ == "InterruptException"


def _too_much(error: BaseException) -> bool:
    return type(error.__cause__).__name__ == "OutOfMemoryException"


def in_parts(
    quarters: Sequence[int],
    attempt: Callable[[Span], int],
    alone: Callable[[int, Exception], None],
    rest: Callable[[list[int], Exception], None] | None = None,
) -> int:
    """Settle quarter hours together, and in halves where that fails. Returns how many could be.

    `attempt` settles a span and says how many of them; `alone` is given each that cannot be settled, and why. Where
    none of many can be, `rest` is given those that were not tried.
    """
    done = failed = 0
    parts = [list(quarters)] if quarters else []
    while parts:
        part = parts.pop()
        try:
            done += attempt(Span(part[0], part[-1]))
        except Exception as error:
            if not is_of_a_part(error):
                raise
            if len(part) > 1:
                middle = len(part) // 2
                parts += [part[:middle], part[middle:]]
                continue
            alone(part[0], error)
            failed += 1
            if failed >= _MOST_ALONE and not done and rest is not None:
                rest([quarter for untried in parts for quarter in untried], error)
                break
    return done
