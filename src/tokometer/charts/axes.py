"""Where the ticks of an axis stand and what they say.

Decided here and not in the browser, so that a chart in any time zone, on any device and in print has the same axis, and
numbers are written by the one formatter that writes all others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from tokometer.charts.text import text_width

Grain = Literal["minute", "five_minutes", "quarter", "hour", "day", "week", "month", "year"]

#: Pixels around the plot: left, right, top, bottom.
Frame = tuple[int, int, int, int]
FRAME: Final[Frame] = (52, 12, 8, 24)
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0)
#: Steps between the ticks of an axis: that many if all else is equal, so many at most and, if it can be, at least.
_TARGET_TICKS, _MOST_TICKS, _FEW_TICKS = 4, 5, 3
#: On an axis of more than this a time alone, as the first label, would say of no day.
_LONG: Final = timedelta(days=2)
#: Below this, floats have too few digits for steps.
_TINY: Final = 1e-290
#: Pixels between labels, and from an end of the axis within which a label is moved inside; as in charts.frame.
_BETWEEN, _FLUSH = 12, 12


@dataclass(frozen=True, slots=True)
class Axis:
    """The domain of an axis, its ticks and their labels. Times are milliseconds since the epoch, as browsers count."""

    domain: tuple[float, float]
    ticks: list[float] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    #: The same with fewer ticks, one after the other, for where there is less room.
    fewer: tuple[Axis, ...] = ()

    def at(self, places: Mapping[float, float]) -> Axis:
        """The same with its ticks at other places."""
        moved = tuple(one.at(places) for one in self.fewer)
        return replace(self, ticks=[places[tick] for tick in self.ticks], fewer=moved)

    def fits(self, room: float) -> bool:
        """Whether its labels have room beside each other on so many pixels."""
        begin, end = self.domain
        reached = -float(_BETWEEN)
        for tick, label in zip(self.ticks, self.labels, strict=True):
            width = text_width(label)
            place = room * (tick - begin) / (end - begin) if end > begin else 0.0
            # A label at an end of the axis stands inside of it.
            left = 0.0 if place < _FLUSH else room - width if place > room - _FLUSH else place - width / 2
            if left < reached + _BETWEEN:
                return False
            reached = left + width
        return True


def value_axis(
    largest: float,
    write: Callable[[float], str],
    whole: bool = False,
    *,
    smallest: float = 0.0,
    most: float | None = None,
) -> Axis:
    """An axis with round steps, from zero to just past `largest` if not said otherwise.

    Args:
        largest: The largest value to be drawn; zero or less gives an axis to 1 (or to zero, where `smallest` is less).
        write: Writes a tick's value in its unit.
        whole: The values are counts: no tick stands between two whole numbers.
        smallest: The axis begins at the round step at or below it: below zero for losses, above for shares near 100 %.
        most: The axis ends here at the latest.
    """
    low = smallest if math.isfinite(smallest) else 0.0
    high = largest if math.isfinite(largest) else 0.0
    if high - low < _TINY:
        # One value alone, or none: enough room to see where it is.
        low, high = (low - abs(low) / 10, low) if abs(low) >= _TINY else (0.0, 1.0)
    step, first, last = _steps(low, high, whole)
    ticks = [float(f"{step * index:.15g}") for index in range(first, last + 1)]
    if most is not None:
        ticks = [tick for tick in ticks if tick <= most] or ticks
    return Axis((ticks[0], ticks[-1]), ticks, [write(tick) for tick in ticks])


#: Steps of a logarithmic axis within a decade, finest first.
_DECADE: Final = ((1, 2, 5), (1, 3), (1,))
#: Readable durations in seconds beyond ten of them, finest first; below, durations are like other numbers.
_CLOCK: Final = (
    (10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 18_000, 36_000, 86_400, 172_800, 432_000, 864_000),
    (10, 30, 60, 300, 600, 1_800, 3_600, 18_000, 86_400, 432_000),
    (10, 60, 600, 3_600, 36_000, 86_400, 864_000),
)


def log_axis(low: float, high: float, write: Callable[[float], str], most: int = 6, second: float = 0.0) -> Axis:
    """A logarithmic axis: domain and ticks are decimal logarithms, so that a linear scale draws it.

    Args:
        low: The smallest value to be drawn, above zero; the axis begins here.
        high: The largest; the axis ends here.
        write: Writes a tick's value in its unit.
        most: The ticks that there is room for.
        second: How much a second is in the unit of the values, where they are durations: ticks are whole minutes then.
    """
    if not 0 < low <= high < math.inf:
        return Axis((0.0, 1.0))
    if high < low * 1.0001:
        low, high = low / 2, high * 2
    found: list[float] = []
    for fineness in range(len(_DECADE)):
        found = [value for value in _log_steps(low, high, fineness, second) if low <= value <= high]
        if len(found) <= most:
            break
    every = math.ceil(len(found) / most) if found else 1
    ticks = found[::every]
    return Axis((math.log10(low), math.log10(high)), [math.log10(tick) for tick in ticks], [write(t) for t in ticks])


def _log_steps(low: float, high: float, fineness: int, second: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = [float(f"{digit}e{power}") for power in decades for digit in _DECADE[fineness]]
    if not second:
        return steps
    return [step for step in steps if step < 10 * second] + [second * clock for clock in _CLOCK[fineness]]


def _steps(low: float, high: float, whole: bool) -> tuple[float, int, int]:
    """The round step, with its first and its last multiple, that wastes the least of the axis."""
    power = 10.0 ** math.floor(math.log10((high - low) / _TARGET_TICKS))
    found = []
    for digit in _STEPS:
        step = power * digit
        if whole and step != int(step):
            step = math.ceil(step)
        first = math.floor(low / step + 1e-9)
        last = max(first + 1, math.ceil(high / step - 1e-9))
        if last - first <= _MOST_TICKS or digit == _STEPS[-1]:
            waste = (last - first) * step / (high - low)
            few = last - first >= _FEW_TICKS
            found.append((not few, round(waste, 9), abs(last - first - _TARGET_TICKS), step, first, last))
    return min(found)[3:]


def time_axis(starts: Sequence[datetime], end: datetime, grain: Grain, most: int = 8) -> Axis:
    """An axis over periods that begin at `starts` (aware, in the viewer's zone) and stop at `end`.

    Ticks fall on periods' starts: on midnights, Mondays or firsts where there are enough of them to guide the eye.
    """
    if not starts:
        return Axis((0.0, 1.0))
    found: list[Axis] = []
    for count in range(most, 1, -1):
        chosen = _choose(starts, grain, count)
        ticks = [_ms(start) for start in chosen]
        dated = starts[-1] - starts[0] >= _LONG
        labels = [
            _label(start, previous, grain, dated=dated)
            for start, previous in zip(chosen, [None, *chosen], strict=False)
        ]
        if not found or len(ticks) < len(found[-1].ticks):
            found.append(Axis((_ms(starts[0]), _ms(end)), ticks, labels))
    return replace(found[0], fewer=tuple(found[1:]))


def _choose(starts: Sequence[datetime], grain: Grain, most: int) -> list[datetime]:
    """Every start if few, else those at a natural break, else every n-th."""
    if len(starts) <= most:
        return list(starts)
    for is_break in _BREAKS[grain]:
        found = [start for start in starts if is_break(start)]
        if 2 < len(found) <= most:  # noqa: PLR2004 - two ticks do not make a scale
            return found
    every = math.ceil(len(starts) / most)
    # Counted from the end: the newest period is the one that people look for.
    return [start for index, start in enumerate(reversed(starts)) if index % every == 0][::-1]


def _on_minutes(minutes: int) -> Callable[[datetime], bool]:
    return lambda start: (start.hour * 60 + start.minute) % minutes == 0


def _on_days(days: int) -> Callable[[datetime], bool]:
    return lambda start: _MIDNIGHT(start) and start.toordinal() % days == 0


_MIDNIGHT: Final = _on_minutes(24 * 60)
#: Every so many days, where the days themselves are too many.
_DAYS: Final = tuple(map(_on_days, (2, 3, 4, 7)))
_BREAKS: Final[dict[Grain, tuple[Callable[[datetime], bool], ...]]] = {
    "minute": tuple(map(_on_minutes, (10, 15, 30, 60))),
    "five_minutes": (*map(_on_minutes, (30, 60, 120, 180, 360, 720)), _MIDNIGHT, *_DAYS),
    "quarter": (*map(_on_minutes, (60, 120, 180, 240, 360, 720)), _MIDNIGHT, *_DAYS),
    "hour": (*map(_on_minutes, (60, 120, 180, 240, 360, 720)), _MIDNIGHT, *_DAYS),
    "day": (lambda start: start.weekday() == 0, lambda start: start.day in (1, 15), lambda start: start.day == 1),
    "week": (lambda start: start.day <= 7,),  # noqa: PLR2004 - the first week that begins in its month
    "month": (lambda start: start.month in (1, 4, 7, 10), lambda start: start.month == 1),
    "year": (),
}


def _label(start: datetime, previous: datetime | None, grain: Grain, *, dated: bool) -> str:
    """What a tick says; the date joins the time only where the day changes, and, where `dated`, at the first one."""
    if grain == "year":
        return f"{start:%Y}"
    if grain == "month":
        return f"{start:%b %Y}" if previous is None or previous.year != start.year else f"{start:%b}"
    day = f"{start.day} {start:%b}"
    if grain in ("day", "week"):
        return day
    if (start.hour, start.minute) == (0, 0) or (dated if previous is None else previous.date() != start.date()):
        return day if (start.hour, start.minute) == (0, 0) else f"{day} {start:%H:%M}"
    return f"{start:%H:%M}"


def _ms(moment: datetime) -> float:
    return moment.timestamp() * 1_000
