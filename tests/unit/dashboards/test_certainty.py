"""The mark beside a cost says how much of it is not exact."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from generators.looked_at import NOW, call, fragment, looking
from tokometer.dashboards.certainty import chips_of, mark_of, note_in
from tokometer.dashboards.kinds import Cards, Column, Figures, Matrix, Ranking, Series, Share, Stat, Treemap


@pytest.mark.parametrize(
    ("row", "mark"),
    [
        ({}, ""),
        ({"assumed": 0, "unpriced": 0, "cost_assumed": Decimal(0)}, ""),
        (
            {"assumed": 3, "cost_assumed": Decimal("12.4")},
            "≈ $12.40 of it is assumed: 3 calls without an exact price of their own",
        ),
        (
            {"assumed": 1, "cost_assumed": Decimal("0.5"), "unpriced": 1, "no_price": 1},
            "≈ $0.50 of it is assumed: 1 call without an exact price of its own; "
            "1 call of a model without a price is not in it",
        ),
        ({"unpriced": 1_200, "no_price": 1_200}, "1,200 calls of models without a price are not in it"),
        ({"unpriced": 1, "usage_unknown": 1}, "1 call of unknown usage is not in it"),
        (
            {"unpriced": 3, "no_price": 2, "usage_unknown": 1},
            "2 calls of models without a price and 1 call of unknown usage are not in it",
        ),
    ],
)
def test_mark(row: dict[str, Any], mark: str) -> None:
    """Nothing where the cost is exact and whole."""
    assert mark_of(row) == mark


def test_chips_tell_the_two_apart_and_lead_to_what_mends_them() -> None:
    """A timeout of a model with a price is not "unpriced"; each chip opens the list of its own kind."""
    both = chips_of({"unpriced": 3, "no_price": 2, "usage_unknown": 1})
    assert [(chip.text, chip.href) for chip in both] == [
        ("2 unpriced", "/sources#no-price"),
        ("1 of unknown usage", "/sources#usage-unknown"),
    ]
    assert [chip.text for chip in chips_of({"unpriced": 1, "usage_unknown": 1})] == ["1 of unknown usage"]
    assert chips_of({"unpriced": 0, "no_price": 0, "usage_unknown": 0}) == ()
    assert note_in({"calls.no_price": 2, "calls.usage_unknown": 1}) == "2 unpriced, 1 of unknown usage"


PANELS = {
    "ranking": Ranking(id="x.models", title="Models", of="calls.cost", by="model", columns=("calls.requests",)),
    "bare": Ranking(id="x.models", title="Models", of="calls.cost", by="model"),
    "share": Share(id="x.models", title="Models", of="calls.requests", columns=("calls.cost",), by="model"),
    "matrix": Matrix(
        id="x.models",
        title="Models",
        by="model",
        rank="calls.requests",
        columns=(Column("calls.requests"), Column("calls.cost")),
    ),
}


SUMS = {
    "figures": Figures(id="x.f", title="F", of=(("calls.cost", "Cost", "cost"),)),
    "stat": Stat(id="x.s", title="S", of="calls.cost"),
    "series": Series(id="x.l", title="L", of=("calls.cost",)),
    "treemap": Treemap(id="x.t", title="T", of="calls.cost", by="model", group="provider"),
    "cards": Cards(
        id="x.c",
        title="C",
        by="provider",
        state="judgement.connection",
        figures=(("calls.cost", "this month", "month"),),
        inner="model",
        of="calls.requests",
        words="calls",
    ),
}


@pytest.mark.parametrize("kind", SUMS)
def test_a_sum_that_leaves_out_calls_says_so(kind: str, tmp_path: Path) -> None:
    """On the page with a mark or a note, in CSV with the exact amount and a count beside it."""
    records = [
        call(NOW, 1, cost_reported=5_000_000_000),
        call(NOW, 2, cost_reported=None, price_basis="unpriced:no-price"),
        call(NOW, 3, cost_reported=None, price_basis="unpriced:no-usage", input_tokens=None, output_tokens=None),
    ]
    panel = SUMS[kind]
    with looking(tmp_path, records, range="24h") as context:
        view = panel.view(context)
    shown = fragment(panel, view)
    assert "$5.00" in shown
    said = "1 call of a model without a price and 1 call of unknown usage are not in it"
    assert said in shown or "1 unpriced, 1 of unknown usage" in shown
    if kind != "cards":
        told = {*view.table.columns, *(row[0] for row in view.table.rows)}
        assert "calls.unpriced" in told


@pytest.mark.parametrize("kind", PANELS)
def test_what_is_partly_unknown_is_no_plain_number(kind: str, tmp_path: Path) -> None:
    """Successes without a price beside errors that cost nothing are no $0, and a cost without some calls says so."""
    records = [
        call(NOW, 1, model="a", cost_reported=5_000_000_000),
        call(NOW, 2, model="a", cost_reported=None, price_basis="unpriced:no-price", input_tokens=5),
        call(NOW, 3, model="b", cost_reported=None, price_basis="unpriced:no-price", input_tokens=5),
        call(NOW, 4, model="b", cost_reported=0, status="rate_limit"),
    ]
    panel = PANELS[kind]
    with looking(tmp_path, records, range="24h") as context:
        view = panel.view(context)
    shown = fragment(panel, view)
    # Before there were no calls at all, which cost nothing.
    assert "$0" not in shown.replace("before: $0.00", "")
    assert "$5.00" in shown
    assert (
        '1<span class="word"> unpriced' in shown
        if kind == "ranking"
        else "1 call of a model without a price is not in it" in shown
    )
    assert {"calls.no_price", "calls.usage_unknown", "calls.cost"} <= set(view.table.columns)
