"""Advice and waste on real ledgers: what was planted is found, in its true size; where nothing was, nothing is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from generators.planted import NOW, frugal, planted
from tokometer.judgement.advice import RULES
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import Matter, judge
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Question, Result, answer
from tokometer.prices import PriceBook
from tokometer.records import ModelCall, Record
from tokometer.settings import Settings

BOOK = PriceBook()
PLANTED = planted()
#: Rules whose advice is worth no dollars.
FREE = {"peak_hours", "idle_models", "idle_gpus"}
Rows = Sequence[Mapping[str, Any]]


def _ledger(path: Path, records: Sequence[Record]) -> Ledger:
    BOOK.apply([one for one in records if isinstance(one, ModelCall)])
    ledger = DuckDBLedger(path)
    ledger.commit(Batch(records=list(records)))
    return ledger


def _judged(ledger: Ledger, name: str, by: str = "") -> Rows:
    def ask(question: Question) -> Result:
        return answer(ledger, question, now=NOW)

    matter = Matter(by=by, since="30d", now=NOW, book=BOOK)
    return judge(JUDGEMENTS[name], matter, Settings(), ask).rows


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger with a saving of every kind."""
    opened = _ledger(tmp_path_factory.mktemp("planted") / "ledger.duckdb", PLANTED.records)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def advised(ledger: Ledger) -> Rows:
    """All advice about it."""
    return _judged(ledger, "advice")


@pytest.mark.parametrize(("rule", "agent"), PLANTED.found)
def test_what_was_planted_is_found(advised: Rows, rule: str, agent: str) -> None:
    """Each saving is found within 5 % of its true size."""
    # The largest comes first.
    found = {row["agent"] or "": row["advice"] for row in reversed(advised) if row["rule"] == rule}
    true = PLANTED.found[rule, agent]
    assert agent in found, [(row["rule"], row["agent"]) for row in advised]
    assert abs(found[agent] - true) <= true * Decimal("0.05"), (found[agent], true)


def test_every_rule_was_planted(advised: Rows) -> None:
    """No rule is without a saving that it has to find, or says what costs no dollars."""
    assert {rule for rule, _ in PLANTED.found} | FREE == set(RULES)
    told = {row["rule"]: row for row in advised}
    assert "llama3:70b" in told["idle_models"]["detail"]
    assert told["idle_gpus"]["title"] == "Use or switch off GPU 1 of box"


def test_savings_are_put_in_order_and_said_of_a_month(advised: Rows) -> None:
    """The largest comes first; a month's is thirty days of the window."""
    savings = [row["advice"] for row in advised if row["advice"] is not None]
    assert savings == sorted(savings, reverse=True)
    first = advised[0]
    assert Decimal("0.9") < first["a_month"] / first["advice"] < Decimal("1.1")
    assert len({row["key"] for row in advised}) == len(advised)


def test_waste_is_what_was_planted(ledger: Ledger) -> None:
    """Each kind of waste is told with its sessions; those of all sessions add up to the whole."""
    whole = {row["kind"]: row for row in _judged(ledger, "waste")}
    by_session = _judged(ledger, "waste", "session")
    assert whole["runs"]["waste"] is None
    assert whole["cut"]["unknown"] is None
    for kind, (rule, agent) in {
        "retries": ("retries", "stubborn"),
        "loops": ("tool_loops", "stuck"),
        "carried": ("oversized_context", "marathon"),
        "cut": ("output_limit", "terse"),
        "rereads": ("read_again", "forgetful"),
        "unrepaid": ("unread_cache", "once"),
    }.items():
        assert whole[kind]["waste"] == PLANTED.found[rule, agent], kind
        assert sum(row["waste"] for row in by_session if row["kind"] == kind) == whole[kind]["waste"]


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_found_where_nothing_could_be_saved(tmp_path: Path, seed: int) -> None:
    """On a frugal history no rule promises a saving, and nothing was wasted."""
    ledger = _ledger(tmp_path / "ledger.duckdb", list(frugal(seed)))
    try:
        assert [row for row in _judged(ledger, "advice") if row["advice"] is not None] == []
        assert [row["kind"] for row in _judged(ledger, "waste") if row["waste"]] == []
    finally:
        ledger.close()
