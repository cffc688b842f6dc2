"""A session's entries, which are the same in a line of a file and in a row of a database.

What a session was told of is remembered between two readings, and nothing of what was said in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from tokometer.records import AgentRun, ModelCall, Record, RecordError, ToolCall
from tokometer.records.providers import provider_of
from tokometer.records.values import MAX_DURATION_US
from tokometer.sources.folders import home_above, project
from tokometer.sources.jsonl import json_object
from tokometer.sources.noticed import Noticed
from tokometer.sources.openclaw.keys import BY_PROGRAMS
from tokometer.sources.openclaw.places import FOLDERS, SOURCE_NAME, Place
from tokometer.sources.openclaw.sessions import READ_OFF, STATED, Known, Outcome
from tokometer.sources.openclaw.usage import Buckets, Ending, buckets_of, ending_of
from tokometer.sources.told import Told

#: What OpenClaw writes as an assistant's message and no model said: what it delivered, or put in by itself.
_MIRRORS: Final = frozenset({"delivery-mirror", "gateway-injected"})
#: Programs that OpenClaw lets answer, and that write transcripts of their own: every call counts there.
_OTHER_PROGRAMS: Final = frozenset({"claude-cli", "codex-cli"})
#: Entries and roles that are known to be without usage.
_ENTRIES: Final = frozenset(
    {"thinking_level_change", "compaction", "branch_summary", "custom", "custom_message", "label", "session_info"}
    | {"leaf", "message_metadata", "session_state", "active_tools_change"}
    # What a child used stands in its own transcript.
    | {"child_usage_attributed"}
)
#: Rows beside the entries in cold storage, which tell of them.
_ROWS: Final = frozenset({"identity", "active", "index", "fts"})
_ROLES: Final = frozenset({"system", "developer", "bashExecution", "custom", "branchSummary", "compactionSummary"})
_TOOL_USES: Final = frozenset({"toolCall", "toolUse", "tool_use", "functionCall"})
_OUTCOMES: Final[dict[str, Outcome]] = {"stop": "ok", "length": "ok", "error": "error", "aborted": "cancelled"}
#: Who speaks in a user's message, where it is said to be no person.
_PROGRAMS: Final = frozenset({"inter_session", "internal_system"})
#: An answer that was written down the moment it began was not timed.
_INSTANT_US: Final = 20_000
_LONGEST_CALL_US: Final = 3_600_000_000
#: Uses of tools that wait for their result. A session that leaves more behind has lost them.
_MOST_WAITING: Final = 200


class Waiting(msgspec.Struct):
    """A use of a tool that has no result yet."""

    id: str
    name: str
    at: int
    #: The call that asked for it.
    owner: str


class SessionMemory(msgspec.Struct):
    """What is remembered of a session between two readings of it."""

    id: str = ""
    parent: str = ""
    cwd: str = ""
    started: int = 0
    last: int = 0
    provider: str = ""
    model: str = ""
    stop: str = ""
    #: Messages of people, and calls that failed, since the last call that did not.
    people: int = 0
    failed: int = 0
    waiting: dict[str, Waiting] = {}


class Session:
    """One reading of one session: takes its new entries in their order, then says what it is as a whole."""

    def __init__(
        self,
        place: Place,
        memory: SessionMemory,
        known: Callable[[str], Known],
        parent: Callable[[Known], str],
        home: str,
        source: str = SOURCE_NAME,
    ) -> None:
        """Go on where `memory` left it.

        `known` says what is known of a session by its id, `parent` the id of the one that it was spawned by; `home` is
        the home folder of whoever's it is; `source` is another one's that has the same entries (pi, which OpenClaw is
        built upon).
        """
        self._source = source
        self.memory = memory
        self._place = place
        self._known_by_id = known
        self._parent_of = parent
        self._home = home
        self._known: Known | None = None
        self._taken = False

    def take(self, entry: dict[str, Any], noticed: Noticed, offset: int) -> Iterator[Record]:
        """The records that an entry means; `offset` is where it stands.

        Raises:
            RecordError: Something in it cannot be believed.
        """
        told, memory = Told(entry), self.memory
        kind = told.text("type")
        if not kind and "kind" in told:
            yield from self._stored(told, noticed, offset)
        elif kind == "session":
            self._begin(told)
        elif kind == "model_change":
            memory.provider, memory.model = told.text("provider"), told.text("modelId")
        elif kind == "custom" and told.text("customType") == "model-snapshot":
            data = told.within("data")
            memory.provider, memory.model = data.text("provider"), data.text("modelId")
        elif kind == "message":
            yield from self._message(told, noticed, offset)
        elif kind not in _ENTRIES:
            noticed.add("line", kind or "(none)", offset)

    def finish(self) -> Iterable[Record]:
        """The session as a run of its agent, where anything of it was taken."""
        memory = self.memory
        if not self._taken or not memory.last or self._place.copy:
            return
        known = self._of_session()
        stated = known.status != "unknown"
        yield AgentRun(
            source=self._source,
            native_id=f"session:{self._id}",
            started_at=min(memory.started or memory.last, memory.last),
            revision=STATED + known.updated_at if stated else READ_OFF + memory.last,
            agent=self._agent,
            status=known.status if stated else _OUTCOMES.get(memory.stop, "unknown"),
            ended_at=known.ended_at or memory.last,
            task=known.label,
            role=known.key.kind,
            session_id=self._id,
            parent_session_id=self._parent,
            project=project(memory.cwd, self._home),
            model=memory.model,
            labels=known.labels,
        )

    # -- entries ---------------------------------------------------------------------------------------------------

    def _stored(self, told: Told, noticed: Noticed, offset: int) -> Iterator[Record]:
        """A line of cold storage: rows of the database, of which one column is the entry."""
        kind = told.text("kind")
        if kind == "header":
            self.memory.id = told.text("sessionId") or self.memory.id
        elif kind == "event":
            yield from self.take(json_object(_entry_in(told)), noticed, offset)
        elif kind not in _ROWS:
            noticed.add("line", f"row of kind {kind}", offset)

    def _begin(self, told: Told) -> None:
        memory = self.memory
        memory.id = told.text("id") or self._place.session_id
        memory.cwd = told.text("cwd")
        memory.started = told.moment("timestamp") or 0
        # A path, or an id: the name of the file is the session's.
        parent = told.text("parentSession", "parentSessionId").replace("\\", "/").rpartition("/")[2]
        memory.parent = parent.partition(".")[0]
        self._known = None

    def _message(self, told: Told, noticed: Noticed, offset: int) -> Iterator[Record]:
        message = told.within("message")
        role = message.text("role")
        at = told.moment("timestamp") or message.moment("timestamp")
        if role == "assistant":
            yield from self._answer(told, message, at, noticed, offset)
        elif role in ("toolResult", "tool"):
            yield from self._result(message, at, noticed, offset)
        elif role == "user":
            if message.within("provenance").text("kind") not in _PROGRAMS and not self._by_program:
                self.memory.people += 1
        elif role not in _ROLES:
            noticed.add("line", f"message of role {role or '(none)'}", offset)
            return
        self._seen(at)

    def _answer(self, told: Told, message: Told, at: int | None, noticed: Noticed, offset: int) -> Iterator[Record]:
        memory = self.memory
        model = message.text("model", "responseModel") or memory.model
        provider = message.text("provider") or memory.provider
        if model in _MIRRORS:
            return
        if provider in _OTHER_PROGRAMS:
            noticed.add("event", f"an answer by {provider}, which writes its own transcripts", offset)
            return
        began = message.moment("timestamp") or at
        if began is None:
            raise RecordError("timestamp", "is missing")
        used, ending = buckets_of(message, noticed, offset), ending_of(message)
        if "usage" not in message and ending.status == "ok":
            noticed.add("usage", "an answer without usage", offset)
        call = self._call(told, message, _Answer(model, provider, began, at, used, ending))
        memory.model, memory.provider, memory.stop = model, provider, message.text("stopReason")
        memory.failed = 0 if call.status == "ok" else memory.failed + 1
        memory.people = 0
        if not model:
            noticed.add("model", "(none)", offset)
        yield call
        content = message.raw("content")
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict) and block.get("type") in _TOOL_USES:
                yield self._use(Told(block, "message.content."), call, at or began)

    def _call(self, told: Told, message: Told, answer: _Answer) -> ModelCall:
        memory, used, ending = self.memory, answer.used, answer.ending
        name = f"{answer.began // 1000}:{answer.provider}/{answer.model}:{used.shown}"
        counted = used.output is not None or used.unsplit is not None
        if not counted:
            # Nothing that was used tells it from another that failed in the same millisecond.
            name = f"{name}:{told.text('id') or self._id}"
        known = self._of_session()
        latency = None if answer.at is None else answer.at - answer.began
        if latency is not None and not _INSTANT_US < latency <= _LONGEST_CALL_US:
            latency = None
        return ModelCall(
            source=self._source,
            native_id=name,
            pinned=True,
            started_at=answer.began,
            origin=memory.started,
            # What the run of a job says that it used in all gives way to calls that say what they used.
            group=f"session:{self._id}" if counted else "",
            provider=provider_of(answer.provider),
            model=answer.model,
            status=ending.status,
            error_message=ending.message,
            http_status=ending.http_status,
            stop_reason=message.text("stopReason"),
            attempt=memory.failed + 1,
            request_id=ending.request_id,
            response_id=message.text("responseId"),
            latency_us=latency,
            latency_estimated=latency is not None,
            input_tokens=used.input,
            cache_read_tokens=used.cache_read,
            cache_write_1h_tokens=used.cache_write_1h,
            cache_write_unknown_tokens=used.cache_write,
            output_tokens=used.output,
            reasoning_tokens=used.reasoning,
            unsplit_tokens=used.unsplit,
            cost_reported=used.cost,
            user_messages=memory.people,
            session_id=self._id,
            parent_session_id=self._parent,
            project=project(memory.cwd, self._home),
            agent=self._agent,
            subagent=(known.label or "subagent") if known.key.kind == "subagent" else "",
            labels=known.labels,
        )

    def _use(self, block: Told, call: ModelCall, at: int) -> ToolCall:
        waiting = Waiting(block.text("id", "toolCallId"), block.text("name", "toolName"), at, call.native_id)
        if waiting.id:
            if len(self.memory.waiting) >= _MOST_WAITING:
                del self.memory.waiting[next(iter(self.memory.waiting))]
            self.memory.waiting[waiting.id] = waiting
        return self._tool(waiting)

    def _result(self, message: Told, at: int | None, noticed: Noticed, offset: int) -> Iterator[ToolCall]:
        id_ = message.text("toolCallId", "toolUseId")
        waiting = self.memory.waiting.pop(id_, None)
        if waiting is None:
            # A fork can begin between a use and its result.
            noticed.add("event", "a result of a tool that nobody used here", offset)
            return
        used = self._tool(waiting)
        failed = message.raw("isError") is True
        used.revision, used.status = 1, "error" if failed else "ok"
        if failed:
            used.error_message = _first_text(message.raw("content"))
        measured = message.within("details").milliseconds("durationMs") if _is_object(message.raw("details")) else None
        took = measured if measured is not None else at - waiting.at if at is not None else None
        if took is not None and 0 <= took <= MAX_DURATION_US:
            used.duration_us = took
        yield used

    def _tool(self, used: Waiting) -> ToolCall:
        server = used.name.split("__")[1] if used.name.startswith("mcp__") and used.name.count("__") > 1 else ""
        known = self._of_session()
        return ToolCall(
            source=self._source,
            native_id=f"{used.owner}:{used.id or used.name}",
            started_at=used.at,
            origin=self.memory.started,
            name=used.name or "(unnamed)",
            server=server,
            call_id=used.owner,
            use_id=used.id,
            session_id=self._id,
            project=project(self.memory.cwd, self._home),
            agent=self._agent,
            subagent=(known.label or "subagent") if known.key.kind == "subagent" else "",
        )

    # -- whose it is -----------------------------------------------------------------------------------------------

    @property
    def _id(self) -> str:
        return self.memory.id or self._place.session_id

    @property
    def _agent(self) -> str:
        return self._of_session().key.agent or self._place.agent

    @property
    def _parent(self) -> str:
        return self._parent_of(self._of_session()) or self.memory.parent

    @property
    def _by_program(self) -> bool:
        return self._of_session().key.kind in BY_PROGRAMS

    def _of_session(self) -> Known:
        if self._known is None:
            self._known = self._known_by_id(self._id)
        return self._known

    def _seen(self, at: int | None) -> None:
        self._taken = True
        if at is not None:
            self.memory.last = max(self.memory.last, at)
            if not self.memory.started:
                self.memory.started = at


class _Answer(msgspec.Struct, frozen=True):
    """What was made out of an assistant's message."""

    model: str
    provider: str
    began: int
    at: int | None
    used: Buckets
    ending: Ending


def home_of(place: Place) -> str:
    """The home folder that OpenClaw's own is in, as far as a path shows it."""
    return home_above(place.sessions, *FOLDERS)


def _entry_in(told: Told) -> str:
    text = told.within("row").raw("event_json")
    if not isinstance(text, str):
        raise RecordError("row.event_json", "is missing")
    return text


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _first_text(content: object) -> str:
    """What a tool said went wrong; the gate cuts it, and masks what looks like a secret."""
    if isinstance(content, str):
        return content
    for block in content if isinstance(content, list) else ():
        if isinstance(block, dict) and isinstance(block.get("text"), str):
            text: str = block["text"]
            return text[:2_000]
    return ""
