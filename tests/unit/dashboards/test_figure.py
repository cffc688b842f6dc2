"""Tests of tokometer.dashboards.figure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tokometer.dashboards.figure import Delta, delta, figure
from tokometer.records.units import PERCENT, REQUESTS, USD


@pytest.mark.parametrize(
    ("value", "before", "expected"),
    [
        (Decimal("9.2"), Decimal(10), ("down", True, "8 %")),
        (Decimal(11), Decimal(10), ("up", False, "10 %")),
        (Decimal(10), Decimal(10), ("same", None, "no change")),
        (Decimal(10), Decimal(0), ("up", None, "new")),
        (Decimal(500), Decimal(10), ("up", False, "50 ×")),
        (Decimal(0), Decimal(10), ("down", True, "100 %")),
    ],
)
def test_delta_of_cost(value: Decimal, before: Decimal, expected: tuple[str, bool | None, str]) -> None:
    """The arrow says the direction, the colour whether it is good: more cost is not."""
    found = delta(value, before, USD, "lower", "Before")
    assert found is not None
    assert (found.direction, found.good, found.text) == expected
    assert found.previous.startswith("Before: $")


def test_delta_of_a_share() -> None:
    """Shares change by percentage points."""
    assert delta(0.989, 0.993, PERCENT, "higher", "") == Delta("down", False, "0.4 pt", "99.3 %", pytest.approx(0.004))


def test_no_delta() -> None:
    """There is no change where one side is unknown or both are nothing; requests are neither good nor bad."""
    assert delta(None, Decimal(1), USD, "lower", "") is None
    assert delta(Decimal(1), None, USD, "lower", "") is None
    assert delta(0, 0, REQUESTS, "", "") is None
    more = delta(2, 1, REQUESTS, "", "")
    assert more is not None
    assert more.good is None


def test_figure() -> None:
    """A figure is short on the page and exact on hover; what is unknown is not zero."""
    found = figure("calls.cost", Decimal("12345.678901234"))
    assert (found.text, found.exact) == ("$12.3 k", "$12,345.678901234")
    assert figure("calls.cost", None).text == "–"
