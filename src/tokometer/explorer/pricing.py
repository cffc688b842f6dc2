"""How a call came to its cost: what each bucket of it costs, at which price, and what today's prices say."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, Literal

from tokometer.prices import PriceBook
from tokometer.prices.explanation import Explanation, PriceLine
from tokometer.records import ModelCall

_NANO: Final = Decimal(10**9)
_MILLION: Final = Decimal(10**6)
#: What makes up for the parts not being what counts, in words.
REPORTED: Final = "Difference to what its source reported"
SINCE: Final = "Difference to the prices that it was priced with"
WHOLE: Final = "As it was priced; today's prices do not know it"


@dataclass(frozen=True, slots=True)
class Part:
    """One bucket of a call's cost."""

    name: str
    #: Tokens, or of what is counted otherwise how many; None for a difference.
    quantity: Decimal | None
    #: US dollars for a million tokens, or for each; None for a difference.
    price: Decimal | None
    #: `mtok` or `each`; empty for a difference.
    per: Literal["mtok", "each", ""]
    #: Nano-US-dollars. Those of all parts add up to the call's cost exactly.
    cost: int


@dataclass(frozen=True, slots=True)
class Priced:
    """How a call came to its cost. Money in nano-US-dollars; None where it is not known."""

    #: What counts.
    cost: int | None
    how: Literal["reported", "priced", "unpriced"]
    parts: tuple[Part, ...]
    #: Where the prices stand, as of today's book.
    source: str
    notes: tuple[str, ...]
    #: How sure the price is, in the words of `records.basis`; as stored.
    basis: str
    #: The version of the price book that priced it, and of today's.
    version: str
    today_version: str
    reported: int | None
    computed: int | None
    #: What today's book makes of it.
    today: int | None

    @property
    def has_changed(self) -> bool:
        """Whether today's prices give another figure than the one that was computed when it came."""
        return self.today != self.computed


def priced(call: ModelCall, book: PriceBook) -> Priced:
    """How `call`, as stored, came to its cost, told by the prices of `book`."""
    found = book.explain(call)
    today = None if found.cost is None else int(found.cost * _NANO)
    return Priced(
        cost=call.cost,
        how="reported" if call.cost_reported is not None else "unpriced" if call.cost is None else "priced",
        parts=_parts(call, found, today),
        source=found.source,
        notes=found.notes,
        basis=call.price_basis,
        version=call.price_version,
        today_version=book.version,
        reported=call.cost_reported,
        computed=call.cost_priced,
        today=today,
    )


def _parts(call: ModelCall, found: Explanation, today: int | None) -> tuple[Part, ...]:
    if call.cost is None:
        return ()
    if today is None:
        return (_difference(REPORTED if call.cost_reported is not None else WHOLE, call.cost),) if call.cost else ()
    parts = _rounded(found.lines, today)
    rest = call.cost - today
    if rest:
        # Told apart from the other where both are there: first what other prices made of it, then what was reported.
        since = today if call.cost_priced is None else call.cost_priced
        if call.cost_reported is None:
            parts.append(_difference(SINCE, rest))
        else:
            parts += [_difference(SINCE, since - today)] if since != today else []
            parts += [_difference(REPORTED, call.cost - since)] if since != call.cost else []
    return tuple(parts)


def _rounded(lines: tuple[PriceLine, ...], total: int) -> list[Part]:
    """The lines in whole nano-dollars, so that they add up to the call's, which is rounded once."""
    parts: list[Part] = []
    exact, told = Decimal(0), 0
    for number, line in enumerate(lines, 1):
        exact += line.cost * _NANO
        upto = total if number == len(lines) else int(exact.to_integral_value(ROUND_HALF_EVEN))
        by_tokens, by_each = line.quantity * line.price / _MILLION, line.quantity * line.price
        per: Literal["mtok", "each"] = "mtok" if abs(by_tokens - line.cost) <= abs(by_each - line.cost) else "each"
        parts.append(Part(line.bucket, line.quantity, line.price, per, upto - told))
        told = upto
    return parts


def _difference(name: str, cost: int) -> Part:
    return Part(name, None, None, "", cost)
