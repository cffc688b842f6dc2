"""The small marks beside a cost that contains assumed amounts, or does not contain all calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.certainty import CERTAINTY
from tokometer.records.plural import counted, verb
from tokometer.records.units import USD, show

#: The measures that say how sure a cost is, as they are called in rows of measures and judgements.
CERTAINTY_NAMES: Final = tuple(f"calls.{name}" for name in CERTAINTY)
#: Where the Sources page lists models that no price is known for, and calls of unknown usage, with what mends it.
NO_PRICE: Final = "no-price"
USAGE_UNKNOWN: Final = "usage-unknown"


@dataclass(frozen=True, slots=True)
class Chip:
    """Calls that are not in a cost: how many and why, in short and in full, and where they are listed."""

    text: str
    title: str
    href: str
    #: The same in two words, where there is little room.
    count: str
    word: str


def chips_of(row: Mapping[str, Any]) -> tuple[Chip, ...]:
    """A chip for calls of models without a price, and one for calls whose usage nobody knows; none where all are in."""
    no_price, unknown = _missing(row)
    found = []
    if no_price:
        title = f"{_of_models(no_price)} {verb(no_price, 'is', 'are')} not in the cost: which, and what mends it"
        found.append(Chip(f"{no_price:,} unpriced", title, f"/sources#{NO_PRICE}", f"{no_price:,}", "unpriced"))
    if unknown:
        title = f"{_of_unknown(unknown)} {verb(unknown, 'is', 'are')} not in the cost: which, and what mends it"
        found.append(
            Chip(f"{unknown:,} of unknown usage", title, f"/sources#{USAGE_UNKNOWN}", f"{unknown:,}", "unknown")
        )
    return tuple(found)


def chips_in(row: Mapping[str, Any]) -> tuple[Chip, ...]:
    """The same of a row with full names."""
    return chips_of(_short(row))


def mark_of(row: Mapping[str, Any], *, unpriced: bool = True) -> str:
    """What is to be said of how sure the cost in a row is; empty where it is exact.

    Without calls that are not in it, where chips beside it tell of those.
    """
    assumed = row.get("assumed") or 0
    parts = []
    if assumed:
        amount = show(row.get("cost_assumed") or Decimal(0), USD)
        their = verb(assumed, "its", "their")
        parts.append(f"≈ {amount} of it is assumed: {counted(assumed, 'call')} without an exact price of {their} own")
    no_price, unknown = _missing(row) if unpriced else (0, 0)
    told = [*([_of_models(no_price)] if no_price else []), *([_of_unknown(unknown)] if unknown else [])]
    if told:
        parts.append(f"{' and '.join(told)} {verb(no_price + unknown, 'is', 'are')} not in it")
    return "; ".join(parts)


def mark_in(row: Mapping[str, Any], *, unpriced: bool = True) -> str:
    """The same of a row with full names."""
    return mark_of(_short(row), unpriced=unpriced)


def note_in(row: Mapping[str, Any]) -> str:
    """The chips of a row with full names in one line of words."""
    return ", ".join(chip.text for chip in chips_in(row))


def _short(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(full) for name, full in zip(CERTAINTY, CERTAINTY_NAMES, strict=True)}


def _missing(row: Mapping[str, Any]) -> tuple[int, int]:
    """Calls of models without a price, and calls of unknown usage."""
    return row.get("no_price") or 0, row.get("usage_unknown") or 0


def _of_models(count: int) -> str:
    return f"{counted(count, 'call')} of {verb(count, 'a model', 'models')} without a price"


def _of_unknown(count: int) -> str:
    return f"{counted(count, 'call')} of unknown usage"
