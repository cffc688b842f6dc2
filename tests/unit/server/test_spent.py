"""What is spent of budgets, in memory: a budget counts from the moment that it was made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tokometer.judgement.certainty import CERTAINTY
from tokometer.measures import Question
from tokometer.server.spent import Spent
from tokometer.settings import BudgetLine, Settings

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
OPENAI = (("provider", ("openai",)),)


def _line(id_: str, amount: int) -> BudgetLine:
    return BudgetLine(id=id_, title=id_, amount=Decimal(amount), filters=OPENAI, period="month", stops=True)


class World:
    """Settings that change, and a ledger that answers when it may: ten dollars of everything."""

    def __init__(self) -> None:
        self.settings = Settings(own_budgets=(_line("first", 100),))
        self.asked = threading.Event()
        self.may = threading.Event()
        self.may.set()
        self.spent = Spent(lambda: self.settings, lambda: self.settings, self._ask, lambda: 1, lambda: NOW)

    def _ask(self, _question: Question) -> Any:
        self.asked.set()
        assert self.may.wait(10)
        return _Rows

    def word(self) -> tuple[str, bool]:
        """The verdict on a call of OpenAI, and whether something of it is not known."""
        found, _ = self.spent.verdict({"provider": ["openai"]})
        return found.word, any(one.spent is None for one in found.applied)


class _Rows:
    rows = ({"provider": "openai", "cost": Decimal(10), **dict.fromkeys((*CERTAINTY, "cost_assumed"), 0)},)


@pytest.fixture
def world() -> Iterator[World]:
    """A world of which the worker ends."""
    made = World()
    with closing(made.spent):
        yield made


def test_a_budget_that_comes_while_something_is_measured_counts(world: World) -> None:
    """What is being measured began before it was made, and is not taken for it."""
    world.may.clear()
    asking = threading.Thread(target=world.spent._begin)
    asking.start()
    asking.join()
    assert world.asked.wait(10)
    world.settings = Settings(own_budgets=(_line("first", 100), _line("second", 5)))
    threading.Timer(0.05, world.may.set).start()
    assert world.word() == ("stop", False)


def test_a_budget_that_is_not_measured_in_time_is_not_known(world: World) -> None:
    """Whoever cannot wait is allowed to go on, and is told that it is not known."""
    assert world.word() == ("allow", False)
    world.settings = Settings(own_budgets=(_line("first", 100), _line("second", 5)))
    world.may.clear()
    assert world.word() == ("allow", True)
    world.may.set()
