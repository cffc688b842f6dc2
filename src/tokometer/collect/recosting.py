"""Re-costing with a price book: what it offers to a ledger as rows of rates, and what comes of it as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from tokometer.collect.pricing import price_each
from tokometer.ledger.recosting import WHOSE, Difference, Found, Prices
from tokometer.prices import PriceBook
from tokometer.prices.compiled import compiled


def prices_of(book: PriceBook) -> Prices:
    """A book as a ledger takes it."""
    nobody = ("",) * len(WHOSE)

    def rates(keys: Sequence[tuple[str, ...]]) -> Iterator[tuple[Any, ...]]:
        for key in keys:
            for row in compiled(book.plan_of(key)):
                yield *(key if book.scoped else (*key, *nobody)), *row

    return Prices(book.version, book.scoped, rates, lambda calls: price_each(book, calls))


def told(found: Found, *, applied: bool) -> dict[str, Any]:
    """What a re-costing changes, or would, as a JSON object.

    `calls` (looked at), `changed`, `marked` (cost what they did, but their price is known to be more or less sure than
    was said), `alone` (priced one by one), `applied`, and `models` with `provider`, `model`, `calls` (that change),
    `unpriced_before`, `unpriced_after`, `before` and `after` (US dollars, decimal strings), the largest difference
    first.
    """

    def order(item: tuple[tuple[str, str], Difference]) -> tuple[Decimal, int, tuple[str, str]]:
        key, difference = item
        return -abs(difference.after - difference.before), -difference.calls, key

    return {
        "calls": found.calls,
        "changed": found.changed,
        "marked": found.marked,
        "alone": found.alone,
        "failed": 0,
        "applied": applied,
        "models": [
            {
                "provider": provider,
                "model": model,
                "calls": one.calls,
                "unpriced_before": one.unpriced_before,
                "unpriced_after": one.unpriced_after,
                "before": _usd(one.before),
                "after": _usd(one.after),
            }
            for (provider, model), one in sorted(found.models.items(), key=order)
        ],
    }


def _usd(amount: Decimal) -> str:
    return f"{amount.normalize():f}" if amount else "0"
