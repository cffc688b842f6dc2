"""How a price came about, for people to check."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct

from tokometer.prices.normalise import tiers_of
from tokometer.prices.plan import MAX_NANO, Plan, has_usage, input_tokens_of, is_refused
from tokometer.prices.rates import Rates, from_usd, to_mtok, to_nano, to_usd
from tokometer.records import PROVIDERS, ModelCall, infer_provider


class PriceLine(Struct, frozen=True):
    """One bucket of a call: so many tokens (or the request itself) at such a price."""

    bucket: str
    quantity: int
    #: USD per million tokens; USD each for the request.
    price: Decimal
    #: USD, exact.
    cost: Decimal


class Explanation(Struct, frozen=True):
    """What a call costs and why, or why that is not known."""

    #: USD to the nano-dollar, None for unpriced.
    cost: Decimal | None
    #: Where the prices stand: the catalogue's entry, a `[[price]]` of the user's file, or a rule.
    source: str
    lines: tuple[PriceLine, ...] = ()
    #: What a reader should know: an assumption made, or what would make the call priced.
    notes: tuple[str, ...] = ()


class ModelInfo(Struct, frozen=True, kw_only=True):
    """What is known about a model as one provider sells it today. Prices are USD per million tokens."""

    provider: str
    model: str
    name: str
    #: Tokens, None where the catalogue does not say.
    context_window: int | None
    deprecated: bool
    input: Decimal | None
    output: Decimal | None
    cache_read: Decimal | None
    cache_write_5m: Decimal | None
    cache_write_1h: Decimal | None
    #: USD for each request besides its tokens.
    request: Decimal | None
    source: str


def explain(plan: Plan, call: ModelCall, catalogue: str) -> Explanation:
    """The price of `call` under its plan; `catalogue` names the catalogue and its version."""
    if is_refused(call):
        return Explanation(Decimal(0), "refused", notes=("It failed before the model ran, which is not billed.",))
    total = input_tokens_of(call)
    source, notes = _source(plan, call, total, catalogue)
    if not has_usage(call):
        if plan.free and not plan.overrides:
            return Explanation(Decimal(0), source, notes=notes)
        return Explanation(None, source, notes=("Its source reported no tokens at all.",))
    rates = plan.rates_at(call.started_at, total)
    if rates is None:
        return Explanation(None, source, notes=notes)
    lines = tuple(lines_of(call, rates))
    atto = sum(from_usd(line.cost) for line in lines)
    nano = to_nano(atto)
    if nano > MAX_NANO:
        return Explanation(
            None, source, lines, (*notes, "No call costs a billion dollars: its tokens cannot be right.")
        )
    return Explanation(Decimal(nano).scaleb(-9), source, lines, notes)


def describe(plan: Plan, provider: str, model: str, at: int, catalogue: str) -> ModelInfo | None:
    """A model under its plan at time `at`; None where neither the user's prices nor the catalogue know it."""
    rates, listing = plan.rates_at(at, 0), plan.listing
    if rates is None and listing is None:
        return None
    call = ModelCall(source="", native_id="", started_at=at, provider=provider, model=model)
    return ModelInfo(
        provider=provider or infer_provider(model),
        model=listing.model if listing else model,
        name=listing.name if listing else model,
        context_window=listing.context_window if listing else None,
        deprecated=listing.deprecated if listing else False,
        input=to_mtok(rates.input) if rates else None,
        output=to_mtok(rates.output) if rates else None,
        cache_read=to_mtok(rates.cache_read) if rates else None,
        cache_write_5m=to_mtok(rates.cache_write_5m) if rates else None,
        cache_write_1h=to_mtok(rates.cache_write_1h) if rates else None,
        request=to_usd(rates.request) if rates else None,
        source=_source(plan, call, 0, catalogue)[0],
    )


def lines_of(call: ModelCall, rates: Rates) -> Iterator[PriceLine]:
    """The buckets of `call` that have tokens, each with its price; exact."""
    output = call.output_tokens or 0
    reasoning = min(call.reasoning_tokens or 0, output) if rates.reasoning != rates.output else 0
    for bucket, tokens, rate in (
        ("input", call.input_tokens, rates.input),
        ("cache read", call.cache_read_tokens, rates.cache_read),
        ("cache write, 5 min", call.cache_write_5m_tokens, rates.cache_write_5m),
        ("cache write, 1 h", call.cache_write_1h_tokens, rates.cache_write_1h),
        ("cache write, lifetime unknown", call.cache_write_unknown_tokens, rates.cache_write_5m),
        ("output", output - reasoning, rates.output),
        ("reasoning", reasoning, rates.reasoning),
    ):
        if tokens:
            yield PriceLine(bucket, tokens, to_mtok(rate), to_usd(tokens * rate))
    if rates.request:
        yield PriceLine("request", 1, to_usd(rates.request), to_usd(rates.request))


def _source(plan: Plan, call: ModelCall, total: int, catalogue: str) -> tuple[str, tuple[str, ...]]:
    """Where the prices for `call` stand, and what has to be known about them."""
    override = plan.override_at(call.started_at, total)
    if override is not None:
        return f"prices.toml, [[price]] {override.number}", (override.note,) if override.note else ()
    if plan.free:
        made_up = call.model.startswith("<")
        return ("not a model" if made_up else "local"), ("Made up by the client." if made_up else "Run by yourself.",)
    listing = plan.listing
    provider = call.provider or infer_provider(call.model)
    name = PROVIDERS[provider].name if provider in PROVIDERS else provider or "an unknown provider"
    if listing is None:
        return "unpriced", (
            f"{catalogue} has no price for {call.model!r} from {name}; add a [[price]] to prices.toml.",
        )
    notes = []
    if listing.assumed:
        notes.append(f"{name} has no price list; the list price of {listing.provider} is used.")
    if tiers_of(call.service_tier, call.model) and not listing.tiered:
        notes.append("No price is listed for its service tier; the standard one is used.")
    if plan.rates_at(call.started_at, total) is None:
        notes.append("It is not sold by the token, or its price is not known; add a [[price]] to prices.toml.")
    return f"{catalogue}, {listing.provider}: {listing.model}", tuple(notes)
