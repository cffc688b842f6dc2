"""How many records each source gave, by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tokometer.measures import CUBES, Query, Result
from tokometer.records import KINDS
from tokometer.records.plural import counted
from tokometer.sources.registry import SOURCES

#: What is called a source and is no tool; tools have titles of their own.
WAYS: Final = {"api": "Own API", "demo": "Demo", "statements": "Statements of accounts"}

#: What fails is told of in a record beside its call, which is counted already.
_BESIDE: Final = {"error_details"}
#: One record of a kind in words, where that is not its name without an s, and several.
_ONE: Final = {
    "calls": ("call", "calls"),
    "tools": ("use of a tool", "uses of tools"),
    "runs": ("run", "runs"),
    "jobs": ("run of a job", "runs of jobs"),
    "samples": ("reading", "readings"),
    "bills": ("line of bills", "lines of bills"),
    "logs": ("log line", "log lines"),
    "knowledge_bases": ("knowledge base", "knowledge bases"),
    "error_details": ("detail of an error", "details of errors"),
    "reported": ("reported line", "reported lines"),
}


def kept_by_source(ask: Callable[[Query], Result]) -> dict[str, dict[str, int]]:
    """By source: how many records of each kind are kept, of all time; kinds of which there are none are left out."""
    found: dict[str, dict[str, int]] = {}
    for kind in KINDS:
        if kind in _BESIDE:
            continue
        # The first measure of a cube is how many there are.
        measure = next(iter(CUBES[kind].measures))
        for row in ask(Query(measures=(f"{kind}.{measure}",), by=(f"{kind}.source",), since="all")).rows:
            if row[measure]:
                found.setdefault(row["source"], {})[kind] = int(row[measure])
    return found


def source_title(name: str) -> str:
    """What people call a source."""
    source = SOURCES.get(name)
    return source.title if source is not None else WAYS.get(name, name)


def kept_words(counts: Mapping[str, int]) -> str:
    """Counts by kind, as people say it: `12 uses of tools, 1 run`."""
    return ", ".join(counted(count, *_ONE.get(kind, (kind.removesuffix("s"),))) for kind, count in counts.items())
