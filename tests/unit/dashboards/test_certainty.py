"""The mark beside a cost says how much of it is not exact."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tokometer.dashboards.certainty import mark_of


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
            {"assumed": 1, "cost_assumed": Decimal("0.5"), "unpriced": 1},
            "≈ $0.50 of it is assumed: 1 call without an exact price of its own; 1 call without a price is not in it",
        ),
        ({"unpriced": 1_200}, "1,200 calls without a price are not in it"),
    ],
)
def test_mark(row: dict[str, Any], mark: str) -> None:
    """Nothing where the cost is exact and whole."""
    assert mark_of(row) == mark
