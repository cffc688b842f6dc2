"""One model call that is told several times is counted once.

A framework, the SDK below it and a gateway behind that each report a span for one and the same request; an agent's span
states the sum of what the calls below it used; the program that asked keeps a transcript and sends telemetry. A
*telling* is one such statement. :func:`settle` says what each counts as. It looks at nothing but the tellings and who
stands above whom, so its answer does not depend on the order in which they became known.

**Nesting.** What is told by a span below a telling explains it. Tokens that nothing below explains count for the rest;
where none are left it is not counted, and what it knows besides goes to the calls below it.

**One answer's name.** Tellings beside each other, in two traces, or by two ways in, that name the same answer are one
call; so are two of one session with the same tokens at the same time, one of which names nothing (`records.same`).

Decisions 010 and 018 have the reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tokometer.records.counted import Counted
from tokometer.records.kinds import ModelCall
from tokometer.records.naming import REACH_US, gap_us, sort_of
from tokometer.records.same import Grouping
from tokometer.records.stated import Stated, more_of, rest_of, together
from tokometer.records.ways import ranked, told_by_span

#: Span → the span above it, by trace: of every span that is known, told or not.
Links = Mapping[str, Mapping[str, str]]

_by_trust_in_tokens = ranked("tokens")


def settle(tellings: Sequence[ModelCall], links: Links) -> list[ModelCall | None]:
    """What each telling counts as: itself (the same object), a call with other facts or fewer tokens, or nothing.

    Where tokens or what their price depends on are other than stated, the result has no computed price.
    """
    return _Settlement(tellings, links).results()


@dataclass(slots=True)
class _Way:
    """The way from a telling to the top of its trace."""

    #: The tellings above it, nearest first.
    above: list[int] = field(default_factory=list)
    #: All spans above it, with the one at which what is known ends.
    spans: set[str] = field(default_factory=set)
    #: Whether it ends at a span that nobody has told of; that span.
    open: bool = False
    end: str = ""


@dataclass(slots=True, eq=False)
class _Group:
    """Tellings of one answer, the best first."""

    members: list[int]
    shadow: bool
    below: list[_Group] = field(default_factory=list)
    busy: bool = False
    counted: list[Counted] | None = None


class _Settlement:
    def __init__(self, tellings: Sequence[ModelCall], links: Links) -> None:
        self._calls = tellings
        order = sorted(range(len(tellings)), key=lambda at: _order(tellings[at]))
        self._place: dict[tuple[str, str, str], int] = {}
        for at in order:
            call = tellings[at]
            if call.span_id and told_by_span(call):
                self._place.setdefault((call.workspace, call.trace_id, call.span_id), at)
        self._ways = [self._way(call, links.get(call.trace_id, {})) for call in tellings]
        self._groups = self._grouped(order)
        self._group_of = {at: group for group in self._groups for at in group.members}
        self._nest(order)

    def results(self) -> list[ModelCall | None]:
        found: list[ModelCall | None] = [None] * len(self._calls)
        for group in self._groups:
            for counted in self._count(group):
                found[counted.index] = counted.result()
        return found

    # -- who stands where --------------------------------------------------------------------------------------

    def _way(self, call: ModelCall, links: Mapping[str, str]) -> _Way:
        if not told_by_span(call):
            return _Way()
        way = _Way(open=not call.span_id)
        spans, parent = way.spans, call.parent_id
        # A span that is its own ancestor comes from a broken sender; the way ends there.
        while parent and parent not in spans and parent != call.span_id:
            spans.add(parent)
            at = self._place.get((call.workspace, call.trace_id, parent))
            if at is not None:
                way.above.append(at)
                parent = self._calls[at].parent_id
            elif parent in links:
                parent = links[parent]
            else:
                way.open, way.end = True, parent
                break
        return way

    def _grouped(self, order: Sequence[int]) -> list[_Group]:
        sums = [_Group([at], shadow=True) for at in order if is_sum(self._calls[at])]
        calls = [at for at in order if not is_sum(self._calls[at])]
        groups = [_Group(members, shadow=False) for members in Grouping(self._calls, calls, self._nested).groups()]
        return sorted([*sums, *groups], key=lambda group: _order(self._calls[group.members[0]]))

    def _nested(self, one: int, other: int) -> bool:
        """Whether one telling stands above the other."""
        return one in self._ways[other].above or other in self._ways[one].above

    def _nest(self, order: Sequence[int]) -> None:
        for at in order:
            group, sort = self._group_of[at], sort_of(self._calls[at])
            for above in self._ways[at].above:
                over = self._group_of[above]
                if over is not group and sort_of(self._calls[above]) == sort:
                    if group not in over.below:
                        over.below.append(group)
                    break

    # -- what counts -------------------------------------------------------------------------------------------

    def _count(self, group: _Group) -> list[Counted]:
        """What counts of a group and all below it. Settles it on the first call."""
        if group.counted is not None:
            return group.counted
        if group.busy:
            return []  # two groups that stand above each other, in two traces
        group.busy = True
        below = _each(counted for under in group.below for counted in self._count(under))
        beside = [one for one in self._beside(group) if one not in below] if group.shadow else []
        group.counted = self._weigh(group, below, beside)
        return group.counted

    def _weigh(self, group: _Group, below: list[Counted], beside: list[Counted]) -> list[Counted]:
        tellers = [self._calls[at] for at in group.members]
        own = together_all(tellers)
        explained = sorted([*below, *beside], key=_counted_order)
        stating = [one for one in explained if one.stated.total]
        taker = _taker(explained)
        if not explained and group.shadow and (self._summed_elsewhere(group, own) or _says_nothing(tellers, own)):
            return []
        more: Counted | None = None
        if not explained or (own.total and not stating and taker is None):
            # Nothing below explains a token: it counts as it is, beside attempts below it that failed.
            more = Counted(group.members[0], tellers[0], own)
            for teller in tellers[1:]:
                more.learn(teller, alone=True)
        elif own.total:
            more = self._rest(group, own, explained, stating, taker)
        well = [one for one in below if one.call.status == "ok"]
        sole = well[0] if len(well) == 1 else below[0] if len(below) == 1 else None
        for teller in tellers:
            for one in below:
                one.learn(teller, alone=one is sole and more is None)
        found = below if more is None else [*below, more]
        _extras(tellers, own, explained, more)
        return found

    def _rest(
        self, group: _Group, own: Stated, explained: list[Counted], stating: list[Counted], taker: Counted | None
    ) -> Counted | None:
        """Give what is stated beyond what others explain to who lacks it; else it is a call of its own, returned."""
        tellers = [self._calls[at] for at in group.members]
        rest = rest_of(own, [one.stated for one in explained])
        goes_in = bool(rest.prompt_total or rest.unsplit)
        if taker is not None and (goes_in or not stating):
            taker.take(rest, _cost_left(tellers, stating))
        elif len(stating) == 1 and (not goes_in or stating[0].extended_by(own)):
            stating[0].improve(own)
        elif goes_in:
            return Counted.rest(group.members[0], tellers[0], rest, _cost_left(tellers, stating))
        elif rest.output_total:
            # An answer without a prompt is no call: who sums up counts more to an answer than who told of it.
            stating[-1].add_output(rest)
        return None

    def _beside(self, group: _Group) -> list[Counted]:
        """Calls of the trace that may be below an agent: nobody knows the whole way from them to the top."""
        return _each(
            counted
            for other in self._groups
            if not other.shadow and any(self._may_be_below(group, at) for at in other.members)
            for counted in self._count(other)
        )

    def _may_be_below(self, group: _Group, at: int) -> bool:
        call, way = self._calls[at], self._ways[at]
        if not way.open or self._known_below_call(way):
            return False
        for agent in group.members:
            teller, its = self._calls[agent], self._ways[agent]
            if (
                _together_in_time(teller, call)
                and agent not in way.above
                and at not in its.above
                # What is known of its way ends above the agent: it is below something beside the agent.
                and way.end not in its.spans
            ):
                return True
        return False

    def _known_below_call(self, way: _Way) -> bool:
        """Whether there is a call above: what counts of it comes with that call."""
        return any(not self._calls[above].shadow for above in way.above)

    def _summed_elsewhere(self, group: _Group, own: Stated) -> bool:
        """Whether an agent with nothing below states exactly the sum of the trace's calls: its place was lost."""
        agent = self._calls[group.members[0]]
        above = {at for member in group.members for at in self._ways[member].above}
        others = _each(
            counted
            for other in self._groups
            if not other.shadow and above.isdisjoint(other.members)
            for counted in self._count(other)
            if any(_together_in_time(agent, teller) for teller in counted.tellers)
        )
        sums = (sum(one.stated.prompt_total for one in others), sum(one.stated.output_total for one in others))
        return own.total > 0 and sums == (own.prompt_total, own.output_total)


def is_sum(call: ModelCall) -> bool:
    """Whether a telling is an agent's statement of what the calls below it used."""
    return call.shadow and told_by_span(call)


def _together_in_time(agent: ModelCall, call: ModelCall) -> bool:
    """Whether an agent's statement can be of a call, by trace, sort and time; one that runs has no end yet."""
    return (agent.workspace, agent.trace_id, sort_of(agent)) == (call.workspace, call.trace_id, sort_of(call)) and (
        agent.latency_us is None or gap_us(agent, call) <= REACH_US
    )


def together_all(tellers: Sequence[ModelCall]) -> Stated:
    """What several tellings of one call state: the word of the most trusted, as far as others are not richer."""
    first, *others = map(Stated.of, sorted(tellers, key=_by_trust_in_tokens))
    for other in others:
        first = together(first, other)
    return first


def _order(call: ModelCall) -> tuple[int, str, str, str]:
    return call.started_at, call.native_id, call.source, call.workspace


def _each(counted: Iterable[Counted]) -> list[Counted]:
    return list({id(one): one for one in counted}.values())


def _says_nothing(tellers: Sequence[ModelCall], own: Stated) -> bool:
    """Whether tellers know only whose the calls of their trace are, and nothing of what was used."""
    costs = any(teller.cost_reported is not None or teller.revenue is not None for teller in tellers)
    return not own.knowledge[1] and own.unsplit is None and not own.quantities and not costs


def _taker(explained: Sequence[Counted]) -> Counted | None:
    """The call whose use an outer statement tells: the last one that went well and states none."""
    return next((one for one in reversed(explained) if not one.stated.total and one.call.status == "ok"), None)


def _cost_left(tellers: Sequence[ModelCall], stating: Sequence[Counted]) -> int | None:
    """What is left of a reported cost; unknown where not all that explains a part of it reported theirs."""
    cost = next((teller.cost_reported for teller in tellers if teller.cost_reported is not None), None)
    if cost is None or any(one.cost_reported is None for one in stating):
        return None
    return max(0, cost - sum(one.cost_reported or 0 for one in stating))


def _extras(tellers: Sequence[ModelCall], own: Stated, explained: Sequence[Counted], more: Counted | None) -> None:
    """What adds up and is no tokens (revenue, searches) is not lost with a sum: the rest goes to one of its calls."""
    every = [*explained, more] if more is not None else explained
    if not explained:
        return
    last = every[-1]
    revenue = next((teller.revenue for teller in tellers if teller.revenue is not None), None)
    stated = sum(one.revenue or 0 for one in every)
    if revenue is not None and revenue > stated:
        last.earn(revenue - stated)
    quantities: dict[str, int] = {}
    for one in every:
        for name, count in one.stated.quantities.items():
            quantities[name] = quantities.get(name, 0) + count
    last.use(more_of(own.quantities, quantities))


def _counted_order(counted: Counted) -> tuple[int, str, str, str]:
    return _order(counted.call)
