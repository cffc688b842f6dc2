"""What one call costs, line by line and exactly: every rule there is, for calls that need more than a sum of buckets.

:meth:`tokometer.prices.book.PriceBook.apply` has the common case spelled out for speed; tests hold the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from tokometer.prices.plan import MAX_NANO, Plan, has_usage, input_tokens_of, is_refused
from tokometer.prices.rates import ATTO_PER_NANO, Extras, Rates, Tier
from tokometer.records import ModelCall
from tokometer.records.basis import EXACT, assumed, unpriced
from tokometer.records.kinds import PARTS

if TYPE_CHECKING:
    from fractions import Fraction

_NOTHING: Final = Rates(0, 0, 0, 0, 0, 0)
#: What the names of buckets are on a price: the field of a call, how people read it, the field of `Rates`.
_BUCKETS: Final = (
    ("input_tokens", "input", "input"),
    ("cache_read_tokens", "cache read", "cache_read"),
    ("cache_write_5m_tokens", "cache write, 5 min", "cache_write_5m"),
    ("cache_write_1h_tokens", "cache write, 1 h", "cache_write_1h"),
    ("cache_write_unknown_tokens", "cache write, lifetime unknown", "cache_write_5m"),
    ("output_tokens", "output", "output"),
)


class Line(NamedTuple):
    """So much of something at such a price."""

    name: str
    #: Tokens, requests, or thousandths of one.
    number: int
    #: Atto-USD for each token, request or thousandth: a numerator and its denominator.
    top: int
    bottom: int
    thousandths: bool = False

    @property
    def rate(self) -> Fraction:
        """Atto-USD for each token, request or thousandth."""
        from fractions import Fraction  # 2 ms, and only explanations need it

        return Fraction(self.top, self.bottom)


class Reckoning(NamedTuple):
    """What a call costs."""

    #: Nano-USD, None for unpriced.
    cost: int | None
    basis: str
    lines: tuple[Line, ...] = ()
    #: Why it costs nothing, where that is not because its prices are 0: `refused` (an error), `refusal`, `free`.
    waived: str = ""


def reckon(plan: Plan, call: ModelCall) -> Reckoning:
    """The price of `call` under its plan, whether or not its source reported a cost."""
    if is_refused(call):
        return Reckoning(0, EXACT, waived="refused")
    words: list[str] = []
    unbilled = plan.unbilled(call)
    if unbilled:
        assumption = assumed("provider") if plan.listing is not None and plan.listing.assumed else EXACT
        return Reckoning(0, assumption, waived="refusal")
    if unbilled is None:
        words.append("refusal")
    counted = {name: count for name, count in (call.quantities or {}).items() if count}
    if not has_usage(call) and not counted:
        if plan.free and not plan.overrides:
            return Reckoning(0, EXACT, waived="free")
        return Reckoning(None, unpriced("no-split" if call.unsplit_tokens else "no-usage"))
    return _priced(plan, call, counted, words)


def _priced(plan: Plan, call: ModelCall, counted: dict[str, int], words: list[str]) -> Reckoning:
    total = input_tokens_of(call)
    tokens = total + (call.output_tokens or 0)
    if not tokens and call.unsplit_tokens and not counted and not plan.free:
        return Reckoning(None, unpriced("no-split"))
    tier = plan.tier_at(call.started_at, total)
    if tier is None or tier.rates is None:
        beside = any(plan.quantity_at(name, call.started_at, total) for name in counted)
        if tokens or not beside:
            return Reckoning(None, unpriced("no-price" if call.model else "no-model"))
        tier = Tier(-1, _NOTHING._replace(basis=tier.basis if tier else EXACT))
    rates = tier.rates or _NOTHING
    if rates.basis:
        words += rates.basis.partition(":")[2].split(",")
    lines = [*_token_lines(call, rates, tier.extras, words)]
    if rates.request:
        lines += _requests(rates, counted.pop("requests", 1_000))
    elif plan.quantity_at("requests", call.started_at, total) is None:
        counted.pop("requests", None)  # not what is billed there
    lines += _quantity_lines(plan, call, counted, total, words)
    if not lines and not has_usage(call) and not plan.free:
        return Reckoning(None, unpriced("no-usage" if not counted else "no-price" if call.model else "no-model"))
    if call.unsplit_tokens and not plan.free:
        words.append("split")
    nano = _nano(lines)
    if nano > MAX_NANO:
        return Reckoning(None, unpriced("too-much"), tuple(lines))
    return Reckoning(nano, assumed(*words), tuple(lines))


def _token_lines(call: ModelCall, rates: Rates, extras: Extras | None, words: list[str]) -> Iterator[Line]:
    parts = call.parts or {}
    for field, name, bucket in _BUCKETS:
        tokens: int = getattr(call, field) or 0
        if not tokens:
            continue
        reasoning = min(call.reasoning_tokens or 0, tokens) if field == "output_tokens" else 0
        stated = {part: number for part, number in parts.items() if PARTS.get(part) == field} if parts else {}
        if extras is not None and not stated and tokens > reasoning:
            # The thoughts of a model that makes pictures are text; the rest is taken to be what it was called for.
            stated = {part: tokens - reasoning for part in extras.presumed if PARTS[part] == field}
            words += ["part"] * bool(stated)
        for line in _part_lines(stated, tokens, rates, extras, words):
            tokens -= line.number
            yield line
        if reasoning and rates.reasoning != rates.output:
            thought = min(reasoning, tokens)
            tokens -= thought
            yield Line("reasoning", thought, rates.reasoning * ATTO_PER_NANO, rates.unit)
        if tokens:
            yield Line(name, tokens, getattr(rates, bucket) * ATTO_PER_NANO, rates.unit)
    if _costs_anything(rates) and any(number for part, number in parts.items() if part not in PARTS):
        words.append("part")


def _part_lines(
    stated: dict[str, int], tokens: int, rates: Rates, extras: Extras | None, words: list[str]
) -> Iterator[Line]:
    """The parts of a bucket of `tokens` that have a price of their own; the others are left to be priced as text."""
    prices = {} if extras is None else extras.parts
    for part, number in sorted(stated.items(), key=lambda item: (-prices.get(item[0], 0), item[0])):
        several = min(number, tokens)
        if several and part in prices:
            tokens -= several
            yield Line(part.replace("_", " "), several, prices[part] * ATTO_PER_NANO, rates.unit)
        elif several and _costs_anything(rates):
            words.append("part")


def _nano(lines: list[Line]) -> int:
    """The sum in nano-USD, rounded once, half to even."""
    top, bottom = 0, 1
    for line in lines:
        if line.bottom == bottom:
            top += line.number * line.top
        else:
            top, bottom = top * line.bottom + line.number * line.top * bottom, bottom * line.bottom
    nano, rest = divmod(top, bottom * ATTO_PER_NANO)
    twice = 2 * rest - bottom * ATTO_PER_NANO
    return nano + 1 if twice > 0 or (twice == 0 and nano & 1) else nano


def _costs_anything(rates: Rates) -> bool:
    """False where every token is free, so that it cannot matter which part it is."""
    return any(rates[:6])


def _requests(rates: Rates, thousandths: int) -> list[Line]:
    rate = rates.request * ATTO_PER_NANO
    if thousandths == 1_000:  # noqa: PLR2004 - one
        return [Line("request", 1, rate, rates.unit)]
    return [Line("requests", thousandths, rate, rates.unit * 1_000, thousandths=True)]


def _quantity_lines(plan: Plan, call: ModelCall, counted: dict[str, int], total: int, words: list[str]) -> list[Line]:
    lines = []
    for name, count in sorted(counted.items()):
        price = plan.quantity_at(name, call.started_at, total)
        if price is not None:
            top, bottom, minimum = price
            lines.append(Line(name.replace("_", " "), max(count, minimum), top, bottom, thousandths=True))
        elif not plan.free:
            words.append("quantity")
    return lines
