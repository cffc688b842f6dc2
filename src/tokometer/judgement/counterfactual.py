"""What the same calls would have cost otherwise: with another model, on another tier, or with more of them cached."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tokometer.prices import PriceBook
from tokometer.records import ModelCall
from tokometer.records.basis import EXACT, assumed

#: What has to be known of calls to price them anew: measures of calls, by the record's field.
TOKENS: Final = {
    "input_tokens": "input_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_write_5m_tokens": "cache_write_tokens",
    "output_tokens": "output_tokens",
    "reasoning_tokens": "reasoning_tokens",
}
_BY_RULE: Final = assumed("tier")
_NANO: Final = Decimal("0.000000001")


def repriced(
    book: PriceBook,
    used: Mapping[str, Any],
    provider: str,
    model: str,
    at: int,
    *,
    tier: str = "",
    cached: float | None = None,
) -> Decimal | None:
    """What calls would cost at list prices; None where nobody knows the price, or it would have to be assumed.

    Args:
        book: The prices.
        used: Measures of the calls: `requests`, and those of :data:`TOKENS`. The mean call is priced, because what a
            token costs can depend on how long its prompt is, and counted so many times.
        provider: Who serves it, as a slug.
        model: The model.
        at: When, in microseconds.
        tier: The provider's service tier; '' for the usual one.
        cached: The share of the prompt that is read from the cache instead of what was; written once for each read that
            it takes the place of is not counted, as the writes that there were stay.
    """
    requests = used["requests"]
    if not requests:
        return None
    counts = {field: round((used[measure] or 0) / requests) for field, measure in TOKENS.items()}
    if cached is not None:
        prompt = counts["input_tokens"] + counts["cache_read_tokens"]
        counts["cache_read_tokens"] = round(prompt * cached)
        counts["input_tokens"] = prompt - counts["cache_read_tokens"]
    call = ModelCall(
        source="advice",
        native_id="advice",
        started_at=at,
        provider=provider,
        model=model,
        service_tier=tier,
        **counts,
    )
    book.apply([call])
    # A tier that the catalogue does not list is priced by the rule that its provider publishes.
    if call.cost_priced is None or call.price_basis not in (EXACT, _BY_RULE if tier else EXACT):
        return None
    return Decimal(call.cost_priced) * _NANO * int(requests)
