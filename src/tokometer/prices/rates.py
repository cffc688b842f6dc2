"""What a price list says about one model, in whole numbers that price a call without rounding until the end.

Rates are whole atto-US-dollars (1e-18 USD) per token or request: a price of `d` decimals per million tokens needs
`d` + 6 of them, and all but a few prices (twelfths of a cent, floating-point dust) have six or fewer. Where that does
not do, a smaller unit is taken, so that factors lose nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from math import lcm
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from tokometer.records.basis import EXACT, assumed

if TYPE_CHECKING:
    from fractions import Fraction  # 2 ms, and only what is out of the ordinary needs it

ATTO_PER_NANO: Final = 10**9
_ATTO: Final = 10**18
_ATTO_PER_MTOK: Final = 10**12
_MAX_OVER: Final = 10**6
_MAX_RATE: Final = 2**62
DAY_US: Final = 86_400_000_000
ALWAYS: Final = -(2**62)
FOREVER: Final = 2**62


class Rates(NamedTuple):
    """What one token of each bucket costs, and the request, in whole fractions of a nano-dollar: `unit` make one.

    `unit` is 10^9 (so rates are atto-dollars) unless a factor left something over: half of an odd number of them.
    """

    input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    #: Of the output tokens that are reasoning; usually the same as `output`.
    reasoning: int
    request: int = 0
    unit: int = ATTO_PER_NANO
    #: How sure these rates are, in the words of `records.basis`.
    basis: str = ""

    def atto(self, rate: int) -> Fraction:
        """A rate of these in atto-USD, exactly."""
        from fractions import Fraction

        return Fraction(rate * ATTO_PER_NANO, self.unit)


#: The fields of :class:`Rates` that are prices of tokens.
BUCKETS: Final = Rates._fields[:6]
FREE: Final = Rates(0, 0, 0, 0, 0, 0)


class Extras(Struct, array_like=True, frozen=True, gc=False):
    """Prices of what few calls have: parts that are not text, and what is billed beside tokens."""

    #: Part of a bucket (`records.kinds.PARTS`) → rate of a token, in the unit of the rates.
    parts: dict[str, int] = {}
    #: The parts of which a bucket is taken to consist where the call does not say: a model that makes pictures.
    presumed: tuple[str, ...] = ()
    #: Name → numerator and denominator of the atto-USD for a thousandth of one, and the fewest thousandths billed.
    quantities: dict[str, tuple[int, int, int]] = {}


class Tier(Struct, array_like=True, frozen=True, gc=False):
    """Rates of a call whose whole input has more tokens than `above`: past it, they hold for all of its tokens."""

    above: int
    #: None where the list names no price per token.
    rates: Rates | None
    extras: Extras | None = None
    #: How sure the extras are where there are no rates to say it.
    basis: str = ""

    def scaled(self, top: int, bottom: int, basis: str) -> Tier:
        """The same with the price of every token times `top` / `bottom`; `basis` is what the rates are then."""
        if self.rates is None:
            return self
        rates = self.rates._asdict()
        for name in BUCKETS:
            rates[name] *= top
        rates.update(request=self.rates.request * bottom, unit=self.rates.unit * bottom, basis=basis)
        extras = self.extras
        if extras is not None:
            extras = replace(extras, parts={name: rate * top for name, rate in extras.parts.items()})
        return Tier(self.above, Rates(**rates), extras)

    def cut(self, top: int, bottom: int) -> Tier:
        """The same with every price times `top` / `bottom`: what a contract takes off all that is billed."""
        tier = self.scaled(top, bottom, self.rates.basis if self.rates else EXACT)
        if tier.rates is not None and self.rates is not None:
            tier = replace(tier, rates=tier.rates._replace(request=self.rates.request * top))
        if tier.extras is not None:
            quantities = {
                name: (over * top, under * bottom, least)
                for name, (over, under, least) in tier.extras.quantities.items()
            }
            tier = replace(tier, extras=replace(tier.extras, quantities=quantities))
        return tier


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
    #: True where the call's provider has no price list and the maker's is used in its place.
    assumed: bool
    #: The provider whose list or rules price it (our slug), and the plain id under which rules know the model.
    seller: str
    plain: str
    #: What the price of its service tier rests on, for people; empty for the standard one.
    tier_note: str
    #: From when on a refusal without output is not billed: FOREVER for never, None where nobody knows.
    unbilled_from: int | None
    #: Oldest first; the first starts at ALWAYS.
    periods: tuple[Period, ...]

    def tier_at(self, started_at: int, input_tokens: int) -> Tier | None:
        """The prices of a call at `started_at` with `input_tokens` in all of its input buckets."""
        return self.tier_of(started_at, started_at % DAY_US, input_tokens)

    def tier_of(self, at: int, clock: int, input_tokens: int) -> Tier | None:
        """The same for a period of time and an hour of the day (microseconds after midnight UTC) apart."""
        for period in reversed(self.periods):
            if at >= period.start:
                break
        slots = period.slots
        slot = slots[0]
        if len(slots) > 1:
            slot = next(slot for slot in reversed(slots) if clock >= slot.start)
        for tier in reversed(slot.tiers):
            if input_tokens > tier.above:
                return tier
        return None

    def rates_at(self, started_at: int, input_tokens: int) -> Rates | None:
        """The rates of such a call; None where it is not sold by the token."""
        tier = self.tier_at(started_at, input_tokens)
        return None if tier is None else tier.rates

    @property
    def only(self) -> Rates | None:
        """The rates, where they depend on neither time nor size."""
        if len(self.periods) > 1 or len(self.periods[0].slots) > 1 or len(self.periods[0].slots[0].tiers) > 1:
            return None
        return self.periods[0].slots[0].tiers[0].rates

    @property
    def tiers(self) -> list[Tier]:
        """All of its prices, whenever they hold."""
        return [tier for period in self.periods for slot in period.slots for tier in slot.tiers]

    def scaled(self, top: int, bottom: int, word: str = "") -> Listing:
        """The same with every token's price times `top` / `bottom`, on the further assumption `word`."""
        return replace(
            self,
            periods=tuple(
                Period(
                    period.start,
                    tuple(
                        Slot(slot.start, tuple(tier.scaled(top, bottom, _with(tier, word)) for tier in slot.tiers))
                        for slot in period.slots
                    ),
                )
                for period in self.periods
            ),
        )


def _with(tier: Tier, word: str) -> str:
    basis = tier.rates.basis if tier.rates else ""
    words = basis.partition(":")[2].split(",") if basis else []
    return assumed(*words, word) if word else basis


def from_mtok(usd: Decimal) -> Fraction:
    """Atto-USD per token of a price in USD per million tokens."""
    from fractions import Fraction

    return Fraction(usd) * _ATTO_PER_MTOK


def from_usd(usd: Decimal) -> Fraction:
    """Atto-USD of an amount in USD."""
    from fractions import Fraction

    return Fraction(usd) * _ATTO


def kept(prices: Mapping[str, Fraction], request: Fraction, basis: str = EXACT) -> tuple[Rates, dict[str, int]]:
    """Prices in atto-USD by bucket and part, and of the request, as whole numbers of one unit: rates, and parts.

    Exact wherever the numbers stay within 64 bits; a price with more decimals than any provider writes (floating-point
    dust in the catalogue) is rounded to an atto-dollar, which a call of a billion tokens feels in the tenth decimal.
    """
    over = lcm(request.denominator, *(price.denominator for price in prices.values()))
    if over > _MAX_OVER or max(request, *prices.values()) * over > _MAX_RATE:
        over = 1
    rates = {name: round(price * over) for name, price in prices.items()}
    values = (rates.pop(name) for name in BUCKETS)
    return Rates._make((*values, round(request * over), ATTO_PER_NANO * over, basis)), rates


def to_mtok(rate: Fraction) -> Decimal:
    """USD per million tokens of a rate in atto-USD per token."""
    return _decimal(rate / _ATTO_PER_MTOK)


def to_usd(atto: Fraction) -> Decimal:
    """USD of an amount in atto-USD."""
    return _decimal(atto / _ATTO)


def to_nano(atto: Fraction | int) -> int:
    """Whole nano-USD of an amount in atto-USD, half to even."""
    from fractions import Fraction

    return round(Fraction(atto) / ATTO_PER_NANO)


def _decimal(value: Fraction) -> Decimal:
    with localcontext(prec=60):
        return Decimal(value.numerator) / Decimal(value.denominator)
