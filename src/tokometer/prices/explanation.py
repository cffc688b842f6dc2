"""How a price came about, for people to check."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from tokometer.prices.plan import Plan, has_usage, input_tokens_of
from tokometer.prices.rates import to_mtok, to_usd
from tokometer.prices.reckoning import Line, Reckoning, reckon
from tokometer.records import PROVIDERS, ModelCall, infer_provider
from tokometer.records.basis import ASSUMPTIONS, REASONS


class PriceLine(Struct, frozen=True):
    """One bucket of a call: so many tokens (or searches, or the request itself) at such a price."""

    bucket: str
    #: Whole for tokens; of what is counted otherwise, to a thousandth.
    quantity: Decimal
    #: USD per million tokens; USD each for the request and what is counted beside tokens.
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
    #: How sure the price is, in the words of `records.basis`.
    basis: str = ""


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
    found = reckon(plan, call)
    basis = found.basis if call.cost_reported is None else ""
    cost = None if found.cost is None else Decimal(found.cost).scaleb(-9)
    if found.waived in _WAIVED:
        return Explanation(cost, found.waived, notes=(_WAIVED[found.waived],), basis=basis)
    source, notes = _source(plan, call, catalogue)
    return Explanation(
        cost, source, tuple(_line(line) for line in found.lines), (*notes, *_notes(plan, call, found)), basis
    )


_WAIVED = {
    "refused": "It failed before the model ran, which is not billed.",
    "refusal": "The model refused before it put anything out, which its provider does not bill.",
}


def describe(plan: Plan, provider: str, model: str, at: int, catalogue: str) -> ModelInfo | None:
    """A model under its plan at time `at`; None where neither the user's prices nor the catalogue know it."""
    rates, listing = plan.rates_at(at, 0), plan.listing

    def per_mtok(rate: int) -> Decimal | None:
        return to_mtok(rates.atto(rate)) if rates else None

    if rates is None and listing is None:
        return None
    call = ModelCall(source="", native_id="", started_at=at, provider=provider, model=model)
    return ModelInfo(
        provider=provider or infer_provider(model),
        model=listing.model if listing else model,
        name=listing.name if listing else model,
        context_window=listing.context_window if listing else None,
        deprecated=listing.deprecated if listing else False,
        input=per_mtok(rates.input) if rates else None,
        output=per_mtok(rates.output) if rates else None,
        cache_read=per_mtok(rates.cache_read) if rates else None,
        cache_write_5m=per_mtok(rates.cache_write_5m) if rates else None,
        cache_write_1h=per_mtok(rates.cache_write_1h) if rates else None,
        request=to_usd(rates.atto(rates.request)) if rates else None,
        source=_source(plan, call, catalogue)[0],
    )


def _line(line: Line) -> PriceLine:
    cost = to_usd(line.number * line.rate)
    if line.thousandths:
        return PriceLine(line.name, Decimal(line.number) / 1_000, to_usd(line.rate * 1_000), cost)
    price = to_usd(line.rate) if line.name == "request" else to_mtok(line.rate)
    return PriceLine(line.name, Decimal(line.number), price, cost)


def _source(plan: Plan, call: ModelCall, catalogue: str) -> tuple[str, tuple[str, ...]]:
    """Where the prices for `call` stand, and what has to be known about them."""
    override = plan.override_at(call.started_at, input_tokens_of(call))
    if override is not None:
        return f"{override.origin}, [[price]] {override.number}", (override.note,) if override.note else ()
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
    discount = plan.discount_at(call.started_at)
    if discount is not None and discount.discount is not None:
        left = Decimal(discount.discount[0]) / Decimal(discount.discount[1]) * 100
        notes.append(f"{100 - left:f} % off by {discount.origin}, [[price]] {discount.number}.")
    if plan.region is not None and plan.region.factor not in (None, 1):
        rule = plan.region
        notes.append(f"Served in {call.region!r}: {rule.factor} times the price ({rule.source.url}).")
    return f"{catalogue}, {listing.provider}: {listing.model}", tuple(notes)


def _notes(plan: Plan, call: ModelCall, found: Reckoning) -> list[str]:
    """The assumptions and reasons of a price in sentences, with what they rest on."""
    kind, _, words = found.basis.partition(":")
    if kind == "unpriced" and words == "no-price" and plan.listing is None and not plan.free:
        return []  # the source says so, and which catalogue
    if kind == "unpriced":
        sold_otherwise = words == "no-price" and plan.listing is not None and has_usage(call)
        return [
            "It is not sold by the token, or its price is not known; add a [[price]] to prices.toml."
            if sold_otherwise
            else REASONS[words]
        ]
    notes = [ASSUMPTIONS[word] for word in words.split(",") if word and word != "provider"]
    if plan.listing is not None and plan.listing.tier_note and {"tier", "unknown-tier"} & set(words.split(",")):
        notes.append(f"{plan.listing.tier_note}.")
    return notes
