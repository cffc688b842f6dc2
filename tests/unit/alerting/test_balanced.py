"""Tests of the condition on books that do not balance, on both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tokometer.records import Bill, to_us
from unit.alerting.world import World, rule

_DAY = timedelta(days=1)


def _bill(world: World, dollars: float, ago: timedelta = 10 * _DAY, **fields: Any) -> None:
    at = to_us((world.now - ago).replace(hour=0))
    given = {"provider": "openai", "model": "gpt-5", "amount": int(dollars * 10**9), **fields}
    world.keep(Bill(source="own", native_id=f"bill-{ago.days}", started_at=at, ended_at=at + 1, **given))


def test_books_that_do_not_balance_fire_and_are_over(worlds: World) -> None:
    """More is billed than was metered, and nobody knows why; then the provider corrects its line."""
    unbalanced = rule(condition="books_unbalanced", amount=2, percent=5)
    worlds.calls(10 * _DAY, 10)
    _bill(worlds, 15.123)
    worlds.turn(unbalanced)
    assert worlds.firing() == ["openai"]
    _bill(worlds, 10, revision=2)
    # It is looked at every quarter of an hour.
    worlds.turn(unbalanced, after=timedelta(minutes=16))
    assert worlds.firing() == []


def test_days_that_may_still_change_fire_nothing(worlds: World) -> None:
    """What is billed of yesterday may be stated otherwise tomorrow."""
    unbalanced = rule(condition="books_unbalanced", of="gap", amount=2, percent=5)
    worlds.calls(_DAY, 10)
    _bill(worlds, 15.123, _DAY)
    worlds.turn(unbalanced)
    assert worlds.firing() == []
