"""What a price list says about one model, in whole numbers that price a call without rounding until the end.

Rates are whole atto-US-dollars (1e-18 USD) per token or request: a price of `d` decimals per million tokens needs
`d` + 6 of them, and all but a few prices (twelfths of a cent, floating-point dust) have six or fewer.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import Struct

ATTO_PER_NANO: Final = 10**9
_ATTO: Final = Decimal(10**18)
_ATTO_PER_MTOK: Final = Decimal(10**12)
DAY_US: Final = 86_400_000_000
ALWAYS: Final = -(2**62)
FOREVER: Final = 2**62


class Rates(NamedTuple):
    """Atto-USD per token of each bucket, and per request."""

    input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    #: Of the output tokens that are reasoning; usually the same as `output`.
    reasoning: int
    request: int = 0


FREE: Final = Rates(0, 0, 0, 0, 0, 0)


class Tier(Struct, array_like=True, frozen=True, gc=False):
    """Rates of a call whose whole input has more tokens than `above`: past it, they hold for all of its tokens."""

    above: int
    #: None where the list names no price per token.
    rates: Rates | None


class Slot(Struct, array_like=True, frozen=True, gc=False):
    """A part of every day, UTC, from `start` microseconds after midnight on."""

    start: int
    tiers: tuple[Tier, ...]


class Period(Struct, array_like=True, frozen=True, gc=False):
    """Prices that hold from `start` (microseconds since the epoch) until the next period starts."""

    start: int
    slots: tuple[Slot, ...]


class Listing(Struct, array_like=True, frozen=True, gc=False):
    """One model in one price list, as it is sold in one service tier."""

    #: As the price list names them.
    provider: str
    model: str
    name: str
    #: Tokens, None where the list does not say.
    context_window: int | None
    deprecated: bool
    #: The service tier was asked for and the list has prices of its own for it.
    tiered: bool
    #: True where the call's provider has no price list and the maker's is used in its place.
    assumed: bool
    #: Oldest first; the first starts at ALWAYS.
    periods: tuple[Period, ...]

    def rates_at(self, started_at: int, input_tokens: int) -> Rates | None:
        """The rates of a call at `started_at` with `input_tokens` in all of its input buckets."""
        for period in reversed(self.periods):
            if started_at >= period.start:
                break
        slots = period.slots
        if len(slots) > 1:
            clock = started_at % DAY_US
            slot = next(slot for slot in reversed(slots) if clock >= slot.start)
        else:
            slot = slots[0]
        for tier in reversed(slot.tiers):
            if input_tokens > tier.above:
                return tier.rates
        return None

    @property
    def only(self) -> Rates | None:
        """The rates, where they depend on neither time nor size."""
        if len(self.periods) > 1 or len(self.periods[0].slots) > 1 or len(self.periods[0].slots[0].tiers) > 1:
            return None
        return self.periods[0].slots[0].tiers[0].rates


def from_mtok(usd: Decimal) -> int:
    """Atto-USD per token of a price in USD per million tokens."""
    return int((usd * _ATTO_PER_MTOK).to_integral_value())


def from_usd(usd: Decimal) -> int:
    """Atto-USD of an amount in USD."""
    return int((usd * _ATTO).to_integral_value())


def to_mtok(rate: int) -> Decimal:
    """USD per million tokens of a rate in atto-USD per token."""
    return Decimal(rate) / _ATTO_PER_MTOK


def to_usd(atto: int) -> Decimal:
    """USD of an amount in atto-USD, exactly."""
    return Decimal(atto).scaleb(-18)


def to_nano(atto: int) -> int:
    """Whole nano-USD of an amount in atto-USD, half to even."""
    nano, rest = divmod(atto, ATTO_PER_NANO)
    return nano + 1 if rest > _HALF or (rest == _HALF and nano & 1) else nano


_HALF: Final = ATTO_PER_NANO // 2
