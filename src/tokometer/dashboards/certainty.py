"""The small mark beside a cost that contains assumed amounts, or does not contain all calls."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tokometer.records.units import USD, show

#: The measures that say how sure a cost is.
CERTAINTY: Final = ("unpriced", "assumed", "cost_assumed")


def mark_of(row: Mapping[str, Any]) -> str:
    """What is to be said of how sure the cost in a row is; empty where it is exact."""
    assumed, unpriced = row.get("assumed") or 0, row.get("unpriced") or 0
    parts = []
    if assumed:
        amount = show(row.get("cost_assumed") or Decimal(0), USD)
        parts.append(f"≈ {amount} of it is assumed: {_calls(assumed)} without an exact price of {_their(assumed)} own")
    if unpriced:
        parts.append(f"{_calls(unpriced)} without a price {'are' if unpriced > 1 else 'is'} not in it")
    return "; ".join(parts)


def _calls(count: int) -> str:
    return f"{count:,} call{'s' if count > 1 else ''}"


def _their(count: int) -> str:
    return "their" if count > 1 else "its"
