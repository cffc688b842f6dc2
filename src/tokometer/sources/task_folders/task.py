"""A task as records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tokometer.records import AgentRun, ModelCall, Record, RecordError, ToolCall, infer_provider, provider_of, status_of
from tokometer.records.values import decimal, message
from tokometer.sources import folders
from tokometer.sources.documents import Item
from tokometer.sources.jsonl import json_object
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.task_folders.context import Context, Used
from tokometer.sources.task_folders.requests import Request, requests
from tokometer.sources.told import Told

if TYPE_CHECKING:
    from tokometer.sources.task_folders.tool import TaskTool

#: Who charges for the models of others: what a request cost is what they say.
_RESELLERS: Final = frozenset(
    {"openrouter", "cline", "cline-pass", "kilocode", "kilo", "requesty", "glama", "unbound", "roo", "vercel"}
)
#: Providers of which Cline writes down the input with the cache inside, as they do themselves.
_WHOLE_INPUT: Final = frozenset({"openai"})
#: A provider that is a program with transcripts of its own, in which every request is.
_HAS_TRANSCRIPTS: Final = "claude-code"
_HTTP: Final = re.compile(r"\b([45]\d\d)\b")
_TOTAL_BITS: Final = 40
_NEVER: Final = 1 << 62
_decode: Final = msgspec.json.Decoder(list[Any], float_hook=decimal).decode


class Task:
    """Makes records of the messages of one task."""

    def __init__(self, tool: TaskTool, path: Path, noticed: Noticed) -> None:
        self._tool = tool
        self._noticed = noticed
        self._id = path.parent.name
        self._context = Context(path.parent)
        self._home = _home(path)
        self._length = 0

    def items(self, content: bytes) -> Iterator[Item]:
        """Its requests and their tools.

        Raises:
            RecordError: It is no list of messages.
        """
        try:
            values = _decode(content)
        except (msgspec.DecodeError, UnicodeError, ArithmeticError):
            raise RecordError("", "is not a list of messages in JSON") from None
        self._length = len(values)
        found = sorted(requests(Told(value if isinstance(value, dict) else {}) for value in values), key=_when)
        whole = self._whole_input(found)
        ends = [_when(later) for _, later in pairwise(found)]
        for request, until in zip(found, [*ends, _NEVER], strict=False):
            at = _when(request)
            yield Item(request.position, partial(self._request, request, at, until, whole=whole))
            for position, said in request.tools:
                yield Item(position, partial(self._tool_use, said, request))
        if found and self._context.parent:
            yield Item(0, partial(self._run, found[0]))

    def _whole_input(self, found: list[Request]) -> bool:
        """Whether the inputs hold the cache: not where any of them is less than what came from the cache."""
        if not self._tool.whole_input:
            return False
        for request in found:
            try:
                fresh, read, written, _ = _counts(request.info())
            except RecordError:
                continue
            if fresh is not None and fresh < (read or 0) + (written or 0):
                return False
        return True

    def _request(self, request: Request, at: int, until: int, *, whole: bool) -> Iterator[Record]:
        kind = request.said.raw("say", "ask")
        if kind == "condense_context":
            yield from self._condensed(request, at, until)
            return
        started_at = request.said.needed(at or None, "ts")
        if request.failed:
            yield self._failure(request, started_at, until)
            return
        info = request.info()
        counts = _counts(info)
        reason = info.text("cancelReason")
        failed = info.message("streamingFailedMessage")
        done = any(count is not None for count in counts) or "cost" in info or reason or failed
        if not done and not request.closed:
            # Being made right now; it is met again once it has been answered.
            return
        used = self._used(request, at, until)
        if used.provider == _HAS_TRANSCRIPTS:
            self._noticed.add("event", "requests that are in Claude Code's transcripts", request.position)
            return
        call = self._call(f"{request.said.text('ts')}", started_at, used, request)
        if kind == "subagent_usage":
            call.subagent = "subagents"
        _put(call, counts, whole=whole or used.provider in _WHOLE_INPUT or info.raw("apiProtocol") == "openai")
        _charge(call, info.money("cost"))
        if reason == "user_cancelled":
            call.status = "cancelled"
        elif reason or failed:
            call.http_status, call.status, call.error_message = _failed(failed or reason)
        if upstream := info.text("inferenceProvider"):
            call.labels = {**(call.labels or {}), "inference_provider": upstream}
        yield call

    def _failure(self, request: Request, at: int, until: int) -> ModelCall:
        call = self._call(f"failed|{request.said.text('ts')}", at, self._used(request, at, until), request)
        call.http_status, call.status, call.error_message = _failed(request.text)
        call.cost_reported = 0
        return call

    def _condensed(self, request: Request, at: int, until: int) -> Iterator[Record]:
        """The request that made a long conversation shorter: only what it cost is known."""
        told = request.said.within("contextCondense")
        cost = told.money("cost")
        if cost:
            call = self._call(f"condense|{request.said.text('ts')}", at, self._used(request, at, until), request)
            call.operation, call.cost_reported = "condense", cost
            yield call

    def _used(self, request: Request, at: int, until: int) -> Used:
        own = request.said.within("modelInfo")
        known = self._context.used(at, until)
        if not own.text("modelId"):
            return known
        return Used(own.text("modelId"), own.text("providerId"), own.text("mode") or known.mode)

    def _call(self, name: str, at: int, used: Used, request: Request) -> ModelCall:
        if not used.model:
            self._noticed.add("model", "a request of a task that does not say which model", request.position)
        mode = used.mode or self._context.mode
        return ModelCall(
            source=self._tool.name,
            native_id=f"{self._id}|{name}",
            started_at=at,
            # More messages are a later state of the task.
            revision=self._length << _TOTAL_BITS,
            machine=host(),
            provider=(provider_of(used.provider) if used.provider else "") or infer_provider(used.model),
            model=used.model,
            session_id=self._id,
            parent_session_id=self._context.parent,
            project=folders.project(self._context.project, self._home),
            agent=self._tool.name,
            user_messages=request.asked,
            labels={"mode": mode} if mode else None,
        )

    def _tool_use(self, said: Told, request: Request) -> Iterator[Record]:
        name, server = _tool_name(said)
        if not name:
            return
        at = said.needed(said.moment("ts"), "ts")
        yield ToolCall(
            source=self._tool.name,
            native_id=f"{self._id}|tool|{said.text('ts')}|{name}",
            started_at=at,
            revision=self._length,
            machine=host(),
            name=name,
            server=server,
            # What was asked for may have been refused; what is said was done.
            status="ok" if said.raw("type") == "say" else "unknown",
            call_id=f"{self._id}|{request.said.text('ts')}",
            session_id=self._id,
            project=folders.project(self._context.project, self._home),
            agent=self._tool.name,
        )

    def _run(self, first: Request) -> Iterator[Record]:
        """A task that another task gave: the run of a subagent."""
        yield AgentRun(
            source=self._tool.name,
            native_id=self._id,
            started_at=first.said.needed(first.said.moment("ts"), "ts"),
            machine=host(),
            agent=self._context.mode or "subtask",
            role="subagent",
            session_id=self._id,
            parent_session_id=self._context.parent,
            project=folders.project(self._context.project, self._home),
        )


def _when(request: Request) -> int:
    try:
        return request.said.moment("ts") or 0
    except RecordError:
        return 0


def _counts(info: Told) -> tuple[int | None, int | None, int | None, int | None]:
    """Input, read from the cache, written to it, output."""
    return info.whole("tokensIn"), info.whole("cacheReads"), info.whole("cacheWrites"), info.whole("tokensOut")


def _put(call: ModelCall, counts: tuple[int | None, ...], *, whole: bool) -> None:
    """Give a call its tokens; where all of them are 0, the provider did not say."""
    if not any(counts):
        return
    fresh, read, written, output = (count or 0 for count in counts)
    if whole and fresh >= read + written:
        fresh -= read + written
    call.input_tokens, call.cache_read_tokens, call.cache_write_unknown_tokens = fresh, read, written
    call.output_tokens = output
    call.revision += min(fresh + read + written + output + 1, (1 << _TOTAL_BITS) - 1)


def _charge(call: ModelCall, cost: int | None) -> None:
    """What a reseller charged; for others it is the tool's estimate, taken only where nobody knows a price."""
    if cost is not None and (call.provider in _RESELLERS or (cost and not infer_provider(call.model))):
        call.cost_reported = cost


def _failed(text: str) -> tuple[int | None, Any, str]:
    code = _HTTP.search(text)
    http = int(code[1]) if code else None
    return http, status_of(http, text), message(text.strip())


def _tool_name(said: Told) -> tuple[str, str]:
    """The tool that a message is about, and its MCP server."""
    kind = said.raw("say", "ask")
    if kind == "command":
        return "execute_command", ""
    if kind == "browser_action_launch":
        return "browser_action", ""
    try:
        told = Told(json_object(str(said.raw("text"))), "text.")
    except RecordError:
        return "", ""
    if kind == "use_mcp_server":
        return told.text("toolName") or told.text("type"), told.text("serverName")
    return told.text("tool"), ""


def _home(path: Path) -> str:
    """The home folder that an editor's storage is in."""
    return folders.home_above(path, ".config", "Library", "AppData", ".local") or folders.home_above(
        path, *(part for part in path.parts if part.startswith(".") and len(part) > 1)
    )
