"""The settings of the demo's company."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from generators.demo_history import NOW
from tokometer.demo import Spending
from tokometer.demo.rhythm import DAY
from tokometer.judgement.budgets import limit_of
from tokometer.records import ModelCall
from tokometer.settings import FILE_NAME, Settings, read_settings


def call(number: int, ago: int, cost: int) -> ModelCall:
    """A call some days ago."""
    return ModelCall(
        source="api", native_id=f"demo-{number}", started_at=NOW - ago * DAY, provider="openai", model="gpt-6.1-sol",
        team="product", cost_priced=cost,
    )  # fmt: skip


def settled(folder: Path, calls: list[ModelCall]) -> Settings:
    """What is written for some calls, as it is read."""
    spending = Spending(NOW)
    spending.add(calls)
    spending.write(folder)
    return read_settings(folder / FILE_NAME)


def test_budgets_fit_what_is_spent(tmp_path: Path) -> None:
    """Ten dollars a day make 280 in 28 days and 300 in a month of thirty; what is older does not count."""
    calls = [call(number, number, 10 * 10**9) for number in range(1, 29)]
    settings = settled(tmp_path, [*calls, call(99, 60, 10**12)])

    assert settings.budget.monthly == Decimal(280)
    assert limit_of(settings, "provider", "openai") == Decimal(400)
    assert limit_of(settings, "model", "gpt-6.1-sol") == Decimal(390)
    assert limit_of(settings, "team", "product") == Decimal(320)
    assert limit_of(settings, "provider", "anthropic") is None


@pytest.mark.parametrize("calls", [[], [call(1, 1, 0)]])
def test_who_spends_nothing_has_no_budget(tmp_path: Path, calls: list[ModelCall]) -> None:
    """The rest is settled all the same."""
    found = settled(tmp_path, calls)

    assert not found.budget.configured
    assert found.slo.availability == 0.98
    assert {card.team for card in found.rate_cards} == {"data", "operations"}
