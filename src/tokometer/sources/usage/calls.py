"""What was used, put onto a call."""

from __future__ import annotations

from tokometer.records import ModelCall
from tokometer.records.tiers import unknown_tiers
from tokometer.sources.noticed import Noticed
from tokometer.sources.usage.read import Used


def put(call: ModelCall, said: Used, noticed: Noticed, position: int | None = None) -> None:
    """Put what a usage object says onto its call, where the call does not say it already; the rest is noticed."""
    (
        call.input_tokens,
        call.cache_read_tokens,
        call.cache_write_5m_tokens,
        call.cache_write_1h_tokens,
        call.cache_write_unknown_tokens,
        call.output_tokens,
        call.reasoning_tokens,
        call.unsplit_tokens,
        call.parts,
    ) = said.usage
    call.quantities = said.quantities
    call.service_tier = call.service_tier or said.service_tier
    call.region = call.region or said.region
    if call.cost_reported is None:
        call.cost_reported = said.cost
    for key in said.unread:
        noticed.add("usage", key, position)
    for word in unknown_tiers(call.service_tier):
        noticed.add("tier", word, position)
