"""How sure a cost is that a judgement tells of: what is not in it, and what of it is assumed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.declared import Fact, Row
from tokometer.measures.run import PREVIOUS
from tokometer.records.units import REQUESTS, USD

#: The measures that say it.
CERTAINTY: Final = ("unpriced", "no_price", "usage_unknown", "assumed", "cost_assumed")


def certainty_of(measured: Mapping[str, Any], *, both: bool = False) -> Row:
    """The facts of one cost; with `both`, of the window's and that of the period before together."""
    found: Row = {}
    for name in CERTAINTY:
        values = [measured.get(name + end) for end in (("", PREVIOUS) if both else ("",))]
        found[name] = sum((value for value in values if value), Decimal(0) if name == "cost_assumed" else 0)
    return found


def certainty_facts(calls: str) -> tuple[Fact, ...]:
    """Their declarations; `calls` says of which calls: `calls of the month`."""
    return (
        Fact("unpriced", REQUESTS, "integer", meaning=f"{calls} that nobody knows the price of; not in the cost"),
        Fact("no_price", REQUESTS, "integer", meaning="those of them whose model has no known price"),
        Fact("usage_unknown", REQUESTS, "integer", meaning="those of them whose usage nobody knows"),
        Fact("assumed", REQUESTS, "integer", meaning=f"{calls} without an exact price of their own"),
        Fact("cost_assumed", USD, "money", title="Assumed cost", meaning="their part of the cost"),
    )
