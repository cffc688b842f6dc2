"""What came in by two ways at once, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokometer.collect.kept import source_title
from tokometer.ledger.overlaps import Overlap
from tokometer.records.plural import counted
from tokometer.records.ways import Way

#: What is believed of one way or the other, in words.
_FACTS: Final = {"tokens": "tokens", "cost": "cost", "latency": "latency", "whose": "team, user and labels"}
#: One of what is told, as people call it.
_ONE: Final = {"calls": "call", "tools": "use of a tool"}
_MANY: Final = {"calls": "calls", "tools": "uses of tools"}


def way_title(way: Way) -> str:
    """What people call a way in: `Claude Code transcripts`, `telemetry events`, `LiteLLM`."""
    title = source_title(way.source)
    if way.way == "transcript":
        return f"{title} transcripts"
    if way.way in ("span", "event"):
        of = "" if way.source == "otlp" else f" of {title}"
        return f"telemetry {way.way}s{of}"
    return title


def many_words(overlap: Overlap) -> str:
    """How many of what: `1,204 calls`."""
    return counted(overlap.both, _ONE[overlap.kind], _MANY[overlap.kind])


def overlap_words(overlap: Overlap) -> str:
    """One sentence: who told of how many, that they count once, and whose word was taken."""
    mine, other = way_title(overlap.counts), way_title(overlap.other)
    taken = f", {taken_words(overlap)} from {other}" if overlap.won else ""
    both = f"{mine} and {other}: {many_words(overlap)} told by both, counted once"
    return f"{both}; {own_word(overlap)} from {mine}{taken}"


def own_word(overlap: Overlap) -> str:
    """What is taken from the way whose records count."""
    if overlap.kind == "tools":
        return "names and outcomes"
    return "the rest" if overlap.won.get("tokens") == overlap.both else "tokens"


def taken_words(overlap: Overlap) -> str:
    """What was taken from the other way, with how many where that is not all."""
    taken = (
        word + (f" ({overlap.won[name]:,})" if overlap.won[name] < overlap.both else "")
        for name, word in _FACTS.items()
        if overlap.won.get(name)
    )
    return ", ".join(taken) or "nothing that was not known"


def overlap_json(overlap: Overlap) -> Mapping[str, Any]:
    """An overlap for programs."""
    return {
        "kind": overlap.kind,
        "counts": overlap.counts._asdict(),
        "also_told": overlap.other._asdict(),
        "count": overlap.both,
        "taken_from_the_other": overlap.won,
        "words": overlap_words(overlap),
    }
