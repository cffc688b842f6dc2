"""What came in, when, and by which way: the Sources page shows it while it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokometer.collect.kept import kept_by_source, kept_words
from tokometer.collect.overlapping import many_words, overlap_words, own_word, taken_words, way_title
from tokometer.dashboards.names import source_titles
from tokometer.ledger.noticed import noticed_by_source
from tokometer.ledger.overlaps import overlaps
from tokometer.ledger.places import places_by_source
from tokometer.ledger.refused import refused_by_source
from tokometer.measures import Query
from tokometer.measures.latest import latest_by
from tokometer.records.evened import even
from tokometer.records.plural import counted
from tokometer.records.units import REQUESTS, USD, Number, Unit, exact, show
from tokometer.sources.registry import FILE_SOURCES
from tokometer.sources.shipment.wire import NAME as SHIPMENTS

if TYPE_CHECKING:
    from tokometer.server.runtime import Runtime

#: For how long how much there is of everything is shared with whoever else looks, and how old it may be (seconds).
_EVERY, _HOLD = 60.0, 10.0
#: Who writes a time for the viewer: how long ago, and to the second.
When = Callable[[datetime | None], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Arrival:
    """The last time that something came in by HTTP."""

    at: datetime
    #: Records that were taken, and that were refused.
    taken: int
    refused: int


class Arrivals:
    """The latest arrival of each way in since the server started."""

    def __init__(self) -> None:
        self._latest: dict[str, Arrival] = {}

    def note(self, way: str, taken: int, refused: int) -> None:
        """Something came in by `otlp` or `api`, whether or not anything of it was kept."""
        self._latest[way] = Arrival(datetime.fromtimestamp(time.time(), UTC), taken, refused)

    def of(self, way: str) -> Arrival | None:
        """The latest by one way."""
        return self._latest.get(way)

    def __iter__(self) -> Any:  # noqa: ANN401 - an iterator of names
        return iter(self._latest)


def sources(runtime: Runtime, when: When) -> list[dict[str, Any]]:
    """Sources that have given anything, with the places that are read by cursor."""
    rows = runtime.ask(
        Query(measures=("calls.requests", "calls.cost", "calls.assumed"), by=("calls.source",), since="all")
    ).rows
    places: dict[str, tuple[int, datetime | None]] = {**places_by_source(runtime.ledger)}
    # Those are machines, which have a table of their own.
    places.pop(SHIPMENTS, None)
    calls = {row["source"]: row for row in rows}
    refused = refused_by_source(runtime.ledger)
    noticed = noticed_by_source(runtime.ledger)
    last, titles = latest_by(runtime.ask, "calls.source"), source_titles()
    found = []
    kept = kept_by_source(lambda query: runtime.asked(query, _EVERY, _HOLD).result())
    names = sorted(
        {*calls, *kept, *places, *refused, *noticed, *runtime.arrivals},
        key=lambda name: (str(titles.get(name, name)).casefold(), name),
    )
    # Costs below each other have as many decimals each, so that they can be compared at a glance.
    costs = even([calls.get(name, {}).get("cost") for name in names], USD)
    for name, cost in zip(names, costs, strict=True):
        row = calls.get(name, {})
        count, read = places.get(name, (0, None))
        arrival = runtime.arrivals.of(name)
        found.append(
            {
                "name": name,
                "title": titles.get(name, name or "unknown"),
                "requests": _figure(row.get("requests"), REQUESTS),
                "others": _others(kept.get(name, {})),
                "assumed": int(row.get("assumed") or 0),
                "cost": {"text": cost, "exact": exact(row.get("cost"), USD)},
                "files": count,
                "read": when(read),
                "received": when(arrival.at if arrival else read or last.get(name)),
                "last_call": when(last.get(name)),
                "refused": refused.get(name, 0),
                "noticed": noticed.get(name, (0, 0))[1],
            }
        )
    return found


def told_twice(runtime: Runtime) -> list[dict[str, str]]:
    """What came in by two ways at once: which of them counts, and what was taken from the other."""
    return [
        {
            "counts": way_title(overlap.counts),
            "other": way_title(overlap.other),
            "count": many_words(overlap),
            "own": own_word(overlap),
            "taken": taken_words(overlap),
            "words": overlap_words(overlap),
        }
        for overlap in overlaps(runtime.ledger)
    ]


def waiting(runtime: Runtime, when: When) -> dict[str, dict[str, str]]:
    """Of each way in (`files`, `otlp`, `api`): whether something has come, in words, and to the second."""
    last = latest_by(runtime.ask, "calls.source")
    told = {way: _of_way(runtime.arrivals.of(way), last.get(way), when) for way in ("otlp", "api")}
    files = [last[name] for name in FILE_SOURCES if name in last]
    return told | {"files": _of_way(None, max(files, default=None), when)}


def _of_way(arrival: Arrival | None, last: datetime | None, when: When) -> dict[str, str]:
    if arrival:
        at = when(arrival.at)
        refused = f", {arrival.refused:,} refused" if arrival.refused else ""
        kept = counted(arrival.taken, "record") if arrival.taken or refused else "nothing that is kept"
        text = f"Received {kept}{refused}, {at['text']}"
        return {"state": "on" if arrival.taken else "refused", "text": text, "exact": at["exact"]}
    if last:
        at = when(last)
        return {"state": "on", "text": f"Last call {at['text']}", "exact": at["exact"]}
    return {"state": "wait", "text": "Waiting for data …", "exact": ""}


def shortened(place: str, home: Path) -> str:
    """A path as its owner writes it."""
    prefix = f"{home}/"
    return f"~/{place[len(prefix) :]}" if place.startswith(prefix) else place


def _others(kept: Mapping[str, int]) -> Mapping[str, str]:
    """What was kept beside calls: how many records, and of which kinds."""
    others = {kind: count for kind, count in kept.items() if kind != "calls"}
    return {"text": show(sum(others.values()) or None, REQUESTS), "exact": kept_words(others)}


def _figure(value: Number | None, unit: Unit) -> Mapping[str, str]:
    return {"text": show(value, unit), "exact": exact(value, unit)}
