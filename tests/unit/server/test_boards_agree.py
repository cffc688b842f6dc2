"""Courses, heat maps, treemaps, feeds and tables of judgements say what a query says, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest

from servers.whole import Running
from tokometer.dashboards import DASHBOARDS, Panel
from tokometer.dashboards.kinds import HeatMap, Ranking, Series, Treemap, Verdicts
from tokometer.dashboards.kinds.verdicts import HasAny
from tokometer.judgement.catalogue import JUDGEMENTS

_ALL: Final = [panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
#: Of a window that the viewer chooses: one that is over, so that nothing comes in between.
_CHOSEN: Final[list[Any]] = [
    panel
    for panel in _ALL
    if not panel.window
    and isinstance(panel, HeatMap | Ranking | Series | Treemap)
    and not (isinstance(panel, Series) and (panel.trend or panel.where))
    and not (isinstance(panel, Ranking) and panel.only)
]
_VERDICTS: Final = [panel for panel in _ALL if isinstance(panel, Verdicts)]


def _days() -> tuple[date, date]:
    """The first and the last of the seven whole days before today."""
    today = datetime.now(UTC).date()
    return today - timedelta(days=7), today - timedelta(days=1)


def _rows(server: Running, panel: Panel, more: str = "range=7d&complete=1") -> list[dict[str, Any]]:
    found = server.get(f"/api/panels/{panel.id}?{more}&tz=UTC&compare=0").json()
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def _told(server: Running, measures: Sequence[str], by: Sequence[str], grain: str = "") -> list[dict[str, Any]]:
    since, until = _days()
    query: dict[str, Any] = {
        "measures": [*measures],
        "by": [*by],
        "since": str(since),
        "until": str(until),
        "tz": "UTC",
    }
    reply = server.post("/api/query", query | ({"grain": grain} if grain else {}))
    assert reply.status == 200, reply.text
    return list(reply.json()["rows"])


def _keyed(rows: Sequence[Mapping[str, Any]], keys: Sequence[str], name: str) -> dict[tuple[str, ...], Any]:
    """Values by place; times as moments, however they are written."""
    return {tuple(_place(key, row[key]) for key in keys): row[name] for row in rows}


def _place(key: str, value: object) -> str:
    is_time = key == "time" or key.rpartition(".")[2] == "start"
    return datetime.fromisoformat(str(value)).astimezone(UTC).isoformat() if is_time else str(value)


def _dimensions(panel: Any) -> tuple[str, ...]:
    if isinstance(panel, HeatMap) and not panel.by:
        return ("weekday", "hour")
    if isinstance(panel, Treemap):
        return (panel.group, panel.by)
    return (panel.by,) if panel.by else ()


@pytest.mark.parametrize("panel", _CHOSEN, ids=lambda panel: panel.id)
def test_measures_are_those_of_a_query(server: Running, panel: Any) -> None:
    """Every value of every row is that of a query by the same names and periods, to the last digit."""
    rows = _rows(server, panel)
    names = [name for name in rows[0] if name.startswith("calls.")]
    assert names or not any(name.startswith("calls.") for name in panel.measures)
    by = _dimensions(panel)
    keys = (*by, *(("time",) if "time" in rows[0] else ()))
    grain = _grain(panel, rows) if "time" in rows[0] else ""
    told = _told(server, names, [f"calls.{name}" for name in by], grain) if names else []
    for name in names:
        listed = _keyed(rows, keys, name)
        # Whom only a judgement knows of has a row, too.
        shown = {place: value for place, value in listed.items() if "Other" not in place and value is not None}
        expected = _keyed(told, keys, name.partition(".")[2])
        assert shown
        assert shown == {place: expected[place] for place in shown}


def _grain(panel: Any, rows: Sequence[Mapping[str, Any]]) -> str:
    if panel.grain:
        return str(panel.grain)
    times = sorted({_place("time", row["time"]) for row in rows})
    step = datetime.fromisoformat(times[1]) - datetime.fromisoformat(times[0])
    return "hour" if step < timedelta(days=1) else "day"


@pytest.mark.parametrize("panel", _VERDICTS, ids=lambda panel: panel.id)
def test_verdicts_are_those_of_a_query(server: Running, panel: Verdicts) -> None:
    """Every row of a judgement is a row of its answer: whom it is about, its value and how it stands."""
    short = panel.of.removeprefix("judgement.")
    # What is expected of the rest of today is less a moment later.
    moving = short.endswith("_forecast")
    shown = [
        (row["by"], str(row["name"]), moving or row[panel.of], row[f"{panel.of}.standing"])
        for row in _rows(server, panel)
    ]
    since, until = _days()
    expected = []
    for by in panel.by:
        address = f"/api/query?measure={panel.of}" + (f"&by=calls.{by}" if by else "")
        window = "" if panel.window or JUDGEMENTS[short].window else f"&since={since}&until={until}"
        rows = server.get(f"{address}{window}&tz=UTC").json()["rows"]
        expected += [
            (by, str(row[by] or "") if by else "", moving or row[short], row["standing"])
            for row in rows
            if panel.only is None or _is_told(panel.only, row)
        ]
    assert shown
    assert sorted(map(str, shown)) == sorted(map(str, expected))


def _is_told(only: object, row: Mapping[str, Any]) -> bool:
    assert isinstance(only, HasAny)
    return bool(row[only.fact]) and float(row[only.fact]) != 0


def test_incidents_are_the_judgement(server: Running) -> None:
    """The list has every incident of the window."""
    since, until = _days()
    [panel] = [panel for panel in _ALL if panel.id == "incidents.timeline"]
    told = server.get(f"/api/query?measure=judgement.incidents&by=calls.provider&since={since}&until={until}").json()
    shown = _keyed(_rows(server, panel), ("provider", "judgement.incidents.start"), "judgement.incidents")
    assert shown
    assert shown == _keyed(told["rows"], ("provider", "start"), "incidents")


def test_a_changed_cost_adds_up_everywhere(server: Running) -> None:
    """The split, the course, the treemap and the ranking are about the same cost."""
    named = {panel.id: panel for panel in _ALL}
    [cost] = _told(server, ["calls.cost"], ())
    split = {row["measure"]: row["value"] for row in _rows(server, named["business.split"])}
    assert split["judgement.cost_split.cost"] == cost["cost"]
    for name in ("business.trend", "business.models", "business.expensive"):
        amounts = [row["calls.cost"] for row in _rows(server, named[name]) if row["calls.cost"]]
        assert f"{sum(map(float, amounts)):.6f}" == f"{float(cost['cost']):.6f}"


def test_the_newest_errors_are_those_of_the_calls(server: Running) -> None:
    """The tail of errors is as long as there are failed calls, or as long as it may be."""
    [panel] = [panel for panel in _ALL if panel.id == "incidents.errors"]
    [told] = _told(server, ["calls.errors"], ())
    rows = _rows(server, panel)
    assert len(rows) == min(100, told["errors"])
    times = [row["at"] for row in rows]
    assert times == sorted(times, reverse=True)


def test_only_what_has_a_budget() -> None:
    """`HasAny` keeps a row in which its fact is known, and not zero."""
    keep = HasAny("a")
    assert keep({"a": 1})
    assert not keep({"a": None})
    assert not keep({"a": 0})
