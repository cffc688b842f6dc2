"""How calls of one provider, model and service tier are priced: worked out once, applied to all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tokometer.prices.rates import FREE, Listing, Rates
from tokometer.records import PROVIDERS, ModelCall, Status, infer_provider

if TYPE_CHECKING:
    from tokometer.prices.overrides import Override

#: Refused before any token was made, which no provider bills. A timeout or a cancelled call may have been billed.
_REFUSED: Final[frozenset[Status]] = frozenset({"rate_limit", "invalid_request", "auth_error"})
_HTTP_ERROR: Final = 400

#: No call costs a billion dollars; a record that says so has wrong tokens, and money is kept as DECIMAL(18,9).
MAX_NANO: Final = 10**18 - 1


class Plan:
    """The user's prices that may apply, in order of precedence, and what the catalogue says."""

    __slots__ = ("flat", "free", "listing", "overrides")

    def __init__(self, overrides: tuple[Override, ...], listing: Listing | None, *, free: bool) -> None:
        self.overrides = overrides
        self.listing = listing
        #: Run by the user himself, or made up by the client: nobody bills it.
        self.free = free
        #: The rates, where they depend on neither the call's time nor its size: the common case, kept for speed.
        self.flat: Rates | None = None
        if not overrides:
            self.flat = FREE if free else (listing.only if listing else None)

    def override_at(self, started_at: int, input_tokens: int) -> Override | None:
        """The user's price for a call at that time with so many input tokens in all."""
        for override in self.overrides:
            if override.valid_from <= started_at < override.valid_until and input_tokens > override.above:
                return override
        return None

    def rates_at(self, started_at: int, input_tokens: int) -> Rates | None:
        """The rates for a call at that time with so many input tokens in all; None where they are not known."""
        override = self.override_at(started_at, input_tokens)
        if override is not None:
            return override.rates
        if self.free:
            return FREE
        return self.listing.rates_at(started_at, input_tokens) if self.listing else None


def is_free(provider: str, model: str) -> bool:
    """True for what nobody bills by the token: local servers, and answers that a client made up (`<synthetic>`)."""
    if model.startswith("<"):
        return True
    known = PROVIDERS.get(provider or infer_provider(model))
    # Ollama's cloud models run on Ollama's machines, under a subscription.
    return known is not None and known.local and not model.endswith(("-cloud", ":cloud"))


def is_refused(call: ModelCall) -> bool:
    """True for a call that failed before the model ran: it was answered with an error and no tokens are reported."""
    if input_tokens_of(call) or call.output_tokens:
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
