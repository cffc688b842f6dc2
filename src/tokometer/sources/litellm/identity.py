"""Ids of LiteLLM's calls: the same, whether its callback or its spend logs tell of a call.

A call is known by the answer's id; what was answered from LiteLLM's own cache has the id of the first answer, and an
attempt that failed has that of the whole request, so both are known by the time at which they began as well. So is an
answer whose id is no random one: some servers give every answer the same.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tokometer.records.naming import looks_unique

_CACHE_HIT: Final = "_cache_hit"
_FAILED: Final = "failed"


class Named(NamedTuple):
    """What names a call."""

    native_id: str
    #: The id of the answer; empty where there is none, or LiteLLM's cache gave it again.
    response_id: str
    #: What its failed attempts and the row of the failed request have in common; empty where it went well.
    group: str = ""


def named(given: str, started_at: int, *, cached: bool, failed: bool, of_request: bool) -> Named:
    """The names of a call with this id of LiteLLM's.

    `of_request`: it is the spend log of a request that failed, which stands for all of its attempts.
    """
    # To the millisecond: the database of the spend logs cuts times there.
    at = f"@{started_at // 1000}"
    if cached:
        # LiteLLM makes these ids unique with the clock, differently for each of those whom it tells of the call.
        plain = given.partition(_CACHE_HIT)[0]
        # It is not the answer of that id, but one more like it: nothing is to be joined to it.
        return Named(f"{plain}{_CACHE_HIT}{at}", "")
    if failed:
        return Named(f"{given}:{_FAILED}" if of_request else f"{given}:{_FAILED}{at}", "", given)
    return Named(given if looks_unique(given) else f"{given}{at}", given)
