"""Every stretch of time in which a model's price in the catalogue cannot change, in one service tier.

The catalogue lists most prices of tiers from the day on which it learned of them, and applies them to a provider's own
models only. What is known of a tier is therefore looked for in this order: its own price at the time; the ratio to the
standard price that the list shows at its first later date; the provider's published rule; the same three of the model's
maker. A ratio is applied, bucket by bucket, to the standard price that was in force at the time of the call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from tokometer.prices.rates import ALWAYS, DAY_US, Period, Slot, Tier
from tokometer.prices.rules import TierRule, tier_rule
from tokometer.prices.sheet import Extra, Sheet, sheet_of
from tokometer.prices.tiers import Tiers
from tokometer.records.basis import assumed
from tokometer.records.families import family_of
from tokometer.records.time import to_us

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, PriceVariant, TieredPrices

#: What the catalogue is asked for a tier.
_CONTEXTS: Final[dict[str, dict[str, str]]] = {
    "batch": {"processing": "batch"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}


class Link(NamedTuple):
    """A place where the price of a tier may stand: a provider's list and its rules."""

    provider: str
    model: ModelInfo | None
    #: The list of the provider that sold the call: what it says is exact.
    own: bool


@dataclass(frozen=True, slots=True)
class Sold:
    """A model as one provider sells it in one service tier."""

    model: ModelInfo
    #: Its plain id, under which rules know it.
    plain: str
    links: tuple[Link, ...] = ()
    tiers: Tiers = field(default_factory=Tiers)
    extra: Extra = field(default_factory=Extra)
    assumed: bool = False
    free: bool = False


class _Step(NamedTuple):
    """What one tier does to the standard price: a ratio of two lists of prices, or a rule."""

    tiered: ModelPrice | None = None
    base: ModelPrice | None = None
    rule: TierRule | None = None
    exact: bool = False
    #: For people.
    note: str = ""


def periods_of(sold: Sold) -> tuple[Period, ...]:
    """Its prices, oldest period first. Constraints of the catalogue are start dates (UTC) and hours of the day."""
    from genai_prices.types import StartDateConstraint, TimeOfDateConstraint

    days: set[date] = set()
    clocks: set[int] = {0}
    for constraint in _constraints(sold):
        if isinstance(constraint, StartDateConstraint):
            days.add(constraint.start_date)
        elif isinstance(constraint, TimeOfDateConstraint):
            clocks |= {_clock(constraint.start_time), _clock(constraint.end_time)}
    starts = sorted(days)
    # Before the first date there is a period too; the day before that date stands for all of it.
    samples = [(starts[0] - timedelta(days=1)) if starts else date(2020, 1, 1), *starts]
    periods: list[Period] = []
    for index, day in enumerate(samples):
        midnight = _midnight(day)
        slots: list[Slot] = []
        for clock in sorted(clocks):
            slot = Slot(clock, _tiers(sold, midnight + timedelta(microseconds=clock)))
            if not slots or slots[-1].tiers != slot.tiers:
                slots.append(slot)
        period = Period(to_us(midnight) if index else ALWAYS, tuple(slots))
        if not periods or periods[-1].slots != period.slots:
            periods.append(period)
    return tuple(periods)


def tier_note(sold: Sold) -> str:
    """What the prices of its tiers rest on before anything is listed for them; empty for the standard tier."""
    steps = [(tier, _step(sold, tier, datetime(2020, 1, 1, tzinfo=UTC))) for tier in sold.tiers.known]
    notes = [f"{tier}: {step.note if step else 'nothing is known'}" for tier, step in steps]
    return "; ".join([*notes, *(f"{word}: not a tier that is known" for word in sold.tiers.unknown)])


def _constraints(sold: Sold) -> list[object]:
    models = {id(model): model for model in (sold.model, *(link.model for link in sold.links)) if model is not None}
    found: list[object] = []
    for model in models.values():
        if isinstance(model.prices, list):
            found += [entry.constraint for entry in model.prices]
        for tier in sold.tiers.known:
            found += [variant.constraint for variant in _variants(model, tier)]
    return found


def _context(tier: str) -> dict[str, str]:
    return _CONTEXTS.get(tier, {"service_tier": tier})


def _variants(model: ModelInfo, tier: str) -> list[PriceVariant]:
    context = _context(tier)
    return [
        variant
        for variant in model.price_variants or ()
        if all(context.get(key) == value for key, value in variant.when.items())
    ]


def _step(sold: Sold, tier: str, moment: datetime) -> _Step | None:
    """What `tier` does to the standard price at `moment`; None where nothing is known of it."""
    for link in sold.links:
        if link.model is not None and (step := _listed(link, link.model, tier, moment)):
            return step
        rule = tier_rule(link.provider, tier, sold.plain)
        if rule is not None:
            note = f"{rule.factor} of standard by {link.provider}'s rule ({rule.source.url}, {rule.source.checked})"
            return _Step(rule=rule, note=note)
    return None


def _listed(link: Link, model: ModelInfo, tier: str, moment: datetime) -> _Step | None:
    from genai_prices.types import StartDateConstraint

    variants = _variants(model, tier)
    if not variants:
        return None
    at, note = moment, "as listed"
    if not any(variant.constraint is None or variant.constraint.active(moment) for variant in variants):
        later = sorted(
            variant.constraint.start_date for variant in variants if isinstance(variant.constraint, StartDateConstraint)
        )
        if not later:
            return None
        at, note = _midnight(later[0]), f"as listed from {later[0]} on"
    return _Step(
        model.get_prices(at, _context(tier)),
        model.get_prices(at),
        exact=link.own and at == moment,
        note=f"in the ratio to standard of {link.provider}: {model.id}, {note}",
    )


def _tiers(sold: Sold, moment: datetime) -> tuple[Tier, ...]:
    standard = sold.model.get_prices(moment)
    steps = [_step(sold, tier, moment) for tier in sold.tiers.known]
    known = [step for step in steps if step is not None]
    words: list[str] = []
    if sold.assumed:
        words.append("provider")
    if sold.tiers.unknown or len(known) < len(steps):
        words.append("unknown-tier")
    if len(known) > 1 or not all(step.exact for step in known):
        words.append("tier")
    every = [standard, *(step.tiered for step in known), *(step.base for step in known)]
    above = sorted({start for prices in every if prices is not None for start in _thresholds(prices)})
    tiers: list[Tier] = []
    for start in (-1, *above):
        sheet = _sheet(sold, standard, start)
        for step in known:
            if step.rule is not None:
                sheet = sheet.by(step.rule)
            elif step.tiered is not None and step.base is not None:
                sheet = sheet.times(_sheet(sold, step.tiered, start), _sheet(sold, step.base, start))
        tier = sheet.tier(start, assumed(*words), free=sold.free and not _stated(standard))
        if not tiers or (tier.rates, tier.extras) != (tiers[-1].rates, tiers[-1].extras):
            tiers.append(tier)
    return tuple(tiers)


def _sheet(sold: Sold, prices: ModelPrice, start: int) -> Sheet:
    usd = {key: _price_above(value, start) for key, value in _stated(prices).items()}
    return sheet_of(usd, sold.extra, claude=family_of(sold.model.id) == "claude")


def _stated(prices: ModelPrice) -> dict[str, Decimal | TieredPrices]:
    return {key: value for key, value in vars(prices).items() if value is not None and not key.startswith("_")}


def _thresholds(prices: ModelPrice) -> set[int]:
    return {tier.start for value in _stated(prices).values() for tier in getattr(value, "tiers", ())}


def _price_above(value: Decimal | TieredPrices, start: int) -> Decimal:
    """The price where the whole input has more than `start` tokens: the last tier that has begun by then."""
    if isinstance(value, Decimal):
        return value
    price: Decimal = value.base
    for tier in value.tiers:
        if tier.start <= start:
            price = tier.price
    return price


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _clock(moment: time) -> int:
    """Microseconds after midnight UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return to_us(datetime.combine(date(1970, 1, 2), aware)) % DAY_US
