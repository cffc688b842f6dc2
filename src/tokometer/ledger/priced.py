"""The stored calls as far as their price needs them, a day at a time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from tokometer.ledger.protocol import Ledger, Statement
from tokometer.ledger.schema import TOKENS
from tokometer.records import ModelCall, to_us

#: Quarter hours that are read at once: a day.
_STEP: Final = 96
_FIELDS: Final = (
    *("provider", "model", "operation", "status", "http_status", "service_tier"),
    *TOKENS,
    "reasoning_tokens",
)
_NANO: Final = Decimal(10**9)


def priced_calls(ledger: Ledger) -> Iterator[tuple[int, int, list[tuple[bytes, int | None, ModelCall]]]]:
    """The stored calls a day at a time: quarter hours done and all, and (id, cost as we priced it, call) each.

    Costs are nano-USD, None where unpriced. The calls carry what prices depend on, and nothing else.
    """
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
