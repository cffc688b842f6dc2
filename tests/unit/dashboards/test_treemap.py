"""What a cost consists of, as areas."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from generators.looked_at import HOSTILE, NOW, call, looking
from tokometer.dashboards.kinds import Treemap
from tokometer.dashboards.kinds.treemap import MOST
from tokometer.dashboards.panel import View
from tokometer.records import Record

_PANEL = Treemap(id="x.models", title="Cost by model", of="calls.cost", by="model", group="provider")
_NANO = 1_000_000_000


def _see(folder: Path, records: Iterable[Record], **chosen: str) -> View:
    with looking(folder, records, range="24h", **chosen) as context:
        return _PANEL.view(context)


def _areas(view: View) -> list[float]:
    assert view.chart
    points = view.chart["layouts"][0]["data"]["points"]
    places = [dict(zip(points["fields"], row, strict=True)) for row in points["rows"]]
    return [(at["x2"] - at["x"]) * (at["y2"] - at["y"]) for at in places]


def test_areas_are_shares(tmp_path: Path) -> None:
    """A model of half the cost has half of the area, whichever provider it is with; the table has every digit."""
    records = [
        call(NOW, 1, model="a", cost_reported=5 * _NANO),
        call(NOW, 2, model="b", cost_reported=3 * _NANO),
        call(NOW, 3, provider="groq", model="c", cost_reported=2 * _NANO),
    ]
    view = _see(tmp_path, records)
    assert _areas(view) == pytest.approx([0.5, 0.3, 0.2], abs=1e-3)
    assert [(row[1], str(row[2])) for row in view.table.rows] == [
        ("a", "5.000000000"),
        ("b", "3.000000000"),
        ("c", "2.000000000"),
    ]
    assert view.shown["total"].text == "$10.00"


def test_a_model_without_a_price_has_no_area(tmp_path: Path) -> None:
    """What nobody knows the price of is counted in words, and is not $0."""
    view = _see(tmp_path, [call(NOW, 1, model="a"), call(NOW, 2, model="b", cost_reported=None)])
    assert len(_areas(view)) == 1
    assert view.shown["unpriced"] == 1
    assert [row[2] for row in view.table.rows if row[1] == "b"] == [None]


def test_small_models_are_one_cell(tmp_path: Path) -> None:
    """Beyond the largest, the models of a provider are drawn together; none is lost from the sum or the table."""
    records = [call(NOW, at, model=f"m{at}", cost_reported=_NANO * (1 + at)) for at in range(MOST + 9)]
    view = _see(tmp_path, records)
    assert view.chart
    assert len(_areas(view)) == MOST + 1
    assert sum(_areas(view)) == pytest.approx(1, abs=1e-3)
    [others] = [tip for tip in view.chart["tips"] if tip[0] == "9 others"]
    assert others[1][0] == ["Cost", "$45.00"]
    assert len(view.table.rows) == MOST + 9


def test_nothing_at_all(tmp_path: Path) -> None:
    """An empty ledger gives an empty view without a chart."""
    view = _see(tmp_path, [])
    assert view.empty
    assert view.chart is None


def test_names_are_only_text(tmp_path: Path) -> None:
    """Whatever a model is called stands in its tooltip whole, and is what a click filters by."""
    view = _see(tmp_path, [call(NOW, model=name) for name in HOSTILE])
    assert view.chart
    assert {tip[0] for tip in view.chart["tips"]} == set(HOSTILE)
    assert {tuple(tip[2]) for tip in view.chart["tips"]} == {("model", name) for name in HOSTILE}
