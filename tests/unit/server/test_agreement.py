"""Panels that list values of a dimension say what a query says of the same names, over HTTP."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from servers.whole import Running
from tokometer.dashboards import DASHBOARDS, Panel
from tokometer.dashboards.kinds import Bubble, Distribution, Gauge, Matrix, StatusGrid

_LISTED: Final = [
    panel
    for dashboard in DASHBOARDS.values()
    for panel in dashboard.panels
    if isinstance(panel, Bubble | Distribution | Gauge | Matrix | StatusGrid) and panel.by
]
#: A column of a measure, and the window of its own where it has one.
_COLUMN: Final = re.compile(r"(calls\.\w+)(?:\.(\d+\w))?$")
_RANGE: Final = "30d"


@pytest.mark.parametrize("panel", _LISTED, ids=lambda panel: panel.id)
def test_measures_are_those_of_a_query(server: Running, panel: Panel) -> None:
    """Every measure in every row equals what a query gives, of windows that are over: nothing comes in between."""
    found = server.get(f"/api/panels/{panel.id}?range={_RANGE}&complete=1&tz=UTC&compare=0").json()
    for at, column in enumerate(found["columns"]):
        named = _COLUMN.match(column)
        if not named or (panel.window and not named[2]):
            continue  # a window that moves by the second
        told = _asked(server, named[1], found["columns"][0], named[2] or "")
        shown = {row[0]: row[at] for row in found["rows"] if row[at] is not None}
        assert shown
        assert shown == {name: told[name] for name in shown}


def _asked(server: Running, measure: str, by: str, window: str) -> dict[str, Any]:
    """A query's values by name; of the whole days that the panel is about, or of the column's own window."""
    since = f"since={window}" if window else _whole_days(server)
    rows = server.get(f"/api/query?measure={measure}&by=calls.{by}&{since}&tz=UTC").json()["rows"]
    return {row[by]: row[measure.partition(".")[2]] for row in rows}


def _whole_days(server: Running) -> str:
    days = server.get("/api/query?measure=calls.requests&by=calls.day&since=31d&tz=UTC").json()["rows"]
    listed = sorted(row["day"] for row in days)
    return f"since={listed[0]}&until={listed[-2]}"


def test_health_is_the_judgement(server: Running) -> None:
    """Tiles, dials and the matrix have the score that the judgement gives, of whoever has traffic."""
    told = server.get("/api/query?measure=judgement.health_score&by=calls.provider").json()["rows"]
    scores = {row["provider"]: row["health_score"] for row in told}
    for panel in ("overview.providers", "providers.health", "providers.matrix"):
        found = server.get(f"/api/panels/{panel}").json()
        at = found["columns"].index("judgement.health_score")
        assert {row[0]: row[at] for row in found["rows"]}.items() <= scores.items()
