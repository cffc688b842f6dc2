"""Subscriptions of the company's people: how much of their windows is used, as their tools tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tokometer.demo.rhythm import DAY, HOUR
from tokometer.records import Sample
from tokometer.sources.plans import LIMIT_USED

#: Nothing older is told: windows are a week at most.
_TOLD_FOR: Final = 8 * DAY
_SECOND: Final = 1_000_000
_MINUTE: Final = 60 * _SECOND


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit: how long its windows are, how long before the end the running one began, and what is used of it."""

    provider: str
    account: str
    plan: str
    window: str
    length: int
    begun: int
    used: float
    #: What was used of the windows before it, in turns.
    before: tuple[float, ...]


_LIMITS: Final = (
    _Limit("anthropic", "user-07", "max", "five_hour", 5 * HOUR, 190 * _MINUTE, 74.0, (38.0, 91.0, 12.0)),
    _Limit("anthropic", "user-07", "max", "seven_day", 7 * DAY, 110 * HOUR, 57.0, (83.0,)),
    _Limit("openai", "user-12", "pro", "primary", 5 * HOUR, 82 * _MINUTE, 9.0, (22.0, 44.0)),
    _Limit("openai", "user-12", "pro", "secondary", 7 * DAY, 52 * HOUR, 41.0, (60.0,)),
)


def told(start: int, end: int, until: int, workspace: str, tag: str) -> Iterator[Sample]:
    """Readings between two moments of a history that ends at `until`, once an hour (µs)."""
    for place, limit in enumerate(_LIMITS):
        first = max(start, until - _TOLD_FOR)
        for at in range(first - first % HOUR, end, HOUR):
            # The last one is as of the end, so that pages show what is now.
            moment = min(at + HOUR - 1, until)
            if not start <= moment < end + (end == until):
                continue
            begun = until - limit.begun
            back = max(0, -(-(begun - moment) // limit.length))
            begun -= back * limit.length
            most, span = (
                (limit.used, limit.begun) if not back else (limit.before[back % len(limit.before)], limit.length)
            )
            yield Sample(
                workspace=workspace,
                source="api",
                native_id=f"demo-{tag}-plan-{place}-{moment // HOUR}",
                started_at=moment,
                metric=LIMIT_USED,
                value=round(most * min(1.0, (moment - begun) / span), 1),
                unit="percent",
                provider=limit.provider,
                account=limit.account,
                labels={
                    "window": limit.window,
                    "window_minutes": str(limit.length // _MINUTE),
                    "resets_at": str((begun + limit.length) // _SECOND),
                    "plan": limit.plan,
                },
            )
