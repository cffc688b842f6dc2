"""A session: what happened in it one after another, how its context grew, what it cost, and who worked for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tokometer.explorer.amount import Amount, total
from tokometer.explorer.lines import LINED, Line, lines
from tokometer.explorer.reading import Quarters, Reading
from tokometer.records import quarter_of, to_us

#: Of one session not more records of a kind are listed.
MOST: Final = 5_000
#: What a session's records can lie before its first call and after its last, in quarter hours.
_BESIDE: Final = 2 * 96
#: A context is taken to have been compacted where a prompt is shorter than this share of the one before, …
_DROPPED: Final = 0.6
#: … which had at least so many tokens, …
_WORTH_IT: Final = 8_000
#: … and the next one is short, too: short prompts in between are other questions.
_STAYED: Final = 0.85
#: What a log line of a tool says when it compacts (`sources/otlp/events`).
_SAID: Final = "context was compacted"
#: So soon after it (microseconds) comes the call that shows it.
_SOON_US: Final = 600_000_000
#: Of what began at one moment, what holds the others comes first.
_FIRST: Final = {"runs": 0, "jobs": 1, "steps": 2, "calls": 3, "tools": 4}
#: Kinds of record that say in which session they were.
_IN_SESSIONS: Final = tuple(cube for cube in LINED if cube != "documents")


@dataclass(frozen=True, slots=True)
class Summary:
    """One session in a list."""

    id: str
    source: str
    parent_id: str
    started_at: int
    ended_at: int
    requests: int
    errors: int
    tokens: int
    #: Nano-US-dollars; None where nothing of it has a price.
    cost: int | None
    agent: str
    project: str
    user: str


@dataclass(frozen=True, slots=True)
class Compaction:
    """Where the context became shorter."""

    at: int
    #: Tokens of the prompt before and after; None where only a log line tells that it happened.
    before: int | None
    after: int | None
    #: `told` by the source, or `seen` as a drop of the prompt.
    how: Literal["told", "seen"]
    #: The first call after it, or the line that tells it.
    id: str


@dataclass(slots=True)
class Session:
    """A session of one source. Times are microseconds since the epoch, money nano-US-dollars."""

    id: str
    source: str
    #: Everything in it, in the order of time.
    lines: list[Line]
    whole: Amount
    started_at: int
    ended_at: int
    parent: Summary | None
    parent_id: str
    children: list[Summary]
    compactions: list[Compaction]
    agents: tuple[str, ...]
    models: tuple[str, ...]
    users: tuple[str, ...]
    projects: tuple[str, ...] = ()
    #: Records of each kind that are not listed, because there are more than :data:`MOST`; `whole` lacks no call.
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def calls(self) -> list[Line]:
        """The calls that count."""
        return [line for line in self.lines if line.counts]


def sources_of(reading: Reading, session_id: str) -> list[str]:
    """The sources that have a session of this id, in alphabetical order: those of its calls, where it has any."""
    if not session_id:
        return []
    tables: list[tuple[str, ...]] = [("sessions",)] if reading.settle() else [("calls",)]
    # Whoever scores or logs something of a session has none of its own by that name, unless nobody else has.
    for some in (*tables, ("tools", "runs", "jobs", "steps"), _IN_SESSIONS):
        found = {
            source
            for table in some
            for (source,) in reading.rows(
                ["source"], table, "session_id = $session", {"session": session_id}, then="GROUP BY source"
            )
        }
        if found:
            return sorted(found)
    return []


def session(reading: Reading, session_id: str, source: str) -> Session | None:
    """The session of an id, as a source tells it, with what others say of it; None where there is none."""
    others = sources_of(reading, session_id)
    if source not in others:
        return None
    values = {"session": session_id, "source": source}
    known = _summaries(reading, "session_id = $session AND source = $source", values)
    reach = _reach(known)
    found: list[Line] = []
    left_out: dict[str, int] = {}
    where, bound = _within(session_id, source, others)
    for cube in _IN_SESSIONS:
        # What another source says of the session (a score, a log line) belongs to it, unless that has one itself.
        limit = "" if cube == "calls" else f" LIMIT {MOST + 1:d}"
        then = f"ORDER BY started_at, source, native_id{limit}"
        some = lines(reading, cube, where, bound, quarters=reach, then=then)
        if cube != "calls" and len(some) > MOST:
            [(count,)] = reading.rows(["count(*)"], cube, where, bound, quarters=reach)
            left_out[cube] = int(count) - MOST
            some.pop()
        found += some
    if not found:
        return None
    found.sort(key=lambda line: (line.started_at, _FIRST.get(line.cube, len(_FIRST)), line.source, line.native_id))
    calls = [line for line in found if line.counts]
    parent_id = next((line.parent_session_id for line in found if line.parent_session_id), "")
    parents = _summaries(reading, "session_id = $session AND source = $source", {**values, "session": parent_id})
    return Session(
        id=session_id,
        source=source,
        lines=found,
        whole=total(calls),
        started_at=min(line.started_at for line in found),
        ended_at=max(line.started_at if line.ended_at is None else line.ended_at for line in found),
        parent=parents[0] if parents and parent_id else None,
        parent_id=parent_id,
        children=_summaries(reading, "parent_session_id = $session AND source = $source", values),
        compactions=compactions(found),
        agents=_names(line.agent for line in found),
        models=_names(line.name for line in calls),
        users=_names(line.user for line in found),
        left_out=left_out,
    )


def compactions(found: Sequence[Line]) -> list[Compaction]:
    """Where the context of a session became shorter: as its source tells, else as the prompts of its calls show."""
    told = [
        Compaction(line.started_at, None, None, "told", line.id)
        for line in found
        if line.cube == "logs" and _SAID in line.name
    ]
    seen = [one for thread in _threads(found) for one in _drops(thread)]
    # A drop right after a line that tells of one is that one.
    alone: list[Compaction] = []
    for one in seen:
        near = next((at for at, other in enumerate(told) if 0 <= one.at - other.at < _SOON_US), None)
        if near is None:
            alone.append(one)
        else:
            told[near] = Compaction(told[near].at, one.before, one.after, "told", one.id)
    return sorted(told + alone, key=lambda one: one.at)


def _threads(found: Sequence[Line]) -> Iterable[list[Line]]:
    """The calls that go on from each other: of one model, of the main agent or of one task of a subagent."""
    threads: dict[tuple[str, str, str], list[Line]] = {}
    for line in found:
        # Which task of a subagent a call belongs to is told by its parent; where nothing tells, nothing is seen.
        if line.counts and line.prompt and not line.failed and (line.parent_id or not line.subagent):
            threads.setdefault((line.subagent, line.parent_id if line.subagent else "", line.name), []).append(line)
    return threads.values()


def _drops(thread: list[Line]) -> Iterable[Compaction]:
    largest = 0
    for at, line in enumerate(thread):
        prompt = line.prompt or 0
        following = thread[at + 1].prompt if at + 1 < len(thread) else None
        stays = following is None or following < largest * _STAYED
        if largest >= _WORTH_IT and prompt < largest * _DROPPED:
            if not stays:
                continue
            yield Compaction(line.started_at, largest, prompt, "seen", line.id)
        largest = prompt


def _within(session_id: str, source: str, others: Sequence[str]) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"session": session_id}
    rest = [name for name in others if name != source]
    values |= {f"o{number}": name for number, name in enumerate(rest)}
    names = ", ".join(f"$o{number}" for number in range(len(rest)))
    return f"session_id = $session{f' AND source NOT IN ({names})' if rest else ''}", values


def _reach(known: Sequence[Summary]) -> Quarters:
    """The quarter hours in which its records are; all where no call tells."""
    if not known:
        return None
    first, last = min(one.started_at for one in known), max(one.ended_at for one in known)
    return quarter_of(first) - _BESIDE, quarter_of(last) + _BESIDE


def _summaries(reading: Reading, where: str, values: dict[str, Any]) -> list[Summary]:
    """Sessions as the rollup has them, the earliest first."""
    if not reading.settle():
        return []
    columns = [
        *("session_id", "source", "parent_session_id", "started_at", "ended_at", "requests", "errors"),
        "input_tokens + cache_read_tokens + cache_write_tokens + output_tokens + unsplit_tokens",
        *("cost_usd", "unpriced", "agent", "project", '"user"'),
    ]
    rows = reading.rows(columns, "sessions", where, values, then="ORDER BY started_at, session_id")
    return [_summary(row) for row in rows]


def _summary(row: tuple[Any, ...]) -> Summary:
    session_id, source, parent, started, ended, requests, errors, tokens, cost, unpriced, agent, project, user = row
    nano = int(cost * 10**9)
    return Summary(
        session_id, source, parent, to_us(started), to_us(ended), int(requests), int(errors), int(tokens),
        None if unpriced and not nano else nano, agent, project, user,
    )  # fmt: skip


def _names(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(found) if name)
