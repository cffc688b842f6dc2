"""The price book as JSON and as rows of its page: what is in use and where it stands, and which calls it covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tokometer.accounts import AccountsError, PriceOverride
from tokometer.dashboards import addresses
from tokometer.measures import Filter, Query
from tokometer.prices import PriceBook
from tokometer.prices.changes import PriceChange, per_tokens, told
from tokometer.prices.overrides import PAGE, WHOSE, Override
from tokometer.prices.plan import Plan
from tokometer.prices.rates import ALWAYS, FOREVER, Tier
from tokometer.records import PROVIDERS, to_datetime, to_us
from tokometer.server.runtime import WORKSPACES, Runtime

#: Tiers whose prices are told where they differ from the standard one's.
TIERS: Final = ("batch", "flex", "priority", "fast")
#: Since when history is told, and until when ahead (µs).
_FIRST: Final = to_us(datetime.fromisoformat("2020-01-01T00:00:00+00:00"))
_AHEAD: Final = 366 * 86_400_000_000
_COUNTED: Final = ("requests", "total_tokens", "cost", "priced", "assumed", "no_price", "usage_unknown")
#: What is counted in calls.
COUNTS: Final = ("requests", "priced", "assumed", "no_price", "usage_unknown")
_DRILLED: Final = ("requests", "assumed", "no_price", "usage_unknown")
_EVERY: Final = 60.0


def coverage(runtime: Runtime) -> list[dict[str, Any]]:
    """What was seen of each model since the first call: calls, tokens, cost (decimal text), and how sure prices are."""
    since = runtime.first()
    query = Query(
        measures=tuple(f"calls.{name}" for name in _COUNTED),
        by=("calls.provider", "calls.model"),
        since=since.date().isoformat(),
        until="now",
    )
    rows = runtime.ask(query, _EVERY, whole=True).rows
    found = []
    for row in rows:
        where = tuple(Filter(f"calls.{name}", "=", (row[name],)) for name in ("provider", "model"))
        found.append(
            {
                "provider": row["provider"],
                "model": row["model"],
                **{name: _plain(row[name]) for name in _COUNTED},
                "links": {
                    name: addresses.records(
                        Query(measures=(f"calls.{name}",), where=where, since=query.since, until=query.until)
                    )
                    for name in _DRILLED
                },
            }
        )
    return sorted(found, key=lambda one: (-(one["requests"] or 0), one["provider"], one["model"]))


def priced(book: PriceBook, provider: str, model: str, now: int, *, whole: bool = True) -> dict[str, Any]:
    """What a model costs now by this provider: prices by tier, where they stand and since when, and their history."""
    plan = book.plan_of(_key(book, provider, model))
    standard = plan.tier_at(now, 0)
    source, since, until = _source(plan, book, now)
    info: dict[str, Any] = {
        "provider": provider,
        "model": model,
        "source": source,
        "valid_from": _moment(since),
        "valid_until": _moment(until),
        "prices": _told(standard),
        "basis": standard.rates.basis if standard and standard.rates else "",
        "tiers": list(_tiers(book, plan, provider, model, now)) if whole else [],
    }
    if whole:
        info["history"] = [_change(one) for one in book.changes(provider, model, _FIRST, now + _AHEAD)]
        info["rule"] = plan.listing.tier_note if plan.listing is not None else ""
    return info


def own(kept: PriceOverride) -> dict[str, Any]:
    """A price that somebody made, as JSON: prices are decimal text, times RFC 3339; null is for ever."""
    return {
        "id": kept.id,
        "title": _title(kept.provider, kept.model),
        "provider": kept.provider,
        "model": kept.model,
        **{name: kept.declared.get(name, "") for name in FIELDS},
        "since": kept.since and kept.since.isoformat(),
        "until": kept.until and kept.until.isoformat(),
        "note": kept.note,
        "revision": kept.revision,
        "origin": "page",
    }


def of_file(book: PriceBook) -> list[dict[str, Any]]:
    """The prices of `prices.toml`, which the page shows and does not change."""
    found = [one for one in book.overrides if one.origin != PAGE]
    return [_of_override(one) for one in sorted(found, key=lambda one: one.number)]


#: What a price declares, by the names of `prices.toml`.
PRICES: Final = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "reasoning", "request")
CONDITIONS: Final = ("service_tier", "above_tokens", "account", "api_key", "team")
FIELDS: Final = (*PRICES, "discount", *CONDITIONS)


def _of_override(one: Override) -> dict[str, Any]:
    prices = _told(one.tier)
    left = Decimal(one.discount[0]) / one.discount[1] if one.discount else None
    return {
        "id": f"file:{one.number}",
        "title": _title("" if one.provider == "*" else one.provider, one.model),
        "provider": "" if one.provider == "*" else one.provider,
        "model": one.model,
        **{name: prices.get(name, "") for name in PRICES},
        "discount": "" if left is None else _short((1 - left) * 100),
        "service_tier": one.service_tier,
        "above_tokens": one.above if one.above >= 0 else "",
        **{name: value for name, value in zip(WHOSE, one.whose, strict=True) if name != "workspace"},
        "since": _moment(one.valid_from),
        "until": _moment(one.valid_until),
        "note": one.note,
        "origin": "file",
    }


def _key(book: PriceBook, provider: str, model: str, tier: str = "") -> tuple[str, ...]:
    return (provider, model, tier, "", *(("",) * len(WHOSE) if book.scoped else ()))


def _source(plan: Plan, book: PriceBook, now: int) -> tuple[str, int, int]:
    override = plan.override_at(now, 0)
    if override is not None:
        return _origin(override), override.valid_from, override.valid_until
    if plan.free:
        return "local: nobody bills it", ALWAYS, FOREVER
    if plan.listing is None:
        return "", ALWAYS, FOREVER
    begun = [period.start for period in plan.listing.periods if period.start <= now]
    later = [period.start for period in plan.listing.periods if period.start > now]
    source = f"{book.catalogue}, {plan.listing.provider}: {plan.listing.model}"
    discount = plan.discount_at(now)
    if discount is not None and discount.discount is not None:
        less = (1 - Decimal(discount.discount[0]) / discount.discount[1]) * 100
        source += f", less {_short(less)} % ({_origin(discount)})"
        begun.append(discount.valid_from)
        later.append(discount.valid_until)
    return source, max(begun, default=ALWAYS), min(later, default=FOREVER)


def _origin(one: Override) -> str:
    return PAGE if one.origin == PAGE else f"{one.origin}, [[price]] {one.number}"


def _tiers(book: PriceBook, plan: Plan, provider: str, model: str, now: int) -> Iterator[dict[str, Any]]:
    """Long context, and the service tiers that are known: only what differs from the standard price."""
    standard = plan.tier_at(now, 0)
    listed = {tier.above for tier in plan.listing.tiers} if plan.listing is not None else set()
    for above in sorted({above for above in listed | {one.above for one in plan.overrides} if above >= 0}):
        long = plan.tier_at(now, above + 1)
        if long is not None and long != standard:
            yield {"name": f"over {above:,} tokens of input", "prices": _told(long), "basis": _basis(long)}
    if plan.free or plan.listing is None:
        return
    for name in TIERS:
        tier = book.plan_of(_key(book, provider, model, name)).tier_at(now, 0)
        if tier is not None and tier.rates is not None and "unknown-tier" not in tier.rates.basis:
            yield {"name": name, "prices": _told(tier), "basis": _basis(tier)}


def _basis(tier: Tier) -> str:
    return tier.rates.basis if tier.rates else tier.basis


def _told(tier: Tier | None) -> dict[str, str]:
    """Prices by name: USD per million tokens, and of what is not tokens USD each; decimal text."""
    return {
        name: _short(price)
        for name, price in told(tier).items()
        if price or name in ("input", "output") or not per_tokens(name)
        if not (name == "request" and not price)
    }


def _change(one: PriceChange) -> dict[str, Any]:
    return {
        "at": to_datetime(one.at).isoformat(),
        "before": {name: _short(price) for name, price in one.before.items()},
        "after": {name: _short(price) for name, price in one.after.items()},
        "above": one.above if one.above >= 0 else None,
        "partly": one.partly,
        "own": one.own,
    }


def _title(provider: str, model: str) -> str:
    name = PROVIDERS[provider].name if provider in PROVIDERS else provider
    if model in ("", "*"):
        return f"{name or 'Every provider'}, every model"
    return f"{model} ({name})" if name else model


def _moment(at: int) -> str | None:
    return to_datetime(at).isoformat() if ALWAYS < at < FOREVER else None


def _short(amount: Decimal) -> str:
    return f"{amount.normalize():f}" if amount else "0"


def _plain(value: object) -> Any:  # noqa: ANN401 - a JSON value
    return f"{value:f}" if isinstance(value, Decimal) else value


def changes_of(runtime: Runtime, most: int) -> list[dict[str, Any]]:
    """The latest changes of own prices; none where they cannot be read, which every page says."""
    if not runtime.accounts.is_there:
        return []
    try:
        found = runtime.accounts.get().changes(WORKSPACES[0], most, (PriceOverride.kind,))
    except AccountsError as error:
        runtime.accounts.trouble = str(error)
        return []
    return [
        {
            "at": one.at.isoformat(),
            "who": one.who,
            "did": one.did,
            "title": _title(str(one.what.get("provider") or ""), str(one.what.get("model") or "")),
            "words": ", ".join(f"{name} {value}" for name, value in dict(one.what).items() if value not in ("", None)),
        }
        for one in found
    ]


def mended(rows: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    """Of what was seen, the models that lack a price, those with the most calls first."""
    return sorted((one for one in rows if one["no_price"]), key=lambda one: -one["no_price"])
