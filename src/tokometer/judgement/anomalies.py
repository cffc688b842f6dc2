"""Anomalies: hours or days in which a series was far above what is usual at such a time, now or in the past.

For alert rules: :func:`is_anomalous` holds one value against a history; :func:`against_season` says what was usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from tokometer.judgement.season import Point, Season, Usual, step_of

Side = Literal["above", "below", "both"]

_DAY: Final = timedelta(days=1)
#: Spreads beyond which a value is told.
FAR: Final = 3.5
#: An anomaly is at least so many times what is usual (a half is as far below as a double is above).
TIMES: Final = 1.5
#: What is too much is at least this part of the series' mean: what is nothing in all is not told.
MATTERS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A stretch of periods in a row that were far from what is usual."""

    start: datetime
    #: The end of its last period.
    end: datetime
    #: Added up over its periods, in the unit of the values.
    value: float
    expected: float
    #: The farthest period: its start, value, what was usual then, and how many spreads it was away.
    peak_at: datetime
    peak: float
    peak_expected: float
    score: float
    periods: int

    @property
    def excess(self) -> float:
        """How much more it was than is usual."""
        return self.value - self.expected


def against_season(history: Sequence[Point], value: float, at: datetime) -> Usual | None:
    """What is usual of the period that starts at a time, and how far its value is from it, in spreads (`score`).

    Args:
        history: Complete periods of the same length before it, in order, in the zone whose days and hours count: at
            least a week of them; weekdays are told apart from two weeks on. Four weeks are plenty.
        value: Its own value.
        at: Its start, in that zone.

    Returns:
        None where there is too little history to call anything usual.
    """
    season = Season(history)
    return season.of(at, value) if season.known else None


def is_anomalous(
    history: Sequence[Point], value: float, at: datetime, *, far: float = FAR, side: Side = "above"
) -> bool | None:
    """Whether a value is an anomaly against the season; see :func:`against_season`.

    Args:
        history: See there.
        value: See there.
        at: See there.
        far: Spreads beyond which it is one: smaller tells more.
        side: Whether it has to be above what is usual, below it, or either.

    Returns:
        None where there is too little history to say.
    """
    usual = against_season(history, value, at)
    if usual is None:
        return None
    mean = sum(known for _, known in history) / len(history)
    return (side != "below" and _above(usual, value, mean, far)) or (
        side != "above" and _below(usual, value, mean, far)
    )


def anomalies(points: Sequence[Point], since: datetime | None = None, *, far: float = FAR) -> list[Anomaly]:
    """The stretches of a series, from a time on, that are far above what is usual, in order.

    Args:
        points: Complete periods of one length, in order, in the zone whose days and hours count; what is before
            `since` says what is usual, as does what comes later. Of those left out nothing is known.
        since: Nothing that began before is told.
        far: Spreads beyond which a period is told.

    Returns:
        Nothing where there is less than a week of history.
    """
    season = Season(points)
    if not season.known:
        return []
    mean = sum(value for _, value in points) / len(points)
    step = step_of(points)
    found: list[list[tuple[datetime, float, Usual]]] = []
    for at, value in points:
        usual = season.of(at, value)
        if (since is not None and at < since) or not _above(usual, value, mean, far):
            continue
        if found and at <= _after(found[-1][-1][0], step):
            found[-1].append((at, value, usual))
        else:
            found.append([(at, value, usual)])
    return [_anomaly(stretch, step) for stretch in found]


def _after(at: datetime, step: timedelta) -> datetime:
    """The end of a period: of a day the next midnight, however long it was."""
    if step >= _DAY - timedelta(hours=2):
        return at + round(step / _DAY) * _DAY
    return (at.astimezone(UTC) + step).astimezone(at.tzinfo)


def _above(usual: Usual, value: float, mean: float, far: float) -> bool:
    return (usual.score or 0.0) >= far and value >= TIMES * usual.expected and value - usual.expected >= MATTERS * mean


def _below(usual: Usual, value: float, mean: float, far: float) -> bool:
    return (usual.score or 0.0) <= -far and value * TIMES <= usual.expected and usual.expected - value >= MATTERS * mean


def _anomaly(stretch: Sequence[tuple[datetime, float, Usual]], step: timedelta) -> Anomaly:
    at, value, usual = max(stretch, key=lambda one: one[1] - one[2].expected)
    return Anomaly(
        start=stretch[0][0],
        end=_after(stretch[-1][0], step),
        value=sum(value for _, value, _ in stretch),
        expected=sum(usual.expected for *_, usual in stretch),
        peak_at=at,
        peak=value,
        peak_expected=usual.expected,
        score=usual.score or 0.0,
        periods=len(stretch),
    )
