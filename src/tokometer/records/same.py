"""Which tellings beside each other are of one call: a part of :mod:`tokometer.records.tellings`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from tokometer.records.kinds import ModelCall
from tokometer.records.naming import (
    SESSION_REACH_US,
    SESSION_WAYS,
    Talk,
    ended_at,
    gap_us,
    looks_unique,
    names_of,
    same_answer,
    sort_of,
    sorts_of_names,
    talks_of,
)
from tokometer.records.stated import Stated, agree
from tokometer.records.ways import Way, can_meet, ranked, told_by_span, way_of

#: Workspace, sort of call, and what names it there.
_Key = tuple[str, str, str]

_by_trust: Final = ranked("record")
#: In front of a span's place, which names it as an answer's id names an answer.
_PLACE: Final = "\x1f"


class Grouping:
    """Groups tellings of one call. Each group is a list of their places, the most trusted first."""

    def __init__(self, calls: Sequence[ModelCall], places: Iterable[int], nested: Callable[[int, int], bool]) -> None:
        """`places` are those of `calls` to look at; `nested` is true of two of which one stands above the other."""
        self._calls = calls
        self._places = list(places)
        self._nested = nested
        self._ways = {at: way_of(calls[at]) for at in self._places}
        self._names = {at: self._keys(at) for at in self._places}
        self._alone: dict[_Key, bool] = {}

    def groups(self) -> list[list[int]]:
        """All of them, in an order that says nothing."""
        groups = self._of_one_name()
        groups = self._of_one_talk(groups)
        for group in groups:
            group.sort(key=lambda at: (_by_trust(self._calls[at]), *self._rank(at)))
        return groups

    # -- names -------------------------------------------------------------------------------------------------

    def _keys(self, at: int) -> tuple[_Key, ...]:
        call = self._calls[at]
        names = names_of(call)
        if told_by_span(call) and call.span_id:
            names = *names, f"{_PLACE}{call.trace_id}:{call.span_id}"
        return tuple((call.workspace, sort_of(call), name) for name in names)

    def _rank(self, at: int) -> tuple[int, int, str, str, str]:
        call = self._calls[at]
        some, all_ = Stated.of(call).knowledge
        return -some, -all_, call.native_id, call.source, call.workspace

    def _of_one_name(self) -> list[list[int]]:
        """Tellings of one answer by its name; of the best first, so that one which states nothing joins the best."""
        met: dict[_Key, list[list[int]]] = {}
        groups: list[list[int]] = []
        counts = Counter((key, self._ways[at]) for at in self._places for key in self._names[at])
        shared = Counter(key for at in self._places for key in self._names[at])
        several = {key for (key, way), count in counts.items() if count > 1 and way.way != "span"}
        self._alone = {key: key not in several for key in shared}
        for at in sorted(self._places, key=self._rank):
            keys = [key for key in self._names[at] if shared[key] > 1]
            candidates = _each(group for key in keys for group in met.get(key, ()))
            fitting = [group for group in candidates if self._joins(at, group)]
            if fitting:
                group = fitting[0]
                for other in fitting[1:]:
                    # Of one name they have been held against each other already.
                    if self._keys_of(group).isdisjoint(self._keys_of(other)) and self._agree(group, other):
                        group += other
                        groups.remove(other)
                        for of_name in met.values():
                            of_name[:] = _each(group if one is other else one for one in of_name)
                group.append(at)
            else:
                group = [at]
                groups.append(group)
            for key in keys:
                of_name = met.setdefault(key, [])
                if not any(group is one for one in of_name):
                    of_name.append(group)
        return groups

    def _joins(self, at: int, group: Sequence[int]) -> bool:
        if not self._can_meet([at], group):
            return False
        call, best = self._calls[at], self._calls[group[0]]
        for key in self._names[at]:
            sharing = [other for other in group if key in self._names[other]]
            if not sharing:
                continue
            if key[2][0] == _PLACE:
                # One span that came from two sources; two of one source are no news to each other.
                if any(self._ways[other] != self._ways[at] for other in sharing):
                    return True
                continue
            near = best if group[0] in sharing else self._calls[sharing[0]]
            if same_answer(near, call, key[2], alone=self._alone[key]):
                return True
        return False

    def _can_meet(self, some: Iterable[int], others: Sequence[int]) -> bool:
        return not any(
            not can_meet(self._ways[one], self._ways[other]) or self._nested(one, other)
            for one in some
            for other in others
        )

    def _agree(self, some: Sequence[int], others: Sequence[int]) -> bool:
        """Whether two groups that a third telling joins are one."""
        if not self._can_meet(some, others):
            return False
        spans = any(self._ways[at].way == "span" for at in some) and any(self._ways[at].way == "span" for at in others)
        if not spans and all(
            self._alone[key] and looks_unique(key[2]) for at in (*some, *others) for key in self._names[at]
        ):
            return True
        return agree(Stated.of(self._calls[some[0]]), Stated.of(self._calls[others[0]]), on_prompts=True)

    def _keys_of(self, group: Sequence[int]) -> set[_Key]:
        return {key for at in group for key in self._names[at]}

    # -- sessions ----------------------------------------------------------------------------------------------

    def _of_one_talk(self, groups: list[list[int]]) -> list[list[int]]:
        """Put together what only a session, a time and tokens show to be one call: one to one, in the order of time."""
        talks: dict[tuple[str, str, Talk], list[list[int]]] = {}
        for group in groups:
            met = {
                (self._calls[at].workspace, sort_of(self._calls[at]), talk)
                for at in group
                for talk in talks_of(self._calls[at])
            }
            for key in met:
                talks.setdefault(key, []).append(group)
        gone: set[int] = set()
        # Sessions first: of a program they are only where one says no session.
        for key in sorted((key for key, of_talk in talks.items() if len(of_talk) > 1), key=_of_sessions_first):
            of_talk = [group for group in talks[key] if id(group) not in gone]
            gone.update(map(id, self._paired(of_talk)))
        return [group for group in groups if id(group) not in gone]

    def _paired(self, groups: Sequence[list[int]]) -> list[list[int]]:
        """Pair groups of one talk, way by way; those that went into another."""
        gone: list[list[int]] = []
        by_way: dict[tuple[int, Way], list[list[int]]] = {}
        for group in groups:
            best = min(group, key=lambda at: (_by_trust(self._calls[at]), self._ways[at]))
            by_way.setdefault((_by_trust(self._calls[best]), self._ways[best]), []).append(group)
        kept: list[list[int]] = []
        for _, arriving in sorted(by_way.items(), key=lambda item: item[0]):
            left = sorted(arriving, key=self._time)
            for group, into in self._in_order(left, kept):
                into.extend(group)
                gone.append(group)
                left = [one for one in left if one is not group]
            kept = sorted([*kept, *left], key=self._time)
        return gone

    def _in_order(self, some: list[list[int]], others: list[list[int]]) -> list[tuple[list[int], list[int]]]:
        """Pairs of groups that can be of one call, each once; both lists are in the order of time."""
        pairs = []
        others = list(others)
        for group in some:
            for place, other in enumerate(others):
                near = gap_us(self._calls[group[0]], self._calls[other[0]]) <= SESSION_REACH_US
                if near and self._may_be_one(group, other):
                    pairs.append((group, others.pop(place)))
                    break
        return pairs

    def _may_be_one(self, group: Sequence[int], other: Sequence[int]) -> bool:
        """Whether nothing speaks against it: where both have names of one kind, those have spoken."""
        names = [{name for at in one for name in sorts_of_names(self._calls[at])} for one in (group, other)]
        return names[0].isdisjoint(names[1]) and self._knows_sessions(group, other) and self._can_meet(group, other)

    def _knows_sessions(self, *groups: Sequence[int]) -> bool:
        """Whether one of them comes from a program that says of every call which session it is of."""
        return any(self._ways[at].way in SESSION_WAYS for group in groups for at in group)

    def _time(self, group: Sequence[int]) -> tuple[int, tuple[int, int, str, str, str]]:
        return ended_at(self._calls[group[0]]), self._rank(group[0])


def _of_sessions_first(key: tuple[str, str, Talk]) -> tuple[bool, tuple[str, str, Talk]]:
    return key[2].of_program, key


def _each(groups: Iterable[list[int]]) -> list[list[int]]:
    """The same, each once."""
    return list({id(group): group for group in groups}.values())
