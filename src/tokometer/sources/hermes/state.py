"""The database as records: sessions with what they used, and their tools.

Newer versions add up by model and task beside the session's own sum, which holds what the agent itself used and not
what its helpers did (titles, summaries). What the agent's parts do not account for, because they were not kept from the
beginning, is told for the session.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from tokometer.records import AgentRun, ModelCall, Record, RecordError, ToolCall, infer_provider, provider_of
from tokometer.records.record import MAX_TOKENS
from tokometer.sources import folders
from tokometer.sources.database import DatabaseReader, Tables
from tokometer.sources.documents import Item
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told
from tokometer.sources.totals import charged, covering, total

NAME: Final = "hermes"
_BUCKETS: Final = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
#: Parts that were begun so much later (microseconds) do not tell of a session's beginning.
_LATER_US: Final = 3_600_000_000
_PARTS: Final = 1 << 40
_MESSAGES: Final = 1 << 41
#: Words of how a session ended that are no success.
_ENDS: Final[dict[str, Literal["ok", "error", "cancelled"]]] = {
    "error": "error",
    "failed": "error",
    "crash": "error",
    "cancelled": "cancelled",
    "interrupted": "cancelled",
}
_NONE: Final = frozenset({"", "auto", "custom"})


class Use(msgspec.Struct, array_like=True):
    """A use of a tool whose outcome is still to come."""

    started_at: int
    name: str
    session: str


class Kept(msgspec.Struct):
    """What is remembered of a database."""

    #: The last message that was looked at.
    message: int = 0
    uses: dict[str, Use] = msgspec.field(default_factory=dict)


class State(DatabaseReader[Kept]):
    """One reading of one database."""

    Memory = Kept

    def __init__(self, path: Path, tables: Tables, memory: Kept, noticed: Noticed) -> None:
        super().__init__(path, tables, memory, noticed)
        self._home = folders.home_above(path, ".hermes")

    def items(self) -> Iterable[Item]:
        """Every session with its parts, and the messages that are new."""
        if not self.tables.has("sessions", "id", "started_at"):
            self.noticed.add("file", "a database without sessions")
            return
        self.tables.expect("sessions", "input_tokens", "output_tokens")
        self.tables.expect("session_model_usage", "output_tokens", "task")
        parts: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        if self.tables.has("session_model_usage", "session_id", "model", *_BUCKETS[:2]):
            for row in self.tables.rows("SELECT rowid AS position, * FROM session_model_usage"):
                parts[str(row["session_id"])].append(row)
        for row in self.tables.rows("SELECT rowid AS position, * FROM sessions"):
            yield Item(row["position"], partial(self._session, row, parts.pop(str(row["id"]), [])))
        if self.tables.has("messages", "id", "session_id", "role", "tool_calls", "tool_call_id", "timestamp"):
            yield from self._messages()

    def _session(self, row: Mapping[str, Any], parts: list[Mapping[str, Any]]) -> Iterator[Record]:
        told = Told(row)
        session = told.needed(told.text("id"), "id")
        started_at = told.needed(told.moment("started_at"), "started_at")
        calls: list[ModelCall] = []
        for part in parts:
            made = list(self._part(Told(part), session, started_at, told))
            yield from made
            # A task is a helper's, whose use is not in the session's sum.
            calls += made if not part.get("task") else ()
        rest = self._call(told, session, started_at, told)
        begun = min((call.started_at for call in calls), default=started_at)
        for call in calls:
            _take_out(rest, call)
        if total(rest) or (calls and begun - started_at > _LATER_US):
            # The second: an older version counted the session as one, before there were parts.
            changed = _changed(told, len(parts))
            yield covering(rest, updated_at=changed, requests=None if calls else told.whole("api_call_count"))
        yield self._run(told, session, started_at)

    def _part(self, part: Told, session: str, started_at: int, whole: Told) -> Iterator[ModelCall]:
        names = ("model", "billing_provider", "billing_base_url", "billing_mode", "task")
        name = "|".join(part.text(key) for key in names)
        call = self._call(part, f"{session}|{name}", part.moment("first_seen") or started_at, whole)
        if part.text("task"):
            call.operation = part.text("task")
        if total(call):
            yield covering(call, updated_at=part.moment("last_seen"), requests=part.whole("api_call_count"))

    def _call(self, told: Told, native_id: str, at: int, whole: Told) -> ModelCall:
        fresh, read, written, output, reasoning = (told.whole(name) or 0 for name in _BUCKETS)
        model, by = told.text("model"), told.text("billing_provider")
        if not model:
            self.noticed.add("model", "a session that does not say which")
        actual = told.money("actual_cost_usd") or None
        call = ModelCall(
            source=NAME,
            native_id=native_id,
            started_at=at,
            machine=host(),
            provider=(provider_of(by) if by not in _NONE else "") or infer_provider(model),
            model=model,
            input_tokens=fresh,
            cache_read_tokens=read,
            cache_write_unknown_tokens=written,
            output_tokens=output,
            reasoning_tokens=min(reasoning, output),
            cost_reported=actual or charged(model, told.money("estimated_cost_usd")),
            session_id=whole.text("id"),
            parent_session_id=whole.text("parent_session_id"),
            project=folders.project(whole.text("cwd", "working_dir"), self._home),
            git_branch=whole.text("git_branch"),
            agent=NAME,
            user=whole.text("user_id"),
        )
        labels = {"channel": whole.text("source"), "billing": told.text("billing_mode")}
        call.labels = {key: value for key, value in labels.items() if value}
        return call

    def _run(self, told: Told, session: str, started_at: int) -> AgentRun:
        ended_at, end = told.moment("ended_at"), told.text("end_reason")
        return AgentRun(
            source=NAME,
            native_id=session,
            started_at=started_at,
            revision=1 if ended_at else 0,
            machine=host(),
            agent=NAME,
            role="subagent" if "subagent" in told.text("source") else "main",
            status=_ENDS.get(end, "ok") if ended_at else "unknown",
            ended_at=ended_at,
            session_id=session,
            parent_session_id=told.text("parent_session_id"),
            project=folders.project(told.text("cwd", "working_dir"), self._home),
            model=told.text("model"),
        )

    def _messages(self) -> Iterator[Item]:
        query = (
            "SELECT id, session_id, role, tool_calls, tool_call_id, timestamp FROM messages "
            "WHERE id > ? AND (tool_calls IS NOT NULL OR role = 'tool') ORDER BY id"
        )
        if self.tables.last("messages", "id") < self.memory.message:
            # The database was made anew.
            self.memory.message = 0
        for row in self.tables.rows(query, (self.memory.message,)):
            self.memory.message = row["id"]
            yield Item(_MESSAGES + row["id"], partial(self._message, row))

    def _message(self, row: Mapping[str, Any]) -> Iterator[Record]:
        told = Told(row)
        at = told.needed(told.moment("timestamp"), "timestamp")
        if told.text("role") == "tool":
            use_id = told.text("tool_call_id")
            use = self.memory.uses.pop(use_id, None)
            if use is not None:
                tool = self._tool(use_id, use)
                tool.revision, tool.duration_us = 1, max(0, at - use.started_at)
                yield tool
            return
        for call in _calls(row["tool_calls"]):
            use_id = call.text("id", "call_id")
            name = call.within("function").text("name") or call.text("name")
            if use_id and name:
                use = Use(at, name, told.text("session_id"))
                self.memory.uses[use_id] = use
                yield self._tool(use_id, use)
        while len(self.memory.uses) > 1 << 8:
            del self.memory.uses[next(iter(self.memory.uses))]

    def _tool(self, use_id: str, use: Use) -> ToolCall:
        return ToolCall(
            source=NAME,
            native_id=f"{use.session}|{use_id}",
            started_at=use.started_at,
            machine=host(),
            name=use.name,
            server=use.name.split("_")[1] if use.name.startswith("mcp_") and use.name.count("_") > 1 else "",
            use_id=use_id,
            session_id=use.session,
            agent=NAME,
        )


def _take_out(rest: ModelCall, call: ModelCall) -> None:
    """What is left of a session's sum without one of its parts."""
    rest.input_tokens = max(0, (rest.input_tokens or 0) - (call.input_tokens or 0))
    rest.cache_read_tokens = max(0, (rest.cache_read_tokens or 0) - (call.cache_read_tokens or 0))
    written = (rest.cache_write_unknown_tokens or 0) - (call.cache_write_unknown_tokens or 0)
    rest.cache_write_unknown_tokens = max(0, written)
    rest.output_tokens = max(0, (rest.output_tokens or 0) - (call.output_tokens or 0))
    reasoning = max(0, (rest.reasoning_tokens or 0) - (call.reasoning_tokens or 0))
    rest.reasoning_tokens = min(reasoning, rest.output_tokens)
    rest.cost_reported = None


def _changed(told: Told, parts: int) -> int:
    """How late a version of what is left of a session is: its counts only grow, and its parts take from them."""
    return min(sum(told.whole(name) or 0 for name in _BUCKETS[:4]), MAX_TOKENS) << 8 | min(parts, 255)


def _calls(text: object) -> Iterator[Told]:
    if not isinstance(text, str) or not text:
        return
    try:
        values = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordError("tool_calls", "is not JSON") from None
    yield from (Told(value, "tool_calls.") for value in values if isinstance(value, dict))
