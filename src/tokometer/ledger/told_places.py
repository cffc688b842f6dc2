"""Where tellings of calls stand: what of each is looked at to find those that belong together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from tokometer.ledger.rows import OF_ITS_TRACE
from tokometer.ledger.schema import Table
from tokometer.records import Record
from tokometer.records.naming import Talk, talks_in
from tokometer.records.ways import Way, named_way

#: Kinds of record whose spans can stand between calls.
LINKS: Final = ("tools", "runs", "steps")
#: How far a trace may stretch, in quarter hours, for its tellings to find each other.
TRACE_REACH: Final = 96
#: How long a call may take, in quarter hours, for its answer to be found by its id.
ANSWER_REACH: Final = 8
#: The buckets of what went in, which a talk adds up.
PROMPT_COLUMNS: Final = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_write_unknown_tokens",
)

Quarters = tuple[int, int]


class Place(NamedTuple):
    """Where a telling stands."""

    id: bytes
    way: Way
    #: Of a span, or of what stands below one; empty else.
    trace_id: str
    span_id: str
    parent_id: str
    #: Of the answer.
    names: tuple[str, ...]
    #: The names of its talks (:class:`tokometer.records.naming.Talk`).
    talks: tuple[str, ...]
    started_at: int
    ended_at: int
    #: Whether it is an agent's statement.
    shadow: bool
    #: Whether it is stored in `told`.
    told: bool = False

    @property
    def all_names(self) -> tuple[str, ...]:
        """All by which other tellings of the same call are found."""
        return self.names + self.talks

    def gap_us(self, other: Place) -> int:
        """The time between two, negative where they overlap."""
        return max(self.started_at, other.started_at) - min(self.ended_at, other.ended_at)


#: The columns that :func:`place_of` reads, in its order; `prompt` stands for the sum of :data:`PROMPT_COLUMNS`.
PLACE_COLUMNS: Final = (
    "source",
    "way",
    "group_id",
    "trace_id",
    "span_id",
    "parent_id",
    "request_id",
    "response_id",
    "session_id",
    "program",
    "prompt",
    "output_tokens",
    "unsplit_tokens",
    "started_at",
    "latency_us",
    "latency_estimated",
    "shadow",
)


def place_of(id_: bytes, row: Sequence[Any], *, told: bool = False) -> Place:
    """The place of a telling of which these columns are known, times in microseconds."""
    source, word, group, trace, span, parent, request, response, session, program, *rest = row
    prompt, output, unsplit, started_at, latency, estimated, shadow = rest
    is_span = group == OF_ITS_TRACE
    way = named_way(source, word, span=is_span)
    summed = is_span and bool(shadow)
    names = () if summed else tuple(dict.fromkeys(filter(None, (request, response))))
    talks = () if unsplit or summed else talks_in(way, program, session, (prompt, output or 0))
    return Place(
        id_,
        way,
        trace if is_span else "",
        span if is_span else "",
        parent if is_span else "",
        names,
        tuple(talk.name for talk in talks),
        started_at,
        started_at if estimated else started_at + (latency or 0),
        summed,
        told,
    )


class Shelf(Protocol):
    """What has to be known of what is stored."""

    def ways(self, arriving: set[Way], quarters: Quarters) -> set[Way]:
        """The ways by which calls were told, at least those of this time, and those that arrive: remembers them."""

    def tool_ways(self, arriving: set[Way], quarters: Quarters) -> set[Way]:
        """The same of uses of tools."""

    def since(self) -> int:
        """From when on everything that came is remembered, in microseconds since the epoch."""

    def lately(self) -> int:
        """From when on :meth:`meet` knows everything that came; of what came before, :meth:`recall` tells."""

    def talks_since(self) -> int:
        """The same of talks, which are not looked at while there is one way in."""

    def meet(self, names: set[str], quarter: int, *, talks: bool) -> Mapping[str, int]:
        """Those of these traces, answers and talks that are remembered, with their first quarter hour.

        Remembers all of them afterwards, with this quarter hour. `talks`: those that there are, are among them.
        """

    def recall(self, names: set[str], after: int) -> Mapping[str, int]:
        """Those of these that came between then (microseconds) and `lately`, with a quarter hour not after the first.

        Or more; nothing of what came before `since`.
        """

    def among(self, names: set[str], quarters: Quarters) -> set[str]:
        """Those of these traces, answers and talks of which anything is stored in this time; or more."""

    def tellings(self, traces: Sequence[str], quarters: Quarters) -> Iterable[Place]:
        """The stored tellings of these traces."""

    def answers(self, answers: Sequence[str], since: int, until: int) -> Iterable[Place]:
        """The stored tellings of these answers that overlap this time (microseconds)."""

    def talks(self, talks: Sequence[Talk], since: int, until: int) -> Iterable[Place]:
        """The stored tellings of these talks that overlap this time (microseconds)."""

    def stated(self, ids: Sequence[bytes]) -> Iterable[Place]:
        """Those of these calls that stand in `told`."""

    def placed(self, ids: Sequence[bytes]) -> Iterable[Place]:
        """Those of these calls that count, and stand in a trace."""

    def uses(self, uses: Sequence[str], quarters: Quarters) -> Iterable[tuple[bytes, str, int, bool]]:
        """The stored uses of tools of these names: id, name, quarter hour, and whether it stands in `told_tools`."""

    def links(self, traces: Sequence[str], quarters: Quarters) -> Iterable[tuple[str, str, str]]:
        """Trace, span and parent of all spans that are stored of these traces and tell of no call."""

    def records(self, table: Table, ids: Sequence[bytes], quarters: Quarters | None = None) -> Iterable[Record]:
        """Stored records, whole; looks only in `quarters` where given."""


@dataclass(slots=True)
class Knot:
    """Tellings that have to be looked at together, stored and arriving."""

    ids: set[bytes] = field(default_factory=set)
    #: Those of them that are stored, with the quarter hour in which each stands.
    stored: dict[bytes, int] = field(default_factory=dict)
    #: Those of the stored ones that stand in the table of what was said.
    told: set[bytes] = field(default_factory=set)
    links: dict[str, dict[str, str]] = field(default_factory=dict)


def talk_named(name: str) -> Talk:
    """The talk that a name is of."""
    session, prompt, output = name.rsplit("\x1f", 2)
    return Talk(session, int(prompt), int(output))


def is_talk(name: str) -> bool:
    """Whether a name is a talk's."""
    return "\x1f" in name
