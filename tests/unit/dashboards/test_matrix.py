"""Matrices: columns of several windows side by side, each with a scale of its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from generators.looked_at import HOSTILE, NOW, call, fragment, looking
from tokometer.dashboards.kinds import Column, Matrix
from tokometer.dashboards.limits import availability_limits, error_rate_limits
from tokometer.dashboards.panel import View
from tokometer.records import Record

_MATRIX = Matrix(
    id="x.matrix",
    title="Matrix",
    by="provider",
    columns=(
        Column("judgement.health_score", "Health", scale=""),
        Column("judgement.breaker", "Breaker", scale=""),
        Column("calls.requests"),
        Column("calls.requests", "Share", scale="share"),
        Column("calls.error_rate", limits=error_rate_limits),
        Column("calls.availability", "Uptime 30d", "30d", scale="", limits=availability_limits),
        Column("calls.cost"),
    ),
    rank="calls.requests",
    top=3,
    window="24h",
)
_KEYS = (
    "provider",
    "judgement.health_score",
    "judgement.breaker",
    "calls.requests",
    "calls.requests.share",
    "calls.error_rate",
    "calls.availability.30d",
    "calls.cost",
    "calls.unpriced",
    "calls.no_price",
    "calls.usage_unknown",
    "calls.assumed",
    "calls.cost_assumed",
)


def _calls(provider: str, count: int, failed: int = 0, hours: float = 0.1, **more: Any) -> list[Record]:
    begin = NOW - timedelta(hours=hours)
    return [
        call(begin + timedelta(seconds=at), provider=provider, status="timeout" if at < failed else "ok", **more)
        for at in range(count)
    ]


def _see(folder: Path, records: Iterable[Record]) -> View:
    with looking(folder, records) as context:
        return _MATRIX.view(context)


def _row(view: View, name: str) -> dict[str, Any]:
    return next(dict(zip(view.table.columns, row, strict=True)) for row in view.table.rows if row[0] == name)


def test_columns_of_several_windows(tmp_path: Path) -> None:
    """A column has its own window, whatever the panel's: a bad minute of last week is in 30 days' availability only."""
    view = _see(tmp_path, [*_calls("openai", 30, failed=3), *_calls("openai", 2, failed=2, hours=200)])
    assert view.table.columns == _KEYS
    row = _row(view, "openai")
    assert (row["calls.requests"], row["calls.requests.share"], row["calls.error_rate"]) == (30, 1.0, 0.1)
    assert row["calls.availability.30d"] == 0.5
    assert row["calls.cost"] == Decimal(30)
    assert row["judgement.breaker"] == "CLOSED"


def test_the_largest_comes_first_and_each_column_has_its_scale(tmp_path: Path) -> None:
    """Bars go as far as the column's largest; shares of the column add up to one."""
    view = _see(tmp_path, [*_calls("groq", 10), *_calls("openai", 40), *_calls("xai", 30)])
    rows = view.shown["rows"]
    assert [row["label"] for row in rows] == ["OpenAI", "xAI", "Groq"]
    assert [row["cells"][2][1] for row in rows] == [1.0, 0.75, 0.25]
    assert [row["cells"][3][0].text for row in rows] == ["50.0 %", "37.5 %", "12.5 %"]
    assert sum(row["cells"][3][1] for row in rows) == pytest.approx(1)


def test_what_is_beyond_a_limit_is_marked(tmp_path: Path) -> None:
    """An error rate of 10 % is critical, of 3 % worrying, of 2 % neither: a limit is not crossed at itself."""
    records = [*_calls("openai", 100, failed=10), *_calls("groq", 100, failed=3), *_calls("xai", 100, failed=2)]
    view = _see(tmp_path, records)
    standing = {row["label"]: row["cells"][4][0].standing for row in view.shown["rows"]}
    assert standing == {"OpenAI": "critical", "Groq": "warning", "xAI": "good"}


def test_unknown_costs_are_unknown(tmp_path: Path) -> None:
    """A provider without a price has no cost, and its mark says how many calls that are."""
    view = _see(tmp_path, _calls("in-house", 5, model="in-house", cost_reported=None))
    assert _row(view, "in-house")["calls.cost"] is None
    assert view.shown["rows"][0]["cells"][6][0].text == "–"
    assert "5 calls" in view.shown["rows"][0]["mark"]


def test_who_is_known_without_traffic_has_a_row(tmp_path: Path) -> None:
    """Used ten days ago, not since: dashes where nothing was measured, and what the longer window knows."""
    view = _see(tmp_path, [*_calls("openai", 5), *_calls("mistral", 5, hours=240)])
    row = _row(view, "mistral")
    assert (row["judgement.health_score"], row["calls.requests"], row["calls.availability.30d"]) == (None, None, 1.0)
    assert view.shown["rows"][-1]["label"] == "Mistral AI"


def test_more_rows_than_fit_are_folded(tmp_path: Path) -> None:
    """Beyond the top the rows wait for a click; one row alone does not."""
    many = [record for at in range(6) for record in _calls(f"house-{at}", 10 - at)]
    view = _see(tmp_path / "many", many)
    assert [row["folded"] for row in view.shown["rows"]] == [False] * 3 + [True] * 3
    assert view.shown["more"] == 3
    assert "3 more" in fragment(_MATRIX, view)
    few = [record for at in range(4) for record in _calls(f"house-{at}", 10 - at)]
    assert _see(tmp_path / "few", few).shown["more"] == 0


def test_without_records_it_says_so(tmp_path: Path) -> None:
    """An empty ledger has no rows."""
    view = _see(tmp_path, [])
    assert view.empty
    assert "Nothing was used" in fragment(_MATRIX, view)


def test_names_are_only_text(tmp_path: Path) -> None:
    """A provider may be called anything."""
    view = _see(tmp_path, [record for name in HOSTILE for record in _calls(name, 2)])
    assert {row["label"] for row in view.shown["rows"]} == set(HOSTILE)
    html = fragment(_MATRIX, view)
    assert "<script" not in html
    assert "style=" not in html


def test_changes_in_place_of_values(tmp_path: Path) -> None:
    """The viewer may look at changes: of counts, of rates in points, of shares."""
    records = [*_calls("openai", 30, failed=3), *_calls("openai", 20, failed=1, hours=30), *_calls("groq", 10)]
    with looking(tmp_path, [*records, *_calls("gone", 5, hours=30)], show="change") as context:
        view = _MATRIX.view(context)
    openai, groq, _ = view.shown["rows"]
    assert [openai["cells"][at][0].text for at in (2, 3, 4)] == ["+10", "-5 pt", "+5 pt"]
    assert openai["cells"][4][0].good is False
    assert openai["cells"][2][1] == 0.0
    assert groq["cells"][2][0].text == "+10"
    # Who is gone is known by its health.
    assert [row[0] for row in view.table.rows] == ["openai", "groq", "gone"]
    with looking(tmp_path / "percent", records, show="percent") as context:
        [first, _] = _MATRIX.view(context).shown["rows"]
    assert first["cells"][2][0].text == "+50 %"
