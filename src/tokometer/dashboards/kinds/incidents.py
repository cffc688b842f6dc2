"""Incidents: when providers were down, how badly, and whether they still are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from tokometer.charts.axes import time_axis
from tokometer.dashboards.answers import described
from tokometer.dashboards.calendar import Window
from tokometer.dashboards.context import Context
from tokometer.dashboards.drawing import periods
from tokometer.dashboards.drill import BETWEEN
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.records.evened import even
from tokometer.records.plural import counted
from tokometer.records.units import COUNT, SECONDS, exact, show

_OF: Final = "judgement.incidents"
_FACTS: Final = ("severity", "start", "end", "ongoing", "duration", "bad_minutes", "requests", "errors", "standing")
#: How high a severity stands in its lane, in per cent: not only its colour tells it.
_HEIGHTS: Final = {"critical": 100, "major": 70, "minor": 40}
#: Rows in the list; earlier ones are in the CSV.
MOST: Final = 50
#: The narrowest that an incident is drawn, in per cent of the window.
_LEAST: Final = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents(Placed):
    """A lane a provider with what happened when, and the list of it, the newest first."""

    kind: ClassVar[str] = "incidents"
    width: int = 12

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return (_OF,)

    def view(self, context: Context) -> View:
        """One judgement."""
        window = context.window(self.window)
        rows = context.judge(_OF, window, by="provider").rows
        order = list(dict.fromkeys(str(row["provider"] or "") for row in rows))
        names = Names("provider", context.colours, order)
        ongoing = sum(bool(row["ongoing"]) for row in rows)
        shown = {
            "sub": _sub(len(rows), ongoing),
            "lanes": [_lane(name, names, rows, window, context.scope.now) for name in order],
            "ticks": _ticks(context, window),
            "rows": _rows(rows[:MOST], names, context.scope.now),
            "beyond": max(0, len(rows) - MOST),
            "figure": described(_OF).title,
            "zone": context.scope.zone.key,
        }
        columns = ("provider", _OF, *(f"{_OF}.{fact}" for fact in _FACTS))
        table = [tuple(row[name] for name in ("provider", "incidents", *_FACTS)) for row in rows]
        return View(shown, Table(columns, table), window, empty=not rows)


def _sub(count: int, ongoing: int) -> str:
    if not count:
        return ""
    return f"{count} in this window, {f'{ongoing} going on' if ongoing else 'none going on'}"


def _lane(name: str, names: Names, rows: Iterable[Mapping[str, Any]], window: Window, now: datetime) -> dict[str, Any]:
    """A provider's incidents as bars: place and length in per cent of the window, height by severity."""
    own = [row for row in rows if str(row["provider"] or "") == name]
    bars = []
    for row in own:
        begin = _share(row["start"], window)
        end = _share(row["end"] or now, window)
        length = max(end - begin, _LEAST)
        height = _HEIGHTS[row["severity"]]
        bars.append(
            {
                "x": round(min(begin, 100 - length), 2),
                "width": round(length, 2),
                "y": 100 - height,
                "height": height,
                "severity": row["severity"],
                "title": f"{row['severity'].capitalize()}: {_span(row, now)}, {_failed(row)}",
            }
        )
    return {"name": name, "label": names.label(name), "bars": bars}


def _share(moment: datetime, window: Window) -> float:
    since, until = window.since.timestamp(), window.until.timestamp()
    return 100 * min(1.0, max(0.0, (moment.timestamp() - since) / (until - since)))


def _ticks(context: Context, window: Window) -> list[tuple[float, str]]:
    """A few moments of the window: place in per cent, and what is written there."""
    grain = context.grain(window)
    starts = [period.start for period in periods(window, grain, context.scope.now)]
    axis = time_axis(starts, window.until, grain, 6)
    places = [_share(datetime.fromtimestamp(tick / 1000, UTC), window) for tick in axis.ticks]
    return [(round(place, 2), label) for place, label in zip(places, axis.labels, strict=True) if place < _LAST_TICK]


#: A label that begins further right has no room.
_LAST_TICK: Final = 93.0


def _rows(rows: Sequence[Mapping[str, Any]], names: Names, now: datetime) -> list[dict[str, Any]]:
    """The rows of the table, with as many decimals in each of a column."""
    durations = even([row["duration"] for row in rows], SECONDS)
    failed = even([row["incidents"] for row in rows], described(_OF).unit)
    return [
        _row(row, names, now) | {"duration": duration, "failed": share}
        for row, duration, share in zip(rows, durations, failed, strict=True)
    ]


def _row(row: Mapping[str, Any], names: Names, now: datetime) -> dict[str, Any]:
    name = str(row["provider"] or "")
    return {
        "name": name,
        "label": names.label(name),
        "colour": names.colour(name),
        "severity": row["severity"].capitalize(),
        "standing": row["standing"],
        "start": moment_text(row["start"], now),
        "ongoing": bool(row["ongoing"]),
        "within": BETWEEN.join(one.isoformat() for one in (row["start"], row["end"]) if one),
        "duration_exact": exact(row["duration"], SECONDS),
        "failed_exact": f"{exact(row['errors'], COUNT)} of {counted(row['requests'], 'call')} in "
        f"{counted(row['bad_minutes'], 'bad minute')}",
    }


def moment_text(at: datetime, now: datetime) -> dict[str, str]:
    """A moment in the viewer's zone: to the minute, with its date unless it is today's; in full on hover."""
    local = at.astimezone(now.tzinfo)
    day = "" if local.date() == now.date() else f"{local.day} {local:%b}, "
    return {
        "text": f"{day}{local:%H:%M}",
        "exact": f"{local:%A} {local.day} {local:%B %Y, %H:%M:%S}",
        "iso": at.isoformat(),
    }


def _span(row: Mapping[str, Any], now: datetime) -> str:
    start, end = moment_text(row["start"], now)["text"], row["end"]
    return f"{start} – {moment_text(end, now)['text'] if end else 'now'}, {show(row['duration'], SECONDS)}"


def _failed(row: Mapping[str, Any]) -> str:
    return f"{show(row['incidents'], described(_OF).unit)} of the calls failed"
