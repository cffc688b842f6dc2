"""What was used, put onto a call."""

from __future__ import annotations

from typing import Final

from tokometer.records import ModelCall
from tokometer.records.record import IN_PARTS
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


#: Bits for a cost in millionths of a US dollar, and above them for tokens.
_COST_BITS: Final = 27
_TOKEN_BITS: Final = 31


def told_again(call: ModelCall, *, exact: bool) -> None:
    """Mark a call that one source tells of in several forms, or again when it knows more, as a part of what it knows.

    Counts are those of the form that has them exactly (`exact`), else of the later, which has more; what only another
    form says (whose key it was) is added. So it does not matter which of them came first.
    """
    counts = (call.input_tokens, call.cache_read_tokens, call.output_tokens, call.unsplit_tokens)
    tokens = min(sum(count or 0 for count in counts), (1 << _TOKEN_BITS) - 1)
    cost = min((call.cost_reported or 0) // 1000, (1 << _COST_BITS) - 1)
    call.revision = IN_PARTS + ((((exact << _TOKEN_BITS) | tokens) << _COST_BITS) | cost)
