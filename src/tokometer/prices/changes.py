"""When the price of a model changed: the days on which the catalogue, or the user's own prices, say something new."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from msgspec import Struct

from tokometer.prices.plan import Plan
from tokometer.prices.rates import ALWAYS, BUCKETS, DAY_US, FOREVER, Period, Tier, to_mtok, to_usd
from tokometer.records.kinds import PARTS

#: Prices by name: of a bucket or a part of one in USD per million tokens, of what else there is (`pages`) in USD each.
Told = dict[str, Decimal]


class PriceChange(Struct, frozen=True, kw_only=True):
    """A moment from which calls of a model cost something else than calls just before it."""

    provider: str
    model: str
    #: Microseconds since the epoch, UTC.
    at: int
    #: What differs, in the first hour of the day (UTC) in which anything does. A name that stands on one side only had,
    #: or has, no price on the other.
    before: Told
    after: Told
    #: It holds for calls with more input than so many tokens only; -1 for all.
    above: int = -1
    #: It holds at some hours of the day only; at others nothing changed.
    partly: bool = False
    #: The user's own prices say so, not the catalogue.
    own: bool = False

    @property
    def dearer(self) -> bool | None:
        """Whether all that differs went up (True) or down (False); None for some of both, or where one is not known."""
        if self.before.keys() != self.after.keys():
            return None
        up = {self.after[name] > price for name, price in self.before.items()}
        return up.pop() if len(up) == 1 else None


def changes(plan: Plan, provider: str, model: str, since: int, until: int) -> tuple[PriceChange, ...]:
    """The changes of a model's price at or after `since` and before `until` (microseconds), oldest first.

    Prices by the hour of the day are no change: each hour is compared with the same one before. Where small calls cost
    what they did, and larger ones do not, the change says from which size on.
    """
    found = (_change(plan, provider, model, at) for at in sorted(set(_moments(plan))) if since <= at < until)
    return tuple(change for change in found if change is not None)


def per_tokens(name: str) -> bool:
    """Whether the price of this name is one of a million tokens; else it is one of each."""
    return name in BUCKETS or name in PARTS


def _moments(plan: Plan) -> Iterator[int]:
    """When something may change."""
    if plan.listing is not None:
        yield from (period.start for period in plan.listing.periods if period.start != ALWAYS)
    for override in (*plan.overrides, *plan.discounts):
        yield from (at for at in (override.valid_from, override.valid_until) if ALWAYS < at < FOREVER)


def _change(plan: Plan, provider: str, model: str, at: int) -> PriceChange | None:
    begun = [period for period in (plan.listing.periods if plan.listing else ()) if period.start <= at]
    # A period begins at midnight: each hour of the day is looked at. Otherwise nothing but that moment can differ.
    begins = bool(begun) and begun[-1].start == at
    clocks = sorted(_clocks(begun[-2:])) if begins else [0]
    for above in (-1, *sorted(_sizes(plan))):
        hours = [
            (_before(plan, at, clock, above + 1, begins=begins), _after(plan, at, clock, above + 1)) for clock in clocks
        ]
        differ = [(before, after) for before, after in hours if before != after]
        if not differ:
            continue
        before, after = differ[0]
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        return PriceChange(
            provider=provider,
            model=model,
            at=at,
            before={name: before[name] for name in names if name in before},
            after={name: after[name] for name in names if name in after},
            above=above,
            partly=len(differ) < len(hours),
            own=plan.override_at(at, above + 1) is not plan.override_at(at - 1, above + 1)
            or plan.discount_at(at) is not plan.discount_at(at - 1),
        )
    return None


def _before(plan: Plan, at: int, clock: int, tokens: int, *, begins: bool) -> Told:
    """What held until `at`, at this hour of the day."""
    override = plan.override_at(at - 1, tokens)
    if override is not None:
        return told(override.tier)
    if plan.free or plan.listing is None:
        return told(plan.tier_at(at - 1, tokens))
    return told(plan.less(plan.listing.tier_at(at + clock - DAY_US if begins else at, tokens), at - 1))


def _after(plan: Plan, at: int, clock: int, tokens: int) -> Told:
    """What holds from `at` on, at this hour of the day."""
    override = plan.override_at(at, tokens)
    if override is not None or plan.free or plan.listing is None:
        return told(plan.tier_at(at, tokens))
    return told(plan.less(plan.listing.tier_at(at + clock, tokens), at))


def _clocks(periods: Iterable[Period]) -> set[int]:
    """When in the day some price of theirs begins."""
    return {slot.start for period in periods for slot in period.slots}


def _sizes(plan: Plan) -> set[int]:
    """The sizes of input past which some price is another one."""
    listed = {tier.above for tier in plan.listing.tiers} if plan.listing is not None else set()
    return {above for above in listed | {override.above for override in plan.overrides} if above >= 0}


def told(tier: Tier | None) -> Told:
    """The prices of a tier; empty where it has none."""
    found: Told = {}
    if tier is None:
        return found
    rates, extras = tier.rates, tier.extras
    if rates is not None:
        found = {name: to_mtok(rates.atto(getattr(rates, name))) for name in BUCKETS}
        found["request"] = to_usd(rates.atto(rates.request))
        if extras is not None:
            found |= {name: to_mtok(rates.atto(rate)) for name, rate in extras.parts.items()}
    if extras is not None:
        from fractions import Fraction  # 2 ms

        found |= {name: to_usd(Fraction(top, bottom) * 1000) for name, (top, bottom, _) in extras.quantities.items()}
    return found
