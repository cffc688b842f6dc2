"""What became of advice that was done: saved against promised, for the calls since, on a real ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from generators.planted import DAY, HAIKU, NOW, OPUS, Planted, usd
from tokometer.accounts import Answer
from tokometer.charts.colours import Colours
from tokometer.dashboards import Context
from tokometer.dashboards.answered import measured
from tokometer.dashboards.scope import parse_scope
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import answer
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, to_us

BOOK = PriceBook()
#: It was done ten days ago.
DONE = NOW - timedelta(days=10)
EACH = usd(OPUS, 1_000, 100) - usd(HAIKU, 1_000, 100)


def _history(made: Planted, cheap: int, dear: int, agent: str) -> None:
    """Before, 20 calls a day of a job, with Opus; since, so many with each model."""
    for day in range(28):
        at = to_us(NOW) - (28 - day) * DAY
        since = at >= to_us(DONE)
        for one in range(dear if since else 20):
            made.call(at + one, OPUS, agent=agent)
        for one in range(cheap if since else 4):
            made.call(at + 100 + one, HAIKU, agent=agent)
        for model in (OPUS, HAIKU):
            made.job(at, agent, model)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """One agent that was switched, one of which half was, one that was not, and one that is not used any more."""
    made = Planted()
    for agent, cheap, dear in (("all", 20, 0), ("half", 10, 10), ("none", 4, 20), ("gone", 0, 0)):
        _history(made, cheap, dear, agent)
    BOOK.apply([one for one in made.records if isinstance(one, ModelCall)])
    opened = DuckDBLedger(tmp_path_factory.mktemp("answered") / "ledger.duckdb")
    opened.commit(Batch(records=made.records))
    yield opened
    opened.close()


def _answer(agent: str, **more: Any) -> Answer:
    given: dict[str, Any] = {
        "key": f"cheaper_model|{agent}|{OPUS}",
        "did": "done",
        "created": DONE,
        # 20 calls a day would have saved.
        "promised": EACH * 600,
        "before": {"agent": agent, "model": OPUS, "calls_a_month": 720.0},
    }
    return Answer(**given | more)


@pytest.fixture
def context(ledger: Ledger, tmp_path: Path) -> Context:
    """What panels may use."""
    scope = parse_scope({}, (), NOW, "30d")
    return Context(scope, lambda question: answer(ledger, question, now=NOW), Colours(tmp_path / "c.json"), book=BOOK)


def test_what_was_done_is_measured(context: Context) -> None:
    """Who switched saved what was promised for as many calls, who switched half of it half, who did not nothing."""
    [every] = measured(context, [_answer("all")])
    assert every.calls == 200
    assert every.promised == every.saved == EACH * 600 * 200 / 720
    [half] = measured(context, [_answer("half")])
    assert half.calls == 200
    assert half.saved == half.promised - 100 * EACH  # type: ignore[operator]
    [none] = measured(context, [_answer("none")])
    assert none.calls == 240
    assert none.saved == 0


def test_without_calls_nothing_is_said(context: Context) -> None:
    """An agent that is not used any more has saved nothing by advice, nor has one of which nothing was promised."""
    [gone] = measured(context, [_answer("gone")])
    assert (gone.calls, gone.promised, gone.saved) == (0, None, None)
    [free] = measured(context, [_answer("all", promised=None)])
    assert free.saved is None
    assert measured(context, [replace(_answer("all"), did="dismissed")]) == []


def test_a_promise_is_exact_money() -> None:
    """Twenty calls a day for thirty days: what each would have saved, 600 times."""
    assert Decimal("3.6") == EACH * 600
