"""The public price catalogue, genai-prices, read into listings.

Importing it takes a quarter of a second, so it is imported when a model is met for the first time ever, and what it
says about that model is kept in a file (:mod:`tokometer.prices.cache`). Which price holds when is asked of the
catalogue's own code, once for every stretch of time in which the answer cannot change; its rules are not repeated here.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tokometer.prices.normalise import MAX_MODEL, candidates, tiers_of, without_speed
from tokometer.prices.rates import ALWAYS, DAY_US, FREE, Listing, Period, Rates, Slot, Tier, from_mtok, from_usd
from tokometer.records.families import family_of
from tokometer.records.model_ids import infer_provider
from tokometer.records.providers import PROVIDERS
from tokometer.records.time import to_us

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, PriceContext, Provider, TieredPrices

#: Where the catalogue's name for a provider is not our slug; in order of preference.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "bedrock": ("aws",),
    "copilot": ("github-copilot",),
    "moonshot": ("moonshotai",),
    "vertex": ("google",),
    "voyage": ("voyageai",),
    "xai": ("x-ai",),
    "zai": ("zai", "zhipuai"),
}

#: Anthropic's rule for cache prices as multiples of the input price, for lists that leave them out.
#: https://docs.claude.com/en/docs/build-with-claude/prompt-caching#pricing
_CLAUDE_READ: Final = Decimal("0.1")
_CLAUDE_WRITE_5M: Final = Decimal("1.25")
_CLAUDE_WRITE_1H: Final = Decimal(2)

#: An entry without any price is free only if it says so.
_SAYS_FREE: Final = r"(?i)\bfree of charge\b|\bincluded in the subscription\b"


def look_up(provider: str, model: str, service_tier: str) -> Listing | None:
    """What the catalogue says about `model` as sold by `provider` (a slug, "" for unknown) in that service tier.

    A provider that the catalogue does not list is taken for a gateway if we do not know it either, or know it as one:
    then the maker's own price holds. None where there is no price list, or no such model in it.
    """
    if not model or not model.isascii() or len(model) > MAX_MODEL:
        return None
    from genai_prices.data import providers as lists  # 225 ms, and hardly ever needed

    by_id = {entry.id: entry for entry in lists}
    assumed = False
    names = _names(provider, model, by_id)
    if not names and provider and (provider not in PROVIDERS or PROVIDERS[provider].type == "gateway"):
        provider, assumed = infer_provider(model), True
        names = _names(provider, model, by_id)
    for name in names:
        found = _find(by_id[name], lists, provider, model, service_tier)
        if found is not None:
            return _listing(by_id[name], *found, provider, assumed=assumed)
    return None


def _names(provider: str, model: str, by_id: dict[str, Provider]) -> tuple[str, ...]:
    if provider == "huggingface":
        # `org/model:novita` says who serves it; without that the router chose, and nobody told us whom.
        served_by = f"huggingface_{model.rpartition(':')[2].lower()}"
        return (served_by,) if served_by in by_id else ()
    return tuple(name for name in _NAMES.get(provider, (provider,)) if name in by_id)


def _find(
    entry: Provider, lists: list[Provider], provider: str, model: str, service_tier: str
) -> tuple[ModelInfo, tuple[str, ...]] | None:
    tiers = tiers_of(service_tier, model)
    if provider == "huggingface":
        model = model.rpartition(":")[0]
    for name in candidates(model, provider):
        if found := entry.find_model(name, all_providers=lists):
            return found, tiers
    model, tier = without_speed(model)
    if tier:
        for name in candidates(model, provider):
            if found := entry.find_model(name, all_providers=lists):
                return found, tiers_of(f"{service_tier} {tier}", model)
    return None


def _listing(entry: Provider, model: ModelInfo, tiers: tuple[str, ...], provider: str, *, assumed: bool) -> Listing:
    # The catalogue applies variants to a provider's own models only, not to those it borrows from another list.
    own = any(model is candidate for candidate in entry.models)
    context = _context(tiers) if own else {}
    return Listing(
        provider=entry.id,
        model=model.id,
        name=model.name or model.id,
        context_window=model.context_window,
        deprecated=bool(model.deprecated),
        tiered=any(_fits(variant.when, context) for variant in model.price_variants or ()),
        assumed=assumed,
        periods=_periods(model, context, free=_is_free(model, provider)),
    )


def _context(tiers: tuple[str, ...]) -> dict[str, str]:
    context: dict[str, str] = {}
    for tier in tiers:
        if tier == "batch":
            context["processing"] = "batch"
            continue
        context["service_tier"] = tier
        if tier == "fast":
            context["speed"] = "fast"
    return context


def _fits(when: dict[str, str], context: PriceContext) -> bool:
    return all(context.get(key) == value for key, value in when.items())


def _is_free(model: ModelInfo, provider: str) -> bool:
    if model.id.endswith(":free"):
        return True
    # Google gives Gemma away on the Gemini API only; on Vertex its machines are billed by the hour.
    return provider != "vertex" and re.search(_SAYS_FREE, model.price_comments or "") is not None


def _periods(model: ModelInfo, context: dict[str, str], *, free: bool) -> tuple[Period, ...]:
    """Every stretch of time with prices of its own. Constraints are start dates (UTC) and hours of the day."""
    from genai_prices.types import StartDateConstraint, TimeOfDateConstraint

    constraints = [entry.constraint for entry in model.prices] if isinstance(model.prices, list) else []
    constraints += [variant.constraint for variant in model.price_variants or () if _fits(variant.when, context)]
    days: set[date] = set()
    clocks: set[int] = {0}
    for constraint in constraints:
        if isinstance(constraint, StartDateConstraint):
            days.add(constraint.start_date)
        elif isinstance(constraint, TimeOfDateConstraint):
            clocks |= {_clock(constraint.start_time), _clock(constraint.end_time)}
    starts = sorted(days)
    claude = family_of(model.id) == "claude"
    # Before the first date there is a period too; the day before that date stands for all of it.
    samples = [(starts[0] - timedelta(days=1)) if starts else date(2020, 1, 1), *starts]
    periods: list[Period] = []
    for index, day in enumerate(samples):
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        slots: list[Slot] = []
        for clock in sorted(clocks):
            prices = model.get_prices(midnight + timedelta(microseconds=clock), context or None)
            slot = Slot(clock, _tiers(prices, claude=claude, free=free))
            if not slots or slots[-1].tiers != slot.tiers:
                slots.append(slot)
        period = Period(to_us(midnight) if index else ALWAYS, tuple(slots))
        if not periods or periods[-1].slots != period.slots:
            periods.append(period)
    return tuple(periods)


def _clock(moment: time) -> int:
    """Microseconds after midnight UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return to_us(datetime.combine(date(1970, 1, 2), aware)) % DAY_US


def _tiers(prices: ModelPrice, *, claude: bool, free: bool) -> tuple[Tier, ...]:
    stated = {key: value for key, value in vars(prices).items() if value is not None and not key.startswith("_")}
    above = sorted({tier.start for value in stated.values() for tier in getattr(value, "tiers", ())})
    tiers: list[Tier] = []
    for start in (-1, *above):
        rates = _rates({key: _price_above(value, start) for key, value in stated.items()}, claude=claude)
        tiers.append(Tier(start, FREE if free and not stated else rates))
    return tuple(tiers)


def _price_above(value: Decimal | TieredPrices, start: int) -> Decimal:
    """The price where the whole input has more than `start` tokens: the last tier that has begun by then."""
    if isinstance(value, Decimal):
        return value
    price: Decimal = value.base
    for tier in value.tiers:
        if tier.start <= start:
            price = tier.price
    return price


def _rates(usd: dict[str, Decimal], *, claude: bool) -> Rates | None:
    """Rates from prices in USD per million tokens; None where the input has no price per token.

    A bucket without a price of its own costs what the next wider one does, as the catalogue counts it; for Claude the
    cache prices follow from the input price. Audio, images, searches and hours are not metered, so not priced.
    """
    per_input = usd.get("input_mtok")
    if per_input is None:
        return None
    per_output = usd.get("output_mtok", Decimal(0))
    write = usd.get("cache_write_mtok")
    read = usd.get("cache_read_mtok", per_input * _CLAUDE_READ if claude else per_input)
    write_5m = usd.get("cache_write_5m_mtok", write)
    write_1h = usd.get("cache_write_1h_mtok", per_input * _CLAUDE_WRITE_1H if claude else write)
    if write_5m is None:
        write_5m = per_input * _CLAUDE_WRITE_5M if claude else per_input
    if write_1h is None:
        write_1h = per_input
    return Rates(
        input=from_mtok(per_input),
        cache_read=from_mtok(read),
        cache_write_5m=from_mtok(write_5m),
        cache_write_1h=from_mtok(write_1h),
        output=from_mtok(per_output),
        reasoning=from_mtok(usd.get("output_reasoning_mtok", per_output)),
        request=from_usd(usd.get("requests_kcount", Decimal(0)) / 1000),
    )
