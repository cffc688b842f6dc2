"""Re-costing history: what the calls would cost at today's price book, shown before it is applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from tokometer.collect.writer import Pricer
from tokometer.ledger import Ledger, Statement
from tokometer.records import ModelCall, to_us

#: Quarter hours that are read at once: a day.
_STEP: Final = 96
_FIELDS: Final = (
    "provider",
    "model",
    "operation",
    "status",
    "http_status",
    "service_tier",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_write_unknown_tokens",
    "output_tokens",
    "reasoning_tokens",
)
_NANO: Final = Decimal(10**9)


def reprice(
    ledger: Ledger, book: Pricer, *, apply: bool, progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Price every stored call anew with `book`, and say by model what that changes; with `apply`, write it.

    A cost that a source reported stays what it was. The answer is a JSON object: `calls` (looked at), `changed`,
    `applied`, and `models` with `provider`, `model`, `calls` (that change), `unpriced_before`, `unpriced_after`,
    `before` and `after` (US dollars, decimal strings), the largest difference first. `progress` takes quarter hours
    done and all.
    """
    by_model: dict[tuple[str, str], _Difference] = {}
    looked_at = 0
    for done, all_, rows in _days(ledger):
        costs: dict[bytes, tuple[int | None, str]] = {}
        for id_, was, call in rows:
            looked_at += 1
            book.apply([call])
            if call.cost_priced != was:
                costs[id_] = (call.cost_priced, call.price_version)
                by_model.setdefault((call.provider, call.model), _Difference()).add(was, call.cost_priced)
        if apply and costs:
            ledger.reprice(costs)
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


def _days(ledger: Ledger) -> Iterator[tuple[int, int, list[tuple[bytes, int | None, ModelCall]]]]:
    """The stored calls a day at a time: quarter hours done and all, and (id, cost as we priced it, call) each."""
    ((first, last),) = ledger.fetch(Statement("SELECT min(quarter), max(quarter) FROM calls WHERE quarter > 0"))
    if not last:
        return
    columns = ", ".join(_FIELDS)
    sql = (
        "SELECT id, CASE WHEN cost_reported IS NULL THEN cost_usd ELSE cost_priced END, started_at, "
        f"{columns} FROM calls WHERE quarter BETWEEN $first AND $last"
    )
    for start in range(first, last + 1, _STEP):
        stop = min(start + _STEP - 1, last)
        rows = ledger.fetch(Statement(sql, {"first": start, "last": stop}))
        yield stop - first + 1, last - first + 1, [_call(*row) for row in rows]


def _call(id_: Any, was: Decimal | None, started_at: Any, *values: Any) -> tuple[bytes, int | None, ModelCall]:  # noqa: ANN401
    fields = dict(zip(_FIELDS, values, strict=True))
    call = ModelCall(source="", native_id="", started_at=to_us(started_at), **fields)
    return id_.bytes, None if was is None else int(was * _NANO), call
