"""Re-costing history: what the calls would cost at today's price book, shown before it is applied."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from tokometer.collect.committing import reprice_all
from tokometer.collect.pricing import Pricer, price_each
from tokometer.ledger import Ledger
from tokometer.ledger.priced import priced_calls

_NANO: Final = Decimal(10**9)


def reprice(
    ledger: Ledger, book: Pricer, *, apply: bool, progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Price every stored call anew with `book`, and say by model what that changes; with `apply`, write it.

    A cost that a source reported stays what it was. The answer is a JSON object: `calls` (looked at), `changed`,
    `marked` (cost what they did, but their price is known to be more or less sure than was said), `failed` (could not
    be written with what they would cost, and keep what they did), `applied`, and
    `models` with `provider`, `model`, `calls` (that change), `unpriced_before`, `unpriced_after`,
    `before` and `after` (US dollars, decimal strings), the largest difference first. `progress` takes quarter hours
    done and all.
    """
    by_model: dict[tuple[str, str], _Difference] = {}
    looked_at = marked = failed = 0
    for done, all_, rows in priced_calls(ledger):
        costs: dict[bytes, tuple[int | None, str, str]] = {}
        looked_at += len(rows)
        price_each(book, [row.call for row in rows])
        for id_, was, basis, call in rows:
            if call.cost_priced == was and call.price_basis == basis:
                continue
            costs[id_] = (call.cost_priced, call.price_version, call.price_basis)
            if call.cost_priced == was:
                marked += 1
            else:
                by_model.setdefault((call.provider, call.model), _Difference()).add(was, call.cost_priced)
        if apply and costs:
            failed += reprice_all(ledger, costs)[1]
        if progress is not None:
            progress(done, all_)
    if apply:
        ledger.settle()
    models = [
        {"provider": provider, "model": model, **difference.told()}
        for (provider, model), difference in sorted(by_model.items(), key=lambda item: item[1].order())
    ]
    return {
        "calls": looked_at,
        "changed": sum(difference.calls for difference in by_model.values()),
        "marked": marked,
        "failed": failed,
        "applied": apply,
        "models": models,
    }


class _Difference:
    """What changes for one model. Money in nano-USD; unpriced calls add none."""

    def __init__(self) -> None:
        self.calls = self.before = self.after = self.unpriced_before = self.unpriced_after = 0

    def add(self, was: int | None, becomes: int | None) -> None:
        self.calls += 1
        self.before += was or 0
        self.after += becomes or 0
        self.unpriced_before += was is None
        self.unpriced_after += becomes is None

    def order(self) -> tuple[int, int]:
        return -abs(self.after - self.before), -self.calls

    def told(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "unpriced_before": self.unpriced_before,
            "unpriced_after": self.unpriced_after,
            "before": f"{Decimal(self.before) / _NANO:f}",
            "after": f"{Decimal(self.after) / _NANO:f}",
        }
