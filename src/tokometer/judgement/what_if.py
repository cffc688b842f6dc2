"""What-if: what the calls of a window would have cost under another model, provider, tier or share of the cache.

Both sides are list prices of the same calls. A call whose price one side does not know is on neither side, and counted.
Where a scenario changes nothing of a call, its price is what the price book made of it, to the nano-dollar; where it
only changes the tier or the cache, the price changes in the proportion of the rates; else it is tokens × rates. So many
calls as a day, an agent, a provider, a model and a tier have in common are priced at once: which of a model's prices
for long prompts holds is decided by their mean prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from tokometer.judgement.declared import Ask, Matter
from tokometer.measures import Meta
from tokometer.prices import PriceBook
from tokometer.records import infer_provider, to_us
from tokometer.records.basis import EXACT, assumed

#: What calls are priced together by.
BY: Final = ("day", "agent", "provider", "model", "service_tier")
#: What has to be known of them, by the bucket of a price.
_BUCKETS: Final = {
    "input": "input_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write_5m": "cache_write_5m_tokens",
    "cache_write_1h": "cache_write_1h_tokens",
    "output": "output_tokens",
    "reasoning": "reasoning_tokens",
}
_MEASURES: Final = ("requests", "cost", "cost_priced", "unpriced", "prompt_tokens", "total_tokens", *_BUCKETS.values())
_NANO: Final = Decimal("0.000000001")
#: Days of a month, on average.
MONTH_DAYS: Final = Decimal("30.4375")
Prices = Literal["then", "now"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What would have been otherwise; what is empty stays as it was."""

    #: Served by who served the call or, where they do not sell it, by who makes it.
    model: str = ""
    provider: str = ""
    #: The provider's service tier; `standard` for the usual one.
    tier: str = ""
    #: The share of the prompt that comes from the cache, 0 to 1, of what was not written to it.
    cached: float | None = None
    #: At the prices of each call's day, or at today's.
    prices: Prices = "then"

    @property
    def changes(self) -> bool:
        """Whether it changes anything."""
        return bool(self.model or self.provider or self.tier or self.cached is not None or self.prices == "now")


@dataclass(slots=True)
class Sum:
    """Calls side by side: at list prices as they were, and as they would have been."""

    requests: int = 0
    #: Of those that are on both sides.
    compared: int = 0
    tokens: int = 0
    #: USD that were recorded, of all of them.
    cost: Decimal = Decimal(0)
    #: USD at list prices, of those that are on both sides.
    listed: Decimal = Decimal(0)
    then: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """What it would have cost more; negative: less."""
        return self.then - self.listed

    def add(self, other: Sum) -> None:
        """Count others in."""
        for name in ("requests", "compared", "tokens", "cost", "listed", "then"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Compared:
    """The answer: every group of calls, and why calls were left out."""

    scenario: Scenario
    meta: Meta
    groups: list[tuple[Mapping[str, Any], Sum]] = field(default_factory=list)
    #: Calls by reason: `no list price`, `no price there`, `assumed price there`.
    left_out: dict[str, int] = field(default_factory=dict)
    #: What these calls cost, as far as that is known.
    left_out_cost: Decimal = Decimal(0)
    days: Decimal = Decimal(0)

    @property
    def whole(self) -> Sum:
        """All of it."""
        return _added(one for _, one in self.groups)

    def by(self, name: str) -> dict[Any, Sum]:
        """The same by one of :data:`BY`; by day in their order, else the largest difference first."""
        found: dict[Any, Sum] = {}
        for group, one in self.groups:
            found.setdefault(group[name], Sum()).add(one)
        if name == "day":
            return dict(sorted(found.items(), key=lambda item: str(item[0])))
        return dict(sorted(found.items(), key=lambda item: (-abs(item[1].difference), str(item[0]))))

    @property
    def a_month(self) -> Decimal | None:
        """The difference for a month of such days."""
        return None if self.days <= 0 else self.whole.difference / self.days * MONTH_DAYS


def what_if(matter: Matter, scenario: Scenario, ask: Ask) -> Compared:
    """Price a window's calls anew. The matter brings the price book and the filters."""
    assert matter.book is not None
    answer = ask(matter.query(*_MEASURES, by=BY))
    made = Compared(scenario, answer.meta)
    until = min(answer.meta.until.astimezone(UTC), matter.now.astimezone(UTC))
    made.days = Decimal((until - answer.meta.since.astimezone(UTC)) / timedelta(days=1)).quantize(_NANO)
    for row in answer.rows:
        if not row["requests"]:
            continue
        one = Sum(requests=row["requests"], tokens=row["total_tokens"] or 0, cost=row["cost"] or Decimal(0))
        why = _price(matter.book, row, scenario, one, zone=ZoneInfo(matter.tz), now=to_us(matter.now))
        if why:
            made.left_out[why] = made.left_out.get(why, 0) + row["requests"]
            made.left_out_cost += one.cost
        made.groups.append((row, one))
    return made


def _price(book: PriceBook, row: Mapping[str, Any], scenario: Scenario, one: Sum, *, zone: ZoneInfo, now: int) -> str:
    """Put a group on both sides; gives why that cannot be done."""
    if row["model"] is None or row["provider"] is None:
        return "too many groups"
    at = _noon(row["day"], zone)
    listed = row["cost_priced"]
    provider, model, tier = _asked(row, scenario)
    kept = (provider, model) == (row["provider"], row["model"])
    usual = row["service_tier"] or ""
    before = priced(book, row, row["provider"], row["model"], at, tier=usual, sure=False)
    if listed is None or (before is None and not listed):
        return "no list price"
    if kept and tier == usual and scenario.cached is None and scenario.prices == "then":
        then: Decimal = listed
    else:
        when = now if scenario.prices == "now" else at
        raw = priced(book, row, provider, model, when, tier=tier, cached=scenario.cached, sure=not kept)
        if raw is None and scenario.model and not scenario.provider and (seller := infer_provider(model)):
            # Who served it does not sell the other model; whoever makes that does.
            tier = "" if seller != provider and not scenario.tier else tier
            provider = seller
            raw = priced(book, row, provider, model, when, tier=tier, cached=scenario.cached)
        if raw is None:
            known = priced(book, row, provider, model, when, tier=tier, sure=False) is not None
            return "assumed price there" if known else "no price there"
        if before is None:
            return "no list price"
        then = listed * raw / before if kept and before else raw
    one.compared, one.listed, one.then = row["requests"], listed, then.quantize(_NANO)
    return ""


def _asked(row: Mapping[str, Any], scenario: Scenario) -> tuple[str, str, str]:
    """Who would have served what, in which tier. Another provider has no such tier as this one."""
    provider = scenario.provider or row["provider"]
    tier = row["service_tier"] or "" if provider == row["provider"] else ""
    if scenario.tier:
        tier = "" if scenario.tier == "standard" else scenario.tier
    usual = row["service_tier"] or ""
    if scenario.tier == "standard" and usual in ("standard", "default"):
        tier = usual
    return provider, scenario.model or row["model"], tier


def priced(
    book: PriceBook,
    used: Mapping[str, Any],
    provider: str,
    model: str,
    at: int,
    *,
    tier: str = "",
    cached: float | None = None,
    sure: bool = True,
) -> Decimal | None:
    """Tokens × list prices (USD, exact); None where nobody knows the price or, if `sure`, it would have to be assumed.

    Args:
        book: The prices.
        used: Sums of calls: `requests`, `prompt_tokens`, and tokens by bucket.
        provider: Who serves them, as a slug.
        model: The model.
        at: When, in microseconds.
        tier: The provider's service tier.
        cached: The share of the prompt that the cache serves instead of what was, of what was not written to it.
        sure: False to take assumed prices as well.
    """
    counts = {bucket: int(used[measure] or 0) for bucket, measure in _BUCKETS.items()}
    if cached is not None:
        prompt = counts["input"] + counts["cache_read"]
        counts["cache_read"] = round(prompt * Fraction(cached))
        counts["input"] = prompt - counts["cache_read"]
    requests = int(used["requests"] or 0)
    mean = int(used["prompt_tokens"] or 0) // requests if requests else 0
    rates = book.rates(provider, model, at, mean, service_tier=tier)
    if rates is None:
        return None
    if sure and rates.basis not in (EXACT, assumed("tier") if tier else EXACT):
        return None
    counts["output"] -= (thought := min(counts["reasoning"], counts["output"]))
    counts["reasoning"] = thought
    nano = sum(getattr(rates, bucket) * count for bucket, count in counts.items()) + rates.request * requests
    return Decimal(nano) / Decimal(rates.unit) * _NANO


def _noon(day: date | str, zone: ZoneInfo) -> int:
    of = date.fromisoformat(day) if isinstance(day, str) else day
    return to_us(datetime(of.year, of.month, of.day, 12, tzinfo=zone))


def _added(sums: Iterable[Sum]) -> Sum:
    whole = Sum()
    for one in sums:
        whole.add(one)
    return whole
