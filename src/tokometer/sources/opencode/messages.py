"""A message of the model with its parts: the calls, tools and failed attempts that it is made of.

OpenCode calls the model again and again within one message; each of these calls is a step, and the message's own tokens
are those of the last one. A fork of a session copies its messages under new ids, so nothing is named by them: a call is
named by the moment at which its message was begun, its model, and what it used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from tokometer.records import ModelCall, Record, RecordError, ToolCall
from tokometer.records.providers import provider_of
from tokometer.sources.noticed import Noticed
from tokometer.sources.opencode.places import SOURCE_NAME
from tokometer.sources.opencode.usage import UNKNOWN, Buckets, Failure, buckets_of, failure_of
from tokometer.sources.told import Told

AGENT: Final = SOURCE_NAME
#: Parts that are known to be without usage.
_SILENT: Final = frozenset({"file", "snapshot", "patch", "agent", "subtask", "compaction"})
_ENDS: Final[dict[str, Literal["ok", "error"]]] = {"completed": "ok", "error": "error"}
#: Words of an error of a tool that a person did not let run.
_REJECTED: Final = ("rejected permission", "user dismissed", "specified a rule", "user rejected")
_LONGEST_US: Final = 24 * 3_600_000_000


class Session(NamedTuple):
    """What is known of a session."""

    id: str
    parent_id: str = ""
    project: str = ""
    title: str = ""
    started_at: int = 0


class _Step:
    """One call of the model within a message."""

    def __init__(self, began: int) -> None:
        self.began = began
        self.first: int | None = None
        self.last: int | None = None
        #: When the last of its tools ended, so that the next step began.
        self.done = began
        self.begun = False
        self.finish: Told | None = None

    def spoke(self, start: int | None, end: int | None) -> None:
        """Note something that the model wrote."""
        if start is not None and (self.first is None or start < self.first):
            self.first = start
        self._until(end)

    def used(self, start: int | None, end: int | None) -> None:
        """Note a tool that was used: the model had spoken when it began."""
        self._until(start)
        if end is not None:
            self.done = max(self.done, end)

    def _until(self, at: int | None) -> None:
        if at is not None:
            self.last = at if self.last is None else max(self.last, at)
            self.done = max(self.done, at)


class Message:
    """A message of the model; :meth:`records` says what it is made of."""

    def __init__(
        self, told: Told, parts: Sequence[Mapping[str, Any]], session: Session, noticed: Noticed, position: int
    ) -> None:
        """`parts` are in their order.

        Raises:
            RecordError: Nothing can be made of it.
        """
        self._told = told
        self._parts = parts
        self._session = session
        self._noticed = noticed
        self._position = position
        times = told.within("time")
        self.began = told.needed(times.moment("created"), "time.created")
        self._completed = times.moment("completed")
        self._model = told.text("modelID") or told.within("model").text("modelID", "id")
        self._provider = told.text("providerID") or told.within("model").text("providerID")
        self._error = failure_of(told.within("error")) if "error" in told else None
        self._attempts = 0
        self._seen: Counter[str] = Counter()

    def records(self, people: int, revision: int) -> Iterator[Record]:
        """Its calls and tools. `people` is how many messages people wrote before it."""
        steps = [_Step(self.began)]
        failed: list[ModelCall] = []
        tools: list[ToolCall] = []
        for part in self._parts:
            self._take(Told(part, "part."), steps, failed, tools)
        open_step = steps.pop()
        finished = steps or self._bare(open_step)
        calls = [*failed, *(self._call(step, len(finished)) for step in finished)]
        if self._error is not None and finished and not steps:
            # Nobody says of which step it is: the message's tokens are those of the request that went wrong.
            calls[-1].status, calls[-1].error_message, calls[-1].http_status = self._error
        elif self._error is not None and (open_step.begun or not finished):
            calls.append(self._failed(open_step.began, self._error, "error"))
        if calls:
            calls[0].user_messages = people
        for record in (*calls, *tools):
            record.revision += revision
            yield record

    # -- parts -----------------------------------------------------------------------------------------------------

    def _take(self, part: Told, steps: list[_Step], failed: list[ModelCall], tools: list[ToolCall]) -> None:
        kind, step = part.text("type"), steps[-1]
        step.begun = True
        if kind == "step-finish":
            step.finish = part
            steps.append(_Step(step.done))
        elif kind in ("text", "reasoning"):
            times = part.within("time")
            step.spoke(times.moment("start"), times.moment("end"))
        elif kind == "tool":
            times = part.within("state").within("time")
            start, end = times.moment("start"), times.moment("end")
            step.used(start, end)
            tools.append(self._tool(part, start or step.done, start, end))
        elif kind == "retry":
            self._attempts = part.whole("attempt") or self._attempts + 1
            at = part.within("time").moment("created") or step.done
            failed.append(self._failed(at, failure_of(part.within("error")), "retry"))
        elif kind not in _SILENT and kind != "step-start":
            self._noticed.add("event", f"part of type {kind or '(none)'}", self._position)

    def _bare(self, step: _Step) -> list[_Step]:
        """Of a message without steps, the one call that it then is."""
        if "tokens" not in self._told:
            return []
        if not any(buckets_of(self._told.within("tokens"), self._noticed, self._position)):
            return []
        step.finish = self._told
        return [step]

    def _call(self, step: _Step, of: int) -> ModelCall:
        finish = step.finish or Told({})
        used = buckets_of(finish.within("tokens"), self._noticed, self._position)
        cost = finish.money("cost")
        until, estimated = step.last, True
        if of == 1 and self._completed is not None and not any(part.get("type") == "tool" for part in self._parts):
            until, estimated = self._completed, False
        latency = None if until is None else until - step.began
        if latency is not None and not 0 < latency <= _LONGEST_US:
            latency = None
        call = self._made(step.began, used, self._name(used))
        call.stop_reason = finish.text("reason", "finish")
        call.attempt = self._attempts + 1
        call.latency_us = latency
        call.latency_estimated = estimated and latency is not None
        if (
            step.first is not None
            and step.first >= step.began
            and (latency is None or step.first - step.began <= latency)
        ):
            call.ttft_us = step.first - step.began
        call.cost_reported = cost or None
        self._attempts = 0
        return call

    def _failed(self, at: int, failure: Failure, kind: str) -> ModelCall:
        call = self._made(at, UNKNOWN, f"{self._name(UNKNOWN)}:{kind}:{at // 1000}")
        call.status, call.error_message, call.http_status = failure
        call.attempt = max(1, self._attempts)
        return call

    def _made(self, at: int, used: Buckets, name: str) -> ModelCall:
        session, told = self._session, self._told
        mode = told.text("agent", "mode")
        if not self._model:
            self._noticed.add("model", "(none)", self._position)
        return ModelCall(
            source=SOURCE_NAME,
            native_id=name,
            started_at=at,
            origin=session.started_at,
            provider=provider_of(self._provider),
            model=self._model,
            input_tokens=used.input,
            cache_read_tokens=used.cache_read,
            cache_write_unknown_tokens=used.cache_write,
            output_tokens=used.output,
            reasoning_tokens=used.reasoning,
            unsplit_tokens=used.unsplit,
            session_id=session.id,
            parent_session_id=session.parent_id,
            project=self._project,
            agent=AGENT,
            subagent=(mode or "subagent") if session.parent_id else "",
            labels={"mode": mode} if mode and not session.parent_id else None,
        )

    def _name(self, used: Buckets) -> str:
        name = f"{self.began // 1000}:{self._provider}/{self._model}:{used.shown}"
        self._seen[name] += 1
        # Two steps of one message can use the very same.
        return name if self._seen[name] == 1 else f"{name}:{self._seen[name]}"

    def _tool(self, part: Told, at: int, start: int | None, end: int | None) -> ToolCall:
        state = part.within("state")
        ended = _ENDS.get(state.text("status"))
        wrong = state.message("error")
        rejected = ended == "error" and any(words in wrong.lower() for words in _REJECTED)
        use = part.text("callID")
        name = part.text("tool") or "(unnamed)"
        changed = _changed(state)
        return ToolCall(
            source=SOURCE_NAME,
            native_id=f"{self.began // 1000}:{use or f'{name}:{at}'}",
            started_at=at,
            origin=self._session.started_at,
            revision=2 if ended else 0,
            name=name,
            use_id=use,
            status="cancelled" if rejected else ended or "unknown",
            error_message=wrong,
            duration_us=end - start if start is not None and end is not None and end >= start else None,
            lines_added=changed.whole("additions"),
            lines_removed=changed.whole("deletions"),
            session_id=self._session.id,
            project=self._project,
            agent=AGENT,
            subagent=(self._told.text("agent", "mode") or "subagent") if self._session.parent_id else "",
        )

    @property
    def _project(self) -> str:
        return self._session.project or self._told.within("path").text("root", "cwd")


def _changed(state: Told) -> Told:
    """How many lines a tool changed, where it says so."""
    try:
        return state.within("metadata").within("filediff")
    except RecordError:
        return Told({})


def is_answer(told: Told) -> bool:
    """Whether a message is the model's."""
    return told.text("role") == "assistant"


def in_order(parts: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Mapping[str, Any]]:
    """Parts by their ids, which ascend."""
    return [part for _, part in sorted(parts, key=lambda one: one[0])]
