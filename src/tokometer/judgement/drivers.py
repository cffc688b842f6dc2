"""Why one period cost more than another, by owner: volume × mix × cache × rate, exact to the cent, and in a year.

Volume and mix are those of :func:`tokometer.judgement.changes.split`, among an owner's own models. What is left to a
model's price is told apart further: into what more or less caching makes at list prices (`cache`), and the rest
(`rate`): other prices, tiers, and answers that are longer or shorter against their prompts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.judgement.certainty import CERTAINTY, certainty_facts, certainty_of
from tokometer.judgement.changes import Use, split, to_the_cent
from tokometer.judgement.context import rates_for
from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, share, text
from tokometer.measures import Query
from tokometer.measures.questions import DEFAULT_RATE, Rate
from tokometer.records.units import REQUESTS, TOKENS, USD
from tokometer.settings import Settings

EFFECTS: Final = ("volume", "mix", "cache", "rate")
OWNERS: Final = ("team", "user", "agent", "project", "api_key")
#: What a prompt is made of, in the order of the prices of a :data:`Rate`.
BUCKETS: Final = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
MEASURES: Final = ("cost", "priced_tokens", "requests", *BUCKETS, *CERTAINTY)
_YEAR: Final = timedelta(days=365)
_PICO: Final = Decimal("0.000000000001")
_NANO: Final = Decimal("0.000000001")
_ZERO: Final = Decimal(0)
#: The name of one model of one provider.
_Model = tuple[str, str]


@dataclass(slots=True)
class Spent:
    """What an owner's calls to one model were in a period."""

    cost: Decimal = _ZERO
    #: Tokens of calls with a price.
    tokens: int = 0
    requests: int = 0
    #: By :data:`BUCKETS`.
    prompt: list[int] = field(default_factory=lambda: [0] * len(BUCKETS))

    def list_price(self, rate: Sequence[int]) -> Decimal | None:
        """What a token of the prompts cost at list prices, as they are cached, in USD; None without prompts."""
        whole = sum(self.prompt)
        if not whole:
            return None
        pico = sum(tokens * price for tokens, price in zip(self.prompt, rate, strict=False))
        return Decimal(pico) * _PICO / whole


Period = Mapping[_Model, Spent]


def spent(rows: Sequence[Mapping[str, Any]], by: str) -> dict[str, dict[_Model, Spent]]:
    """Each owner's calls by model, from rows of :data:`MEASURES` by owner, provider and model."""
    found: dict[str, dict[_Model, Spent]] = {}
    for row in rows:
        one = found.setdefault(row[by] or "" if by else "", {}).setdefault((row["provider"], row["model"]), Spent())
        one.cost += row["cost"] or _ZERO
        one.tokens += row["priced_tokens"] or 0
        one.requests += row["requests"]
        one.prompt = [known + (row[name] or 0) for known, name in zip(one.prompt, BUCKETS, strict=True)]
    return found


def effects(now: Period, before: Period, rates: Sequence[Rate] = ()) -> dict[str, Decimal]:
    """What volume, mix, cache and rate add to a cost; they add up to the difference exactly.

    Args:
        now: What was spent in the later period, by model.
        before: What was spent in the earlier one.
        rates: List prices of a token, in pico-dollars.
    """
    prices = {(provider, model): each for provider, model, *each in rates}
    empty = Spent()
    models = {*now, *before}
    uses = {"\0".join(name): Use(*(_pair(now.get(name, empty))), *(_pair(before.get(name, empty)))) for name in models}
    parts = split(uses)
    whole = dict.fromkeys(EFFECTS, _ZERO)
    for name in models:
        part = parts["\0".join(name)]
        cache = _ZERO
        if part["price"]:
            rate = prices.get(name, DEFAULT_RATE)
            cache = _cache(now.get(name, empty), before.get(name, empty), rate)
        whole["volume"] += part["volume"]
        whole["mix"] += part["mix"]
        whole["cache"] += cache
        whole["rate"] += part["price"] - cache
    return whole


def _pair(one: Spent) -> tuple[Decimal, int]:
    return one.cost, one.tokens


def _cache(now: Spent, before: Spent, rate: Sequence[int]) -> Decimal:
    """What the later prompts cost more because more or fewer of their tokens came from the cache, or went into it."""
    price, was = now.list_price(rate), before.list_price(rate)
    if price is None or was is None:
        return _ZERO
    return ((price - was) * sum(now.prompt)).quantize(_NANO)


def compared(
    now: Mapping[str, Period], before: Mapping[str, Period], rates: Sequence[Rate], lengths: tuple[timedelta, timedelta]
) -> dict[str, Row]:
    """The change of each owner's cost with its effects, to the cent, and what it makes in a year."""
    found = {}
    for name in dict.fromkeys([*now, *before]):
        later, earlier = now.get(name, {}), before.get(name, {})
        cost, was = (sum((one.cost for one in period.values()), _ZERO) for period in (later, earlier))
        parts = to_the_cent(effects(later, earlier, rates))
        found[name] = {
            "cost_drivers": cost - was,
            **parts,
            "cost": cost,
            "previous": was,
            "change": float((cost - was) / was) if was else None,
            "yearly": _yearly(cost, lengths[0], was, lengths[1]),
            "requests": sum(one.requests for one in later.values()),
            "previous_requests": sum(one.requests for one in earlier.values()),
            "tokens": sum(one.tokens for one in later.values()),
            "previous_tokens": sum(one.tokens for one in earlier.values()),
            "most": max(EFFECTS, key=lambda effect: abs(parts[effect])) if cost != was else "",
        }
    return found


def _yearly(cost: Decimal, length: timedelta, was: Decimal, before: timedelta) -> Decimal | None:
    """What a year costs more, going on like the later period, not the earlier one; None of periods of no time."""
    if length <= timedelta(0) or before <= timedelta(0):
        return None
    microsecond = timedelta(microseconds=1)
    a_year = Decimal(_YEAR // microsecond)
    later, earlier = (
        amount * a_year / Decimal(each // microsecond) for amount, each in ((cost, length), (was, before))
    )
    return (later - earlier).quantize(_NANO)


def question(matter: Matter, by: str, since: datetime, until: datetime) -> Query:
    """The question about one period."""
    names = [*([by] if by and by not in ("provider", "model") else []), "provider", "model"]
    return matter.over(since.isoformat(), until.isoformat()).query(*MEASURES, by=names)


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    [asked] = yield (matter.query("requests", by=(), compare="previous"),)
    meta = asked.meta
    if meta.previous_since is None or meta.previous_until is None:
        return []
    return (yield from between(matter, (meta.since, meta.until), (meta.previous_since, meta.previous_until)))


def between(matter: Matter, now: tuple[datetime, datetime], before: tuple[datetime, datetime]) -> Inquiry:
    """The rows of the judgement about any two periods."""
    later, earlier = yield (question(matter, matter.by, *now), question(matter, matter.by, *before))
    rates = yield from rates_for(matter.over(min(now[0], before[0]).isoformat(), max(now[1], before[1]).isoformat()))
    lengths = now[1] - now[0], before[1] - before[0]
    told = compared(spent(later.rows, matter.by), spent(earlier.rows, matter.by), rates, lengths)
    sure: dict[str, Row] = {}
    for row in (*later.rows, *earlier.rows):
        name = row[matter.by] or "" if matter.by else ""
        one = certainty_of(row)
        sure[name] = {key: value + one[key] for key, value in sure[name].items()} if name in sure else one
    rows = [({matter.by: name} if matter.by else {}) | row | sure[name] for name, row in told.items()]
    return sorted(rows, key=lambda row: (-abs(row["cost_drivers"]), str(row.get(matter.by, ""))))


def _no_standing(_row: Row, _: Settings) -> Standing:
    return "none"


def _amount(name: str, meaning: str, title: str = "") -> Fact:
    return Fact(name, USD, "money", title=title, meaning=meaning)


COST_DRIVERS: Final = Judgement(
    name="cost_drivers",
    title="Change of cost",
    unit=USD,
    type="money",
    better="lower",
    description=(
        "Why a period cost more or less than the one before, by owner: how much of the change came from use (volume), "
        "from other models (mix), from caching, and from other prices (rate), with what a year makes of it. The parts "
        "add up to the change: exactly, and as they are shown, to the cent."
    ),
    formula=(
        "volume and mix as in `judgement.cost_split`, among the owner's own models; cache = prompt tokens × (their "
        "price at list prices as they are cached now − as they were cached before), of models in both periods; rate = "
        "the rest of the change of price; yearly = 365 × (cost a day now − cost a day before)"
    ),
    by=("", *OWNERS, "model", "provider"),
    facts=(
        _amount("volume", "because more or fewer tokens were used"),
        _amount("mix", "because more or fewer of them were of dear models; new and gone ones, too"),
        _amount("cache", "because more or less of the prompts was read from the cache or written to it"),
        _amount("rate", "because a token costs more or less otherwise: prices, tiers, longer answers"),
        _amount("cost", "cost of the window"),
        _amount("previous", "cost of the period before", "Cost before"),
        share("change", "change / cost before; unknown where there was none"),
        _amount("yearly", "what a year costs more, going on like this", "A year"),
        Fact("requests", REQUESTS, "integer", meaning="calls of the window"),
        Fact("previous_requests", REQUESTS, "integer", title="Requests before", meaning="calls of the period before"),
        Fact("tokens", TOKENS, "integer", meaning="tokens of the window, of calls with a price"),
        Fact("previous_tokens", TOKENS, "integer", title="Tokens before", meaning="those of the period before"),
        text("most", "the largest of the parts: `volume`, `mix`, `cache` or `rate`"),
        *certainty_facts("calls of both periods"),
    ),
    thresholds="none: whether a change is good is for the reader to say",
    inquire=_inquire,
    standing=_no_standing,
)
