"""Finds all tellings that belong together with some, stored and arriving."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tokometer.ledger.told_batch import Arriving
from tokometer.ledger.told_places import TRACE_REACH, Knot, Place, Quarters, Shelf, is_talk, talk_named
from tokometer.records.naming import REACH_US, UNIQUE_REACH_US, looks_unique
from tokometer.records.time import QUARTER_US

#: Traces that are joined by answers are followed so far; a sender that joins more of them is broken.
_ROUNDS: Final = 8


class Search:
    """Finds all that belongs together with some traces and names."""

    def __init__(self, arriving: Arriving, shelf: Shelf, known: Mapping[str, int | None], quarters: Quarters) -> None:
        """`known` are traces and names that were met before, with their first quarter hour where that is known."""
        self._arriving = arriving
        self._shelf = shelf
        self._known = known
        first = min((at for at in known.values() if at is not None), default=quarters[0])
        if None in known.values():
            first = min(first, quarters[0] - TRACE_REACH)
        self._quarters = min(first, quarters[0]), quarters[1] + TRACE_REACH
        self._knot = Knot()
        self._stored: dict[bytes, Place] = {}
        self._places: dict[bytes, Place] = {}
        self._by_name: dict[str, list[Place]] = {}
        self._traces: set[str] = set()

    def knot(self, traces: set[str], names: set[str], stated: Sequence[Place] = ()) -> Knot | None:
        """The knot of these, and of what is stored of names that were met before; None where it ties nothing.

        `stated` is what was said so far of some that arrive.
        """
        begun = [place.started_at // QUARTER_US for place in stated if place.trace_id]
        if begun:
            self._quarters = min(self._quarters[0], min(begun) - TRACE_REACH), self._quarters[1]
        wanted = traces | (self._known.keys() & self._arriving.traces())
        self._stored = {place.id: place for place in stated}
        new = self._take(self._arriving.of(wanted, names | self._known.keys(), set(self._stored)))
        new += self._take(stated)
        asked: set[str] = set()
        for _ in range(_ROUNDS):
            traces = (wanted | {place.trace_id for place in new}) - self._traces - {""}
            named = {name for place in new for name in place.all_names} - asked
            if not traces and not named:
                break
            self._traces |= traces
            asked |= named
            new = self._take(self._arriving.of(traces, named))
            if self._known or self._stored:
                stored = [*(self._shelf.tellings(list(traces), self._quarters) if traces else ()), *self._of(named)]
                for place in stored:
                    self._stored.setdefault(place.id, place)
                new += self._take(stored)
        self._tie()
        return self._knot if self._knot.ids else None

    def _take(self, places: Iterable[Place]) -> list[Place]:
        """Keep places; those that are news."""
        new = []
        for place in places:
            if place.told:
                self._knot.told.add(place.id)
            known = self._places.setdefault(place.id, place)
            if place.trace_id and not known.trace_id:
                # A part of what stands in a trace need not say in which.
                self._places[place.id] = place
            if known is place or (known.all_names, known.trace_id) != (place.all_names, place.trace_id):
                new.append(place)
                for name in place.all_names:
                    self._by_name.setdefault(name, []).append(place)
        return new

    def _of(self, names: Iterable[str]) -> list[Place]:
        """Stored tellings that can be of the same answer as one of those that are known, by these names."""
        found: list[Place] = []
        kinds: dict[tuple[int, bool], list[str]] = {}
        for name in names:
            # Equal calls of one session are paired in the order of time: all of them have to be there.
            talk = is_talk(name)
            reach = UNIQUE_REACH_US if talk or looks_unique(name) else REACH_US
            kinds.setdefault((reach, talk), []).append(name)
        for (reach, talk), some in kinds.items():
            places = [place for name in some for place in self._by_name[name]]
            since = min(place.started_at for place in places) - reach
            until = max(place.ended_at for place in places) + reach
            if talk:
                stored = self._shelf.talks([talk_named(name) for name in some], since, until)
            else:
                stored = self._shelf.answers(some, since, until)
            found += [place for place in stored if self._near(place, reach)]
        return found

    def _near(self, stored: Place, reach: int) -> bool:
        return any(stored.gap_us(place) <= reach for name in stored.all_names for place in self._by_name.get(name, ()))

    def _tie(self) -> None:
        """Find the spans between tellings, and let go of what stands neither above nor beside another."""
        knot = self._knot
        knot.links = {trace: {} for trace in self._traces}
        if self._known and self._traces:
            for trace, span, parent in self._shelf.links(list(self._traces), self._quarters):
                knot.links[trace][span] = parent
        self._arriving.links(knot.links)
        # Of one call two versions can have come, with other names.
        counts = {name: len({place.id for place in places}) for name, places in self._by_name.items()}
        by_trace: dict[str, list[Place]] = {}
        for place in self._places.values():
            if place.trace_id:
                by_trace.setdefault(place.trace_id, []).append(place)
        for trace, places in by_trace.items():
            if _entangled(places, knot.links.get(trace, {}), counts) or any(p.id in knot.told for p in places):
                knot.ids.update(place.id for place in places)
        knot.ids.update(
            place.id
            for name, places in self._by_name.items()
            for place in places
            if not place.trace_id and (place.id in knot.told or counts[name] > 1)
        )
        knot.ids.update(id_ for id_ in knot.told if not self._places[id_].trace_id)
        self._keep_stored()

    def _keep_stored(self) -> None:
        knot = self._knot
        knot.told &= knot.ids
        knot.stored = {id_: place.started_at // QUARTER_US for id_, place in self._stored.items() if id_ in knot.ids}


def _entangled(places: Sequence[Place], links: Mapping[str, str], counts: Mapping[str, int]) -> bool:
    """Whether one of a trace's tellings can have to do with another."""
    if any(place.shadow or any(counts[name] > 1 for name in place.all_names) for place in places):
        return True
    spans = {place.span_id for place in places}
    if len(spans) < len(places) and len({place.way for place in places}) > 1:
        return True
    return not spans.isdisjoint(links.values()) or not spans.isdisjoint(place.parent_id for place in places)
