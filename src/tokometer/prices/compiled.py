"""Prices as rows of whole numbers, for engines that price millions of calls at once.

A plan is cut into stretches of time, hours of the day and sizes of input within which one set of rates holds. What
cannot be said that way (parts, things billed beside tokens, refusals) is left to the book: `careful` says of which
plans that is true for every call; of other calls the engine knows by their own columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import gcd
from typing import Final, NamedTuple

from tokometer.prices.plan import Plan
from tokometer.prices.rates import ALWAYS, DAY_US, FOREVER, Rates

#: Products of tokens and rates stay well below 2^63 up to so many tokens in a bucket; larger calls are the book's.
_ROOM: Final = 2**61
_BUCKETS: Final = 8
_MOST_TOKENS: Final = 2**56
_NO_RATES: Final = Rates(0, 0, 0, 0, 0, 0)


class Compiled(NamedTuple):
    """The rates of calls that began at a time, at an hour of the day, with so many tokens of input in all."""

    #: Microseconds since the epoch: from, and not including.
    since: int
    until: int
    #: Microseconds after midnight UTC, likewise.
    clock_from: int
    clock_until: int
    #: More tokens of input than `above`, and not more than `most`.
    above: int
    most: int
    #: False where no price is known.
    priced: bool
    #: Nobody bills it, whether or not its tokens are known.
    free: bool
    #: Only the book can price such calls.
    careful: bool
    #: `unit` of these make a nano-dollar.
    input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning: int
    request: int
    unit: int
    #: Calls with more tokens than this in any bucket are the book's.
    limit: int
    basis: str


def compiled(plan: Plan) -> Iterator[Compiled]:
    """The rows of a plan: together they hold for every call exactly once."""
    free = plan.free and not plan.overrides
    sizes = sorted(_sizes(plan))
    for since, until in _neighbours(sorted(_moments(plan)), ALWAYS, FOREVER):
        for clock_from, clock_until in _neighbours(sorted(_clocks(plan, since)), 0, DAY_US):
            for above, most in _neighbours(sizes, -1, FOREVER):
                tier = plan.tier_of(since, clock_from, above + 1)
                rates = None if tier is None else tier.rates
                yield Compiled(
                    since,
                    until,
                    clock_from,
                    clock_until,
                    above,
                    most,
                    rates is not None,
                    free,
                    plan.careful,
                    *_reduced(rates or _NO_RATES),
                )


def _reduced(rates: Rates) -> tuple[int, int, int, int, int, int, int, int, int, str]:
    common = gcd(*rates[:8])
    numbers = [rate // common for rate in rates[:8]]
    limit = min(_MOST_TOKENS, max(0, _ROOM - numbers[6]) // (_BUCKETS * max(1, *numbers[:6])))
    if numbers[7] >= _ROOM:
        limit = -1
    return (*numbers, limit, rates.basis)  # type: ignore[return-value]


def _moments(plan: Plan) -> set[int]:
    """When something may change."""
    found: set[int] = set()
    if plan.listing is not None:
        found.update(period.start for period in plan.listing.periods)
    for override in (*plan.overrides, *plan.discounts):
        found.update((override.valid_from, override.valid_until))
    return {at for at in found if ALWAYS < at < FOREVER}


def _clocks(plan: Plan, at: int) -> set[int]:
    if plan.listing is None:
        return set()
    period = next(period for period in reversed(plan.listing.periods) if at >= period.start)
    return {slot.start for slot in period.slots if slot.start}


def _sizes(plan: Plan) -> set[int]:
    listed = {tier.above for tier in plan.listing.tiers} if plan.listing is not None else set()
    return {above for above in listed | {one.above for one in (*plan.overrides, *plan.discounts)} if above >= 0}


def _neighbours(cuts: list[int], first: int, last: int) -> Iterator[tuple[int, int]]:
    edges = [first, *cuts, last]
    yield from pairwise(edges)
