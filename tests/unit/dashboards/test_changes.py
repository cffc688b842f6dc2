"""Values, changes or changes in per cent: the viewer's choice, in tables of every kind."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from generators.looked_at import NOW, call, fragment, looking
from tokometer.dashboards.cells import Cell
from tokometer.dashboards.kinds import Cards, Column, Cross, Distribution, Matrix, Series, Share, Verdicts
from tokometer.dashboards.panel import Panel, View
from tokometer.records import Record

#: Four calls of this week for two before, at three dollars for one, with a second model that is new.
_RECORDS: tuple[Record, ...] = (
    *(
        call(
            NOW - timedelta(days=1), n, model="a", cost_reported=3 * 10**9, knowledge_base="wiki", latency_us=2_000_000
        )
        for n in range(4)
    ),
    *(
        call(NOW - timedelta(days=9), n, model="a", cost_reported=10**9, knowledge_base="wiki", latency_us=10**6)
        for n in range(2)
    ),
    call(NOW - timedelta(days=2), model="b", cost_reported=10**9, knowledge_base="wiki", latency_us=10**6),
    call(NOW - timedelta(days=9), model="gone", provider="groq", latency_us=10**6),
)
SHARE = Share(id="x.share", title="Share", by="model", of="calls.cost", columns=("calls.requests",))
MATRIX = Matrix(
    id="x.matrix",
    title="Matrix",
    by="model",
    columns=(Column("calls.cost"), Column("calls.cost", scale="share")),
    rank="calls.cost",
)
CROSS = Cross(id="x.cross", title="Cross", of="calls.requests", by="knowledge_base", across="model")
CARDS = Cards(
    id="x.cards",
    title="Cards",
    by="provider",
    state="judgement.connection",
    figures=(("calls.requests", "this week", "7d"),),
    inner="model",
    of="calls.requests",
    words="calls",
)
DISTRIBUTION = Distribution(id="x.distribution", title="Latency", by="model")
ECONOMICS = Verdicts(
    id="x.economics",
    title="Economics",
    of="judgement.unit_economics",
    by=("model",),
    columns=("cost_per_request",),
    standing=False,
    compared=True,
)
ALL: tuple[Panel, ...] = (SHARE, MATRIX, CROSS, CARDS, DISTRIBUTION, ECONOMICS)


def _see(folder: Path, panel: Panel, **chosen: str) -> View:
    with looking(folder, _RECORDS, **chosen) as context:
        return panel.view(context)


def _cells(view: View) -> list[str]:
    """What the first row says."""
    shown = view.shown
    row: Any = shown.get("rows", shown.get("cards"))[0]
    found = row.get("cells", [])
    if "figures" in row:
        found = [*(cell for _, cell, *_ in row["figures"]), *(cell for *_, cell in row["inner"])]
    return [one.text for item in found for one in [_cell(item)] if one]


def _cell(item: Any) -> Cell | None:
    if isinstance(item, Cell):
        return item
    return item["cell"] if isinstance(item, dict) else item[0]


@pytest.mark.parametrize(
    ("panel", "value", "change", "percent"),
    [
        (SHARE, ["$12.00", "4"], ["+$10.00", "+2"], ["+500 %", "+100 %"]),
        (MATRIX, ["$12.00", "92.3 %"], ["+$10.00", "+25.6 pt"], ["+500 %", "+38.5 %"]),
        (CROSS, ["4", "1"], ["+2", "+1"], ["+100 %", "new"]),
        (CARDS, ["5", "4", "1"], ["+3", "+2", "+1"], ["+150 %", "+100 %", "new"]),
        (ECONOMICS, ["$3.00"], ["+$2.00"], ["+200 %"]),
    ],
    ids=lambda found: getattr(found, "id", None),
)
def test_tables_tell_changes(
    tmp_path: Path, panel: Panel, value: list[str], change: list[str], percent: list[str]
) -> None:
    """A cell says what was measured, how much more or less that is than before, or by how many per cent."""
    for show, told in (("value", value), ("change", change), ("percent", percent)):
        assert _cells(_see(tmp_path / show, panel, show=show)) == told


@pytest.mark.parametrize("panel", ALL, ids=lambda panel: panel.id)
def test_a_change_says_what_it_is_against(tmp_path: Path, panel: Panel) -> None:
    """Changes name the period before; rows stay those of this window; without comparison there are values."""
    plain = _see(tmp_path / "plain", panel)
    changed = _see(tmp_path / "changed", panel, show="percent")
    alone = _see(tmp_path / "alone", panel, show="percent", compare="0")
    assert "change against" in fragment(panel, changed)
    assert changed.table == plain.table
    assert (alone.shown, alone.table) == (_see(tmp_path / "off", panel, compare="0").shown, plain.table)
    assert "gone" not in str(changed.table.rows)


def test_switched_costs_follow_the_unit(tmp_path: Path) -> None:
    """Where the measure is switched too, the unit is one of costs, and leaves tokens and requests as they are."""
    panel = Series(
        id="x.spend", title="By model", of=("calls.cost", "calls.requests"), by="model", switch=True, per=True
    )
    cost = _see(tmp_path / "cost", panel, per="request")
    assert (cost.shown["title"], cost.shown["sub"], cost.shown["measure"]) == ("Cost by model", "per request", "cost")
    assert cost.shown["total"].measure == "calls.cost_per_request"
    assert "calls.cost_per_request" in cost.table.columns
    requests = _see(tmp_path / "requests", panel, per="request", measure="requests")
    assert (requests.shown["title"], requests.shown["sub"]) == ("Requests by model", "")
    assert requests.shown["total"].value == 5
