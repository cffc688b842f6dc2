"""Bubbles as panels: who has a place, who has none, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from generators.looked_at import HOSTILE, NOW, call, fragment, looking
from tokometer.dashboards.kinds import Bubble
from tokometer.dashboards.panel import View
from tokometer.records import Record

_PANEL = Bubble(
    id="x.value",
    title="Cost vs Reliability",
    by="model",
    x="calls.cost_per_request",
    y="calls.success_rate",
    size="calls.requests",
    log_x=True,
    window="24h",
)


def _calls(model: str, count: int, failed: int = 0, **more: Any) -> list[Record]:
    begin = NOW - timedelta(hours=2)
    return [
        call(begin + timedelta(seconds=at), model=model, status="timeout" if at < failed else "ok", **more)
        for at in range(count)
    ]


def _see(folder: Path, records: Iterable[Record], panel: Bubble = _PANEL) -> View:
    with looking(folder, records) as context:
        return panel.view(context)


def test_places_and_sizes(tmp_path: Path) -> None:
    """A dollar a call, of which a quarter fails; the largest comes first and a click filters by it."""
    view = _see(tmp_path, [*_calls("gpt-5", 8, failed=2), *_calls("claude-opus-4-5", 20)])
    assert view.chart
    assert [tip[0] for tip in view.chart["tips"]] == ["claude-opus-4-5", "gpt-5"]
    name, told, pick = view.chart["tips"][1]
    assert dict(told) == {"Cost per request": "$1.00", "Success rate": "75 %", "Requests": "8"} | {
        key: value for key, value in told if key == "Note"
    }
    assert pick == ["model", name]
    assert view.table.columns[:4] == ("model", "calls.cost_per_request", "calls.success_rate", "calls.requests")
    assert view.table.rows[1][:4] == ("gpt-5", 1, 0.75, 8)


def test_what_has_no_place_is_named(tmp_path: Path) -> None:
    """What has no price is listed and not drawn at $0, and what is free has no logarithm; both keep their rows."""
    records = [
        *_calls("gpt-5", 4),
        *_calls("in-house", 3, cost_reported=None, provider="nobody"),
        *_calls("free", 2, cost_reported=0),
    ]
    view = _see(tmp_path, records)
    assert view.chart
    assert len(view.chart["tips"]) == 1
    assert view.shown["unknown"] == ["free", "in-house"]
    assert len(view.table.rows) == 3
    assert "in-house" in fragment(_PANEL, view)


def test_nothing_and_nothing_known(tmp_path: Path) -> None:
    """No calls, or none with a price: no chart, and the reason."""
    view = _see(tmp_path / "none", [])
    assert (view.empty, view.chart) == (True, None)
    assert "Nothing was used" in fragment(_PANEL, view)
    unpriced = _see(tmp_path / "unpriced", _calls("in-house", 3, cost_reported=None, provider="nobody"))
    assert (unpriced.empty, unpriced.chart) == (False, None)
    assert "unknown of every model" in fragment(_PANEL, unpriced)


def test_one_and_many(tmp_path: Path) -> None:
    """One bubble has an axis, and of many only the largest are drawn."""
    assert _see(tmp_path / "one", _calls("gpt-5", 1)).chart
    many = [record for at in range(50) for record in _calls(f"house-{at}", 1 + at)]
    view = _see(tmp_path / "many", many)
    assert view.chart
    assert len(view.chart["tips"]) == 36
    assert len(view.table.rows) == 50


def test_names_are_only_text(tmp_path: Path) -> None:
    """A model may be called anything; names travel as data, not as HTML."""
    view = _see(tmp_path, [record for name in HOSTILE for record in _calls(name, 2)])
    assert view.chart
    assert {tip[0] for tip in view.chart["tips"]} == set(HOSTILE)
    assert "<script" not in fragment(_PANEL, view)
