"""Rows of judgements as tables, and changes as the sum of their parts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.examples import examples
from generators.looked_at import HOSTILE, NOW, call, looking
from tokometer.dashboards.kinds import Bridge, Progress, Verdicts
from tokometer.dashboards.kinds.verdicts import HasAny
from tokometer.dashboards.panel import Panel, View
from tokometer.records import Record
from tokometer.settings import Budget, Settings

_NANO = 1_000_000_000
_BUDGETS = Verdicts(
    id="x.budgets",
    title="Budgets",
    of="judgement.budget",
    by=("", "model", "team"),
    columns=("monthly_budget", "spent", ""),
    progress=Progress("spent", "monthly_budget", "projected"),
    only=HasAny("monthly_budget"),
    window="month",
)
_MOVERS = Verdicts(
    id="x.movers",
    title="Movers",
    of="judgement.movers",
    by=("model",),
    columns=("cost", "", "change", "note"),
    changes=("", "change"),
)
_BURN = Verdicts(
    id="x.burn", title="Burn", of="judgement.burn_rate", by=("provider",), columns=("objective", ""), worst_first=True
)
_SPLIT = Bridge(
    id="x.split",
    title="Split",
    of="judgement.cost_split",
    before="previous",
    after="cost",
    parts=(("volume", "Use"), ("mix", "Mix"), ("price", "Price")),
)


def _see(folder: Path, panel: Panel, records: Iterable[Record], given: Settings | None = None, **chosen: str) -> View:
    with looking(folder, records, given, **chosen) as context:
        return panel.view(context)


def _texts(row: dict[str, Any]) -> list[str]:
    return [cell.text for cell, _ in row["cells"]]


def test_budgets(tmp_path: Path) -> None:
    """Every budget has a row with a bar as long as what is spent of it, in the colour of how it stands."""
    budget = Budget(monthly=Decimal(100), models=(("gpt-5", Decimal(8)),), teams=(("research", Decimal(40)),))
    records = [call(NOW, at, team="research") for at in range(10)]
    rows = _see(tmp_path, _BUDGETS, records, Settings(budget=budget)).shown["rows"]
    assert [(row["label"], row["standing"]) for row in rows] == [
        ("Everything", "good"),
        ("gpt-5", "critical"),
        ("research", "good"),
    ]
    assert _texts(rows[1]) == ["$8.00", "$10.00", "125 %"]
    assert (rows[0]["bar"]["used"], rows[0]["bar"]["whole"]) == (10, 100)
    # Beyond the budget, the bar is whole and the budget is a part of it.
    assert (rows[1]["bar"]["used"], rows[1]["bar"]["whole"]) == (100, 80)


def test_no_budget(tmp_path: Path) -> None:
    """Where no budget is configured there is no row."""
    assert _see(tmp_path, _BUDGETS, [call(NOW)]).empty


def test_movers(tmp_path: Path) -> None:
    """Changes have their sign; less cost is better; what is new or gone says so."""
    before = NOW - timedelta(days=1, hours=2)
    records = [
        call(before, 1, model="a", cost_reported=4 * _NANO),
        call(NOW, 2, model="a", cost_reported=3 * _NANO),
        call(NOW, 3, model="b", cost_reported=2 * _NANO),
        call(before, 4, model="c", cost_reported=5 * _NANO),
    ]
    rows = {row["name"]: row for row in _see(tmp_path, _MOVERS, records, range="24h").shown["rows"]}
    assert _texts(rows["a"]) == ["$3.00", "-$1.00", "-25 %", ""]
    assert [good for _, good in rows["a"]["cells"]] == ["", "better", "better", ""]
    assert _texts(rows["b"]) == ["$2.00", "+$2.00", "–", "new"]
    assert rows["b"]["cells"][1][1] == "worse"
    assert _texts(rows["c"])[3] == "gone"


def test_the_worst_first(tmp_path: Path) -> None:
    """Whose error budget burns stands above who is well; words of ours are written as people write them."""
    records = [
        *[call(NOW - timedelta(minutes=1), at, provider="openai") for at in range(40)],
        *[call(NOW - timedelta(minutes=1), at, provider="zai", status="timeout") for at in range(40)],
    ]
    rows = _see(tmp_path, _BURN, records, range="24h").shown["rows"]
    assert [row["standing"] for row in rows] == ["critical", "critical", "good", "good"]
    assert {row["name"] for row in rows[:2]} == {"zai"}
    assert _texts(rows[1])[0] == "error rate"


def test_table_has_every_fact(tmp_path: Path) -> None:
    """What is not shown of a judgement is in its table all the same."""
    view = _see(tmp_path, _MOVERS, [call(NOW, model="a")], range="24h")
    assert view.table.columns[:4] == ("by", "name", "judgement.movers", "judgement.movers.cost")
    assert "judgement.movers.previous_requests" in view.table.columns
    assert view.table.rows[0][:2] == ("model", "a")


def test_names_are_only_text(tmp_path: Path) -> None:
    """A model may be called anything."""
    view = _see(tmp_path, _MOVERS, [call(NOW, model=name) for name in HOSTILE], range="24h")
    assert {row["name"] for row in view.shown["rows"]} == set(HOSTILE)


@settings(max_examples=examples(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from("abc"), st.integers(1, 4000), st.integers(10**7, 9 * 10**9)),
        min_size=1,
        max_size=9,
    )
)
def test_parts_add_up_to_the_cent(
    tmp_path_factory: pytest.TempPathFactory, used: list[tuple[bool, str, int, int]]
) -> None:
    """Whatever was used before and now: what is shown of use, mix and price adds up to what is shown of the change."""
    records = [
        call(
            NOW - (timedelta(days=1, hours=2) if before else timedelta()),
            at,
            model=model,
            input_tokens=tokens,
            cost_reported=cost,
        )
        for at, (before, model, tokens, cost) in enumerate(used)
    ]
    view = _see(tmp_path_factory.mktemp("split"), _SPLIT, records, range="24h")
    shown = view.shown
    texts = [part["text"] for part in shown["parts"]]
    # Below a cent a part is written with more digits.
    if all(len(text.partition(".")[2]) <= 2 for text in (*texts, shown["change"]["text"])):
        parts = [Decimal(text.replace("$", "").replace(",", "")) for text in texts]
        total = Decimal(shown["change"]["text"].replace("$", "").replace(",", ""))
        assert abs(sum(parts) - total) <= (Decimal("0.02") if abs(total) < 1 else 0)
    exact = dict(view.table.rows)
    of = "judgement.cost_split"
    assert exact[f"{of}.volume"] + exact[f"{of}.mix"] + exact[f"{of}.price"] == exact[of]
    assert exact[f"{of}.previous"] + exact[of] == exact[f"{of}.cost"]


def test_split_of_nothing(tmp_path: Path) -> None:
    """Without calls there is nothing to split."""
    assert _see(tmp_path, _SPLIT, [], range="24h").empty


def test_marks_of_what_is_not_in_a_cost(tmp_path: Path) -> None:
    """A mover's change, the split and its parts carry the mark of calls that they lack."""
    at = NOW - timedelta(hours=1)
    records = [call(at, 1), call(at, 2, cost_reported=None, price_basis="no-price"), call(NOW - timedelta(days=8), 3)]
    movers = _see(tmp_path / "movers", _MOVERS, records).shown
    assert movers["marked"] == 1
    assert movers["rows"][0]["mark"].endswith("not in it")
    split = _see(tmp_path / "split", _SPLIT, records)
    assert split.shown["mark"] == movers["rows"][0]["mark"]
    assert dict(split.table.rows)["judgement.cost_split.unpriced"] == 1
