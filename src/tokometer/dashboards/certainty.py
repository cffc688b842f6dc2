"""The small mark beside a cost that contains assumed amounts, or does not contain all calls."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tokometer.records.units import USD, show

#: The measures that say how sure a cost is.
CERTAINTY: Final = ("unpriced", "assumed", "cost_assumed")
#: The same as they are called in rows of measures and judgements.
CERTAINTY_NAMES: Final = tuple(f"calls.{name}" for name in CERTAINTY)


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


def mark_in(row: Mapping[str, Any], *, unpriced: bool = True) -> str:
    """The same of a row with full names; without calls that have no price where those are told beside it."""
    known = {name: row.get(full) for name, full in zip(CERTAINTY, CERTAINTY_NAMES, strict=True)}
    return mark_of(known if unpriced else known | {"unpriced": 0})


def _calls(count: int) -> str:
    return f"{count:,} call{'s' if count > 1 else ''}"


def _their(count: int) -> str:
    return "their" if count > 1 else "its"
