"""What Copilot counts: input with the cache inside, reasoning inside the output, credits that are no money."""

from __future__ import annotations

from typing import Final, NamedTuple

from tokometer.records import Sample
from tokometer.records.providers import provider_of
from tokometer.sources.copilot_cli.places import SOURCE_NAME
from tokometer.sources.plans import CREDITS_USED, PREMIUM_USED

PROVIDER: Final = provider_of("github_copilot")
#: An AI credit is a thousand million of what is counted.
NANO: Final = 10**9


class Buckets(NamedTuple):
    """Tokens in buckets that do not overlap; None where nobody counted."""

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None


def buckets(
    given: int | None, output: int | None, read: int | None, written: int | None, reasoning: int | None
) -> Buckets:
    """What is stated, taken apart.

    The input holds what was read from the cache and written to it. One that is smaller than both together does not.
    Reasoning is a part of the output; more of it than of that was counted beside.
    """
    cached = (read or 0) + (written or 0)
    fresh = None if given is None else given - cached if given >= cached else given
    if output is not None and reasoning is not None and reasoning > output:
        output += reasoning
    return Buckets(fresh, read, written, output, reasoning)


def spent(
    name: str, at: int, session_id: str, model: str, credits_: float | None, premium: float | None
) -> list[Sample]:
    """What was taken off the plan, as amounts that add up."""
    found = []
    for metric, unit, value in ((CREDITS_USED, "credits", credits_), (PREMIUM_USED, "requests", premium)):
        if value:
            found.append(
                Sample(
                    source=SOURCE_NAME,
                    native_id=f"{name}:{unit}",
                    started_at=at,
                    metric=metric,
                    value=value,
                    unit=unit,
                    mode="delta",
                    model=model,
                    provider=PROVIDER,
                    labels={"session": session_id},
                )
            )
    return found
