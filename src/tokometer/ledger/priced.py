"""The stored calls as far as their price needs them, a day at a time; and those that have none though one may exist."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec

from tokometer.ledger.protocol import Ledger, Statement
from tokometer.ledger.schema import TOKENS
from tokometer.ledger.slices import Span, slices
from tokometer.records import ModelCall, to_us

#: Quarter hours that are read at once: a day.
_STEP: Final = 96
#: What prices depend on.
_FIELDS: Final = (
    *("provider", "model", "operation", "status", "http_status", "stop_reason", "service_tier", "region"),
    *TOKENS,
    *("reasoning_tokens", "unsplit_tokens", "parts", "quantities", "cost_reported"),
    *("workspace", "account", "api_key", "team"),
)
_MAPS: Final = ("parts", "quantities")
_NANO: Final = Decimal(10**9)
#: The columns of a :class:`StoredCall`, for :func:`stored_call`.
STORED: Final = (
    "id, CASE WHEN cost_reported IS NULL THEN cost_usd ELSE cost_priced END, price_basis, started_at, "
    + ", ".join(_FIELDS)
)
_SELECT: Final = f"SELECT {STORED} FROM calls WHERE quarter BETWEEN $first AND $last"


#: Calls that a price could mend: of those whose usage is not known it is another matter.
_UNPRICED: Final = "cost_usd IS NULL AND cost_reported IS NULL AND price_basis IN ('', 'unpriced:no-price')"
_MODELS: Final = (
    "SELECT provider, model, service_tier, region, min(started_at), max(started_at), count(*) AS calls "
    f"FROM calls WHERE {_UNPRICED} GROUP BY provider, model, service_tier, region "
    "ORDER BY calls DESC, provider, model, service_tier, region LIMIT $limit"
)


class StoredCall(NamedTuple):
    """A stored call as far as its price needs it."""

    id: bytes
    #: What we priced it at: nano-USD, None where unpriced, and how sure that was (see `records.basis`).
    cost: int | None
    basis: str
    #: What prices depend on, and nothing else.
    call: ModelCall


class Unpriced(NamedTuple):
    """A model that has calls without a price, and when the first and the last of them were (µs since the epoch)."""

    provider: str
    model: str
    service_tier: str
    region: str
    first: int
    last: int


def any_unpriced(ledger: Ledger) -> bool:
    """Whether there is a call that a price could mend."""
    return bool(ledger.fetch(Statement(f"SELECT 1 FROM calls WHERE {_UNPRICED} LIMIT 1")))


def unpriced_models(ledger: Ledger, most: int) -> list[Unpriced]:
    """The models of such calls, those with the most calls first."""
    rows = ledger.fetch(Statement(_MODELS, {"limit": most}))
    return [Unpriced._make((*names, to_us(first), to_us(last))) for *names, first, last, _ in rows]


def unpriced_spans(ledger: Ledger, step: int) -> list[Span]:
    """Where such calls are, about `step` of them at a time."""
    sql = f"SELECT quarter, count(*) FROM calls WHERE {_UNPRICED} GROUP BY quarter"
    return slices(ledger.fetch(Statement(sql)), step)


def unpriced_calls(ledger: Ledger, span: Span) -> list[StoredCall]:
    """Such calls of some quarter hours."""
    sql = f"{_SELECT} AND {_UNPRICED}"
    return [stored_call(*row) for row in ledger.fetch(Statement(sql, {"first": span.first, "last": span.last}))]


def priced_calls(ledger: Ledger) -> Iterator[tuple[int, int, list[StoredCall]]]:
    """The stored calls a day at a time: quarter hours done and all, and the calls."""
    ((first, last),) = ledger.fetch(Statement("SELECT min(quarter), max(quarter) FROM calls WHERE quarter > 0"))
    if not last:
        return
    for start in range(first, last + 1, _STEP):
        stop = min(start + _STEP - 1, last)
        rows = ledger.fetch(Statement(_SELECT, {"first": start, "last": stop}))
        yield stop - first + 1, last - first + 1, [stored_call(*row) for row in rows]


def stored_call(id_: Any, was: Decimal | None, basis: str, started_at: Any, *values: Any) -> StoredCall:  # noqa: ANN401
    """A call from the columns of :data:`STORED`."""
    fields = dict(zip(_FIELDS, values, strict=True))
    for name in _MAPS:
        fields[name] = msgspec.json.decode(fields[name], type=dict[str, int]) if fields[name] else None
    fields["cost_reported"] = _nano(fields["cost_reported"])
    call = ModelCall(source="", native_id="", started_at=to_us(started_at), **fields)
    return StoredCall(id_.bytes, _nano(was), basis, call)


def _nano(usd: Decimal | None) -> int | None:
    return None if usd is None else int(usd * _NANO)
