"""What a record says of itself, in groups: for any kind of record, from its fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from tokometer.ledger.schema import ALL_TOKENS
from tokometer.measures import CUBES
from tokometer.measures.facts import FACTS
from tokometer.records import Record
from tokometer.records.units import BYTES, COUNT, MICROSECONDS, RATIO, TOKENS, USD, Unit

Type = Literal["text", "long", "number", "time", "flag"]


@dataclass(frozen=True, slots=True)
class Told:
    """One fact. Money is in nano-US-dollars, durations and times are in microseconds."""

    name: str
    title: str
    type: Type
    value: Any
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Facts that are read together."""

    title: str
    facts: tuple[Told, ...]


_TIMES: Final = (
    *("started_at", "ended_at", "latency_us", "ttft_us", "latency_estimated", "duration_us"),
    *("next_run_at", "released_at", "installed_at", "last_used_at"),
)
_WHOSE: Final = (
    *("project", "git_branch", "agent", "subagent", "user", "team", "api_key"),
    *("environment", "knowledge_base", "account"),
)
_NAMES: Final = (
    *("native_id", "session_id", "parent_session_id", "trace_id", "span_id", "parent_id"),
    *("request_id", "response_id", "call_id", "use_id", "run_id", "job_id", "invoice"),
)
_ORIGIN: Final = ("source", "way", "program", "machine", "region", "workspace", "revision", "origin")
#: Texts that have room of their own.
LONG: Final = ("message", "error_message", "stack_trace", "request", "response", "comment", "task", "description")
#: Shown elsewhere, or of no use to people.
_BUCKETS: Final = (*ALL_TOKENS, "reasoning_tokens", "estimated_tokens", "cost_reported", "cost_priced")
_APART: Final = ("labels", "parts", "quantities", "also_told", "pinned", "group", "price_version", "price_basis")
_GROUPS: Final = (("Time", _TIMES), ("Whose", _WHOSE), ("Names", _NAMES), ("Origin", _ORIGIN))
#: Of these, unlike of others, what is at its default says nothing.
_SILENT: Final = {"attempt": 1, "user_messages": 0, "revision": 0, "origin": 0}
_TITLES: Final[dict[str, str]] = {
    "started_at": "Began",
    "ended_at": "Ended",
    "latency_us": "Latency",
    "ttft_us": "Time to first token",
    "latency_estimated": "Latency is inferred",
    "duration_us": "Duration",
    "session_id": "Session",
    "parent_session_id": "Parent session",
    "trace_id": "Trace",
    "span_id": "Span",
    "parent_id": "Parent span",
    "native_id": "Id at its source",
    "call_id": "Call",
    "run_id": "Run",
    "cost_reported": "Cost reported",
    "cost_priced": "Cost computed",
    "git_branch": "Git branch",
    "api_key": "API key",
}
#: Fields that are nano-US-dollars, and fields that are moments.
MONEY: Final = (
    *("amount", "revenue", "cost_reported", "cost_priced", "stated_cost"),
    *("stated_amount", "list_amount", "estimated_cost"),
)
_TOKENS: Final = ("tokens", "stated_tokens", "context_window", "max_output_tokens")
TIMED: Final = ("started_at", "ended_at", "next_run_at", "released_at", "installed_at", "last_used_at")


def groups(record: Record) -> tuple[Group, ...]:
    """What is known of a record: first what it was, then when, whose, its names, and where it comes from."""
    apart_too = _BUCKETS if record.kind == "calls" else ()
    left = [name for name in record.__struct_fields__ if name not in (*_APART, *apart_too)]
    apart = {name for _, names in _GROUPS for name in names}
    what = [name for name in left if name not in apart]
    named = [("What", tuple(what)), *_GROUPS]
    made = (Group(title, tuple(_told(record, [name for name in names if name in left]))) for title, names in named)
    return tuple(group for group in made if group.facts)


def titled(kind: str, name: str) -> str:
    """What people call a field of a kind of record."""
    if name in _TITLES:
        return _TITLES[name]
    dimensions = CUBES[kind].dimensions.values()
    found = next((one.title for one in dimensions if one.column == name and not one.derive and not one.is_time), "")
    fact = FACTS[kind].get(name)
    return found or (fact.title if fact else name.replace("_", " ").capitalize())


def _told(record: Record, names: list[str]) -> Iterator[Told]:
    for name in names:
        value = getattr(record, name)
        # What is unknown is not there: it is not 0, and not the empty text.
        if value is None or value == "" or value == _SILENT.get(name) or value is False:
            continue
        yield Told(name, titled(record.kind, name), _type(name, value), value, _unit(name, value))


def _type(name: str, value: object) -> Type:
    if isinstance(value, bool):
        return "flag"
    if name in TIMED:
        return "time"
    return "number" if isinstance(value, int | float) else "long" if name in LONG else "text"


def _unit(name: str, value: object) -> Unit | None:
    if isinstance(value, bool | str) or name in TIMED or name in ("http_status", "revision", "origin"):
        return None
    if name.endswith("_us"):
        return MICROSECONDS
    if name in MONEY:
        return USD
    if name.endswith("_bytes"):
        return BYTES
    return TOKENS if name.endswith("_tokens") or name in _TOKENS else COUNT if isinstance(value, int) else RATIO
