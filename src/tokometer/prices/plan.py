"""How calls of one provider, model, service tier and region are priced: worked out once, applied to all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tokometer.prices.rates import FREE, Listing, Rates, Tier
from tokometer.records import PROVIDERS, ModelCall, Status, infer_provider

if TYPE_CHECKING:
    from tokometer.prices.overrides import Override
    from tokometer.prices.rules import RegionRule

#: Refused before any token was made, which no provider bills. A timeout or a cancelled call may have been billed.
_REFUSED: Final[frozenset[Status]] = frozenset({"rate_limit", "invalid_request", "auth_error"})
_HTTP_ERROR: Final = 400

#: No call costs a billion dollars; a record that says so has wrong tokens, and money is kept as DECIMAL(18,9).
MAX_NANO: Final = 10**18 - 1
_FREE: Final = Tier(-1, FREE)
#: Where being served adds nothing, at whatever provider.
_ANYWHERE: Final = frozenset({"global", "not_available"})


class Plan:
    """The user's prices that may apply, in order of precedence, and what the catalogue and the rules say."""

    __slots__ = ("_cut", "careful", "discounts", "flat", "free", "listing", "overrides", "region")

    def __init__(
        self, overrides: tuple[Override, ...], listing: Listing | None, *, free: bool, region: str = ""
    ) -> None:
        self.overrides = tuple(one for one in overrides if one.discount is None)
        #: What is taken off the catalogue's prices; the user's own are final.
        self.discounts = tuple(one for one in overrides if one.discount is not None)
        self._cut: dict[tuple[int, tuple[int, int]], Tier] = {}
        #: What being served there adds. The user's own prices are final, so it is added to the catalogue's only.
        self.region: RegionRule | None = None
        if listing is not None and region and region not in _ANYWHERE:
            from tokometer.prices.rules import region_rule  # 3 ms, for those who are somewhere

            self.region = region_rule(listing.seller, region, listing.plain)
        if listing is not None and self.region is not None:
            factor = self.region.factor
            if factor is None:
                listing = listing.scaled(1, 1, "region")
            elif factor != 1:
                listing = listing.scaled(factor.numerator, factor.denominator)
        self.listing = listing
        #: Run by the user himself, or made up by the client: nobody bills it.
        self.free = free
        #: The rates, where they depend on neither the call's time nor its size: the common case, kept for speed.
        self.flat: Rates | None = None
        if not self.overrides and (free or not self.discounts):
            self.flat = FREE if free else (listing.only if listing else None)
        #: True where a call that names no parts may have some all the same.
        self.careful = listing is not None and any(tier.extras and tier.extras.presumed for tier in listing.tiers)

    def unbilled(self, call: ModelCall) -> bool | None:
        """True for a refusal without output that its provider does not bill; None where nobody knows."""
        if call.output_tokens or self.listing is None or call.stop_reason.lower() != "refusal":
            return False
        since = self.listing.unbilled_from
        return None if since is None else call.started_at >= since

    def override_at(self, started_at: int, input_tokens: int) -> Override | None:
        """The user's price for the tokens of a call at that time with so many input tokens in all."""
        return next((one for one in self._fitting(started_at, input_tokens) if one.tier is not None), None)

    def quantity_at(self, name: str, started_at: int, input_tokens: int) -> tuple[int, int, int] | None:
        """The user's price of a quantity, else the catalogue's or a rule's (see `rates.Extras`)."""
        for override in self._fitting(started_at, input_tokens):
            if name in override.per:
                return *override.per[name], 0
        tier = self.listed_at(started_at, input_tokens)
        return tier.extras.quantities.get(name) if tier and tier.extras else None

    def tier_at(self, started_at: int, input_tokens: int) -> Tier | None:
        """The prices of tokens for a call at that time with so many input tokens in all; None where nothing fits."""
        override = self.override_at(started_at, input_tokens) if self.overrides else None
        if override is not None:
            return override.tier
        if self.free:
            return _FREE
        return self.listed_at(started_at, input_tokens)

    def tier_of(self, at: int, clock: int, input_tokens: int) -> Tier | None:
        """The same for calls since `at` (until something changes) that began at this hour of the day (µs, UTC)."""
        override = self.override_at(at, input_tokens) if self.overrides else None
        if override is not None:
            return override.tier
        if self.free:
            return _FREE
        return None if self.listing is None else self.less(self.listing.tier_of(at, clock, input_tokens), at)

    def listed_at(self, started_at: int, input_tokens: int) -> Tier | None:
        """What the catalogue says, less what the user does not have to pay of it."""
        return None if self.listing is None else self.less(self.listing.tier_at(started_at, input_tokens), started_at)

    def discount_at(self, started_at: int) -> Override | None:
        """What is taken off the catalogue's price at that time."""
        return next((one for one in self.discounts if one.valid_from <= started_at < one.valid_until), None)

    def less(self, tier: Tier | None, started_at: int) -> Tier | None:
        """A tier of the catalogue less the discount that holds at that time."""
        discount = self.discount_at(started_at) if self.discounts else None
        if discount is None or tier is None:
            return tier
        assert discount.discount is not None
        key = (id(tier), discount.discount)
        cut = self._cut.get(key)
        if cut is None:
            cut = self._cut[key] = tier.cut(*discount.discount)
        return cut

    def rates_at(self, started_at: int, input_tokens: int) -> Rates | None:
        """The rates for such a call; None where they are not known."""
        tier = self.tier_at(started_at, input_tokens)
        return None if tier is None else tier.rates

    def _fitting(self, started_at: int, input_tokens: int) -> list[Override]:
        return [
            override
            for override in self.overrides
            if override.valid_from <= started_at < override.valid_until and input_tokens > override.above
        ]


def is_free(provider: str, model: str) -> bool:
    """True for what nobody bills by the token: local servers, and answers that a client made up (`<synthetic>`)."""
    if model.startswith("<"):
        return True
    known = PROVIDERS.get(provider or infer_provider(model))
    # Ollama's cloud models run on Ollama's machines, under a subscription.
    return known is not None and known.local and not model.endswith(("-cloud", ":cloud"))


def is_refused(call: ModelCall) -> bool:
    """True for a call that failed before the model ran: it was answered with an error and no tokens are reported."""
    if input_tokens_of(call) or call.output_tokens or call.unsplit_tokens:
        return False
    return call.status in _REFUSED or (call.http_status is not None and call.http_status >= _HTTP_ERROR)


def has_usage(call: ModelCall) -> bool:
    """True where the source told us about any bucket of tokens, if only that it is empty."""
    return not (
        call.input_tokens is None
        and call.output_tokens is None
        and call.cache_read_tokens is None
        and call.cache_write_5m_tokens is None
        and call.cache_write_1h_tokens is None
        and call.cache_write_unknown_tokens is None
    )


def input_tokens_of(call: ModelCall) -> int:
    """The tokens of all input buckets, which decide the price tier."""
    return (
        (call.input_tokens or 0)
        + (call.cache_read_tokens or 0)
        + (call.cache_write_5m_tokens or 0)
        + (call.cache_write_1h_tokens or 0)
        + (call.cache_write_unknown_tokens or 0)
    )
