"""Sessions of which only the totals are kept: what all sources of them share.

Such a tool adds up what its requests used and writes down the sum. It is told as one call for each session and model,
which grows: another version of the same record, never another record. Nobody knows how it was spread over the time.
"""

from __future__ import annotations

from typing import Final

from tokometer.records import ModelCall, infer_provider
from tokometer.records.record import MAX_TOKENS

#: The label by which such calls are told from others.
COVERS: Final = "covers"
#: What it says: all requests of a session.
SESSION: Final = "session"
#: The label with how many requests they are, where that is known.
REQUESTS: Final = "requests"


def covering(call: ModelCall, *, updated_at: int | None = None, requests: int | None = None) -> ModelCall:
    """Mark a call as one that covers a session, the later of two versions of it being right.

    `updated_at` is when its totals were last added to (microseconds); without it, the larger totals are the later ones.
    """
    labels = {**(call.labels or {}), COVERS: SESSION}
    if requests:
        labels[REQUESTS] = str(requests)
    call.labels = labels
    call.revision = total(call) if updated_at is None else updated_at
    return call


def total(call: ModelCall) -> int:
    """All tokens of a call."""
    buckets = (
        call.input_tokens,
        call.cache_read_tokens,
        call.cache_write_5m_tokens,
        call.cache_write_1h_tokens,
        call.cache_write_unknown_tokens,
        call.output_tokens,
        call.unsplit_tokens,
    )
    return min(sum(bucket or 0 for bucket in buckets), MAX_TOKENS)


def unsplit(stated: int | None, *parts: int | None) -> int | None:
    """The tokens of a usage that says only how many they were in all; None where it says more, or nothing."""
    return None if any(parts) else stated or None


def leave_unsplit(call: ModelCall, stated: int | None) -> None:
    """Give a call of which no bucket is known the tokens that it used in all, where that is stated."""
    call.unsplit_tokens = unsplit(stated, total(call))
    if call.unsplit_tokens is not None:
        call.input_tokens = call.cache_read_tokens = call.cache_write_unknown_tokens = None
        call.output_tokens = call.reasoning_tokens = None


def charged(model: str, cost: int | None) -> int | None:
    """What a tool reckoned that something cost: taken only of models that nobody else has a price for."""
    return cost if cost and not infer_provider(model) else None
