"""Who starts what: sessions of people and machines, so that each kind gets its share of the calls."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from typing import Final, Literal

from tokometer.demo import agents, assistant, gateway, reading
from tokometer.demo.coding import Coding
from tokometer.demo.company import PEOPLE, ZONES, Person
from tokometer.demo.journal import Exhausted, Journal

Kind = Literal["claude", "codex", "assistant", "agents", "gateway", "embedding", "reading", "jobs"]

#: Share of each kind in what people cause, and in what customers and machines cause at any hour.
_BY_DESKS: Final[dict[Kind, float]] = {
    "claude": 0.52, "codex": 0.15, "assistant": 0.12, "agents": 0.05, "gateway": 0.1, "embedding": 0.02,
    "reading": 0.03, "jobs": 0.01,
}  # fmt: skip
_BY_MACHINES: Final[dict[Kind, float]] = {
    "claude": 0.06, "codex": 0.05, "assistant": 0.04, "agents": 0.12, "gateway": 0.41, "embedding": 0.1,
    "reading": 0.09, "jobs": 0.13,
}  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = tuple(_BY_DESKS)


def shares(zones: tuple[float, ...], machines: float) -> dict[Kind, float]:
    """What share of the calls each kind of traffic makes, from how busy the desks and the machines are."""
    people = sum(zones)
    total = people + machines
    return {kind: (_BY_DESKS[kind] * people + _BY_MACHINES[kind] * machines) / total for kind in KINDS}


class Crowd:
    """The people, to be drawn by who is at work and how much their team does of something."""

    def __init__(self, weight: Callable[[Person], float]) -> None:
        self._zones: list[tuple[list[Person], list[float]]] = []
        for zone in range(len(ZONES)):
            people = [person for person in PEOPLE if person.zone == zone and weight(person) > 0]
            self._zones.append((people, list(accumulate(weight(person) for person in people))))

    def pick(self, journal: Journal, zones: tuple[float, ...]) -> Person:
        """Somebody, most likely from where it is working time."""
        random = journal.rng.random
        bounds = list(accumulate(zones))
        people, weights = self._zones[min(bisect(bounds, random() * bounds[-1]), len(bounds) - 1)]
        return people[bisect(weights, random() * weights[-1])]


class Traffic:
    """Starts sessions of every kind but jobs, which have a schedule."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._coding = Coding(journal)
        self._coders = Crowd(lambda person: person.team.coding / person.team.people)
        self._askers = Crowd(lambda person: person.team.asking / person.team.people)

    def start(self, kind: Kind, at: int, moment: float, zones: tuple[float, ...]) -> int:
        """Write one session that starts at `at`, and return how many calls it made."""
        journal = self._journal
        before = journal.written
        try:
            if kind in ("claude", "codex"):
                person = self._coders.pick(journal, zones)
                self._coding.session(at, moment, person, codex=kind == "codex")
            elif kind == "assistant":
                assistant.conversation(journal, at, moment, self._askers.pick(journal, zones))
            elif kind == "agents":
                agents.task(journal, at, moment)
            elif kind == "embedding":
                assistant.embedding(journal, at, moment)
            elif kind == "reading":
                reading.document(journal, at, moment)
            else:
                gateway.request(journal, at, moment)
        except Exhausted:
            pass
        return journal.written - before
