"""A usage object → what was used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tokometer.records import RecordError
from tokometer.records.tiers import is_usual
from tokometer.records.values import money
from tokometer.sources.otlp.buckets import NO_USAGE, Usage, buckets
from tokometer.sources.otlp.objects import counts_of
from tokometer.sources.otlp.tokens import QUANTITY_SLOTS, SLOTS
from tokometer.sources.usage.dialects import dialect_of, plain
from tokometer.sources.usage.samplings import whole

#: The samplings of one answer, where not all of them are read.
_ITERATIONS: Final = "iterations"
_DOES_NOT_ADD_UP: Final = "counts that do not add up"
_SIDES: Final = (("inputCost", "outputCost"), ("input_cost", "output_cost"))


class Used(NamedTuple):
    """What a usage object says."""

    usage: Usage = NO_USAGE
    #: What is billed and is not tokens, in thousandths; None is nothing.
    quantities: dict[str, int] | None = None
    service_tier: str = ""
    region: str = ""
    #: In nano-USD; None is not stated.
    cost: int | None = None
    #: Keys that nothing reads, and what does not add up.
    unread: tuple[str, ...] = ()


NOTHING_USED: Final = Used()
#: What a gateway's cache answered: nobody was asked, and what the first answer used is told again.
CACHED: Final = Used(Usage(input=0, output=0))


def used(given: Mapping[str, Any], name: str = "usage", *, disjoint: bool = False, google: bool = False) -> Used:
    """What a usage object says. `name` is where it stands, for refusals and notices; empty at the top.

    `disjoint`: its keys count beside one another by agreement (Langfuse's `usageDetails`). `google`: it is of one of
    Google's models, whose thoughts are beside the answer as often as not.

    Raises:
        RecordError: A number in it cannot be believed.
    """
    given, more = whole(given)
    dialect = dialect_of(given)
    try:
        said = counts_of(name, plain(given), disjoint=disjoint)
    except RecordError as error:
        raise RecordError(error.field.removeprefix("."), error.reason) from None
    counts = {slot: amount for slot, amount in said.counts.items() if slot in SLOTS}
    beside = said.beside | dialect.beside
    usage, at_odds = buckets(counts, _groups(beside), sure=dialect.sure, google=google)
    unread = [key.removeprefix(".") for key in said.unread]
    if at_odds:
        unread.append(_DOES_NOT_ADD_UP)
    if more:
        unread.append(f"{name}.{_ITERATIONS}".removeprefix("."))
    facts = said.facts
    return Used(
        usage,
        {QUANTITY_SLOTS[slot]: n for slot, n in said.counts.items() if slot in QUANTITY_SLOTS and n} or None,
        _tier(facts.get("tier", ""), facts.get("speed", "")),
        "" if facts.get("region") in (None, "not_available", "global") else facts["region"],
        facts["cost"] if "cost" in facts else _sides(given, name),
        tuple(unread),
    )


def _groups(beside: set[str] | frozenset[str]) -> set[str]:
    """Slots that stand beside something, as the groups that stand or fall together."""
    groups = set()
    for slot in beside:
        bucket, _, modality = slot.partition("_")
        if slot in ("cache_write_5m", "cache_write_1h"):
            groups.add("lifetimes")
        elif bucket in ("input", "output") and modality:
            groups.add(f"{bucket}_parts")
        else:
            groups.add(slot)
    return groups


def _tier(tier: str, speed: str) -> str:
    if speed.lower() != "fast":
        return tier
    return "fast" if is_usual(tier) or tier.lower() == "fast" else f"{tier},fast"


def _sides(given: Mapping[str, Any], name: str) -> int | None:
    """A cost of which only the two sides are stated."""
    for sides in _SIDES:
        if all(given.get(side) is not None for side in sides):
            try:
                return sum(money(given[side]) for side in sides)
            except ValueError as error:
                raise RecordError(f"{name}.{sides[0]}", str(error)) from None
    return None
