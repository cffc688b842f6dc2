"""A message of a chat as the records that it means.

A message is written again whenever something is added to it, and what was taken back (`$rewindTo`) was billed all the
same. So every version is made a record, of which the last one wins; nothing is taken away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from tokometer.records import AgentRun, ModelCall, Record, ToolCall, infer_provider, status_of
from tokometer.records.values import message
from tokometer.sources import gemini_usage
from tokometer.sources.gemini_cli.places import NAME, Place, subagent_of
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

#: What we know of a message's tokens.
_TOKENS: Final = frozenset({"input", "output", "cached", "thoughts", "tool", "total"})
#: Kinds of messages that stand for no request.
_QUIET: Final = frozenset({"warning", "compression", "about", "help", "stats", "quit"})
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HTTP: Final = re.compile(r"(?:status|code|error)\W{0,16}([45]\d\d)\b", re.IGNORECASE)
_CANCELLED: Final = re.compile(r"\W*(request|user) cancelled", re.IGNORECASE)

ToolStatus = Literal["ok", "error", "cancelled", "unknown"]
_STATUSES: Final[dict[str, ToolStatus]] = {"success": "ok", "error": "error", "cancelled": "cancelled"}
_UNFINISHED: Final = frozenset({"validating", "scheduled", "executing", "awaiting_approval", "approved"})


class Session(msgspec.Struct):
    """What is known of a chat so far; remembered between two readings."""

    id: str = ""
    subagent: bool = False
    project: str = ""
    #: The model that answered last.
    model: str = ""
    #: Messages of people since the last call.
    asked: int = 0
    begun: int = 0


class Messages:
    """Makes records of the messages of one chat; `name` is the source's: descendants of Gemini CLI have their own."""

    def __init__(
        self, place: Place, session: Session, noticed: Noticed, name: str = NAME, provider: str = "google"
    ) -> None:
        self._name = name
        self._provider = provider
        self._place = place
        self._session = session
        self._noticed = noticed

    def introduce(self, meta: Told) -> None:
        """Take what the first line, or a later correction of it, says of the chat."""
        session = self._session
        session.id = meta.text("sessionId") or session.id
        session.begun = meta.moment("startTime") or session.begun
        session.subagent = session.subagent or meta.text("kind") == "subagent"
        folders = meta.raw("directories")
        if not session.project and isinstance(folders, list) and folders and isinstance(folders[0], str):
            session.project = folders[0]

    def take(self, said: Told, at: int) -> Iterator[Record]:
        """The records of one message; `at` is how late this version of it was written."""
        kind = said.text("type")
        if kind == "user":
            self._session.asked += 1
        elif kind == "gemini":
            yield from self._answer(said, at)
        elif kind == "error" or (kind == "info" and _CANCELLED.match(_words(said.raw("content")))):
            yield from self._failure(said, at)
        elif kind != "info" and kind not in _QUIET:
            self._noticed.add("line", kind or "without a type", at)

    def again(self, correction: Told, at: int) -> Iterator[Record]:
        """The answers of a history that was written anew: each was written before, or stands for no request."""
        asked, self._session.asked = self._session.asked, 0
        try:
            for said in correction.each("messages"):
                if said.text("type") == "gemini":
                    yield from self._answer(said, at)
        finally:
            self._session.asked = asked

    def _answer(self, said: Told, at: int) -> Iterator[Record]:
        native_id = self._native(said)
        started_at = said.needed(self._time(said), "timestamp")
        if "tokens" in said:
            yield self._call(said, at, native_id, started_at)
        uses = list(said.each("toolCalls"))
        for use in uses:
            yield from self._tool(use, at, native_id, started_at, alone=len(uses) == 1)

    def _call(self, said: Told, at: int, native_id: str, started_at: int) -> ModelCall:
        tokens = said.within("tokens")
        for key in tokens.beside(_TOKENS):
            self._noticed.add("usage", f"tokens.{key}", at)
        found = gemini_usage.buckets(
            tokens.whole("input") or 0,
            tokens.whole("cached") or 0,
            tokens.whole("output") or 0,
            tokens.whole("thoughts") or 0,
            tokens.whole("tool") or 0,
            tokens.whole("total"),
        )
        if not found.explained:
            self._noticed.add("usage", "a total that its parts do not add up to", at)
        model = said.text("model")
        if model:
            self._session.model = model
        else:
            self._noticed.add("model", "a message without a model", at)
        call = self._bare(native_id, at, started_at, model)
        call.input_tokens, call.cache_read_tokens = found.input_tokens, found.cache_read_tokens
        call.output_tokens, call.reasoning_tokens = found.output_tokens, found.reasoning_tokens
        call.unsplit_tokens = found.unsplit_tokens
        return call

    def _failure(self, said: Told, at: int) -> Iterator[Record]:
        """A request that failed or was cancelled; other errors are of the program's own."""
        text = _words(said.raw("content"))
        cancelled = _CANCELLED.match(text)
        if not cancelled and "API Error" not in text and "quota" not in text.lower():
            return
        started_at = said.needed(self._time(said), "timestamp")
        call = self._bare(self._native(said), at, started_at, self._session.model)
        if cancelled:
            # Whatever it had written by then was billed, and nobody says how much that was.
            call.status = "cancelled"
        else:
            code = _HTTP.search(text)
            call.http_status = int(code[1]) if code else None
            call.status = status_of(call.http_status, text)
            call.error_message = message(text.strip())
            call.cost_reported = 0
        yield call

    def _bare(self, native_id: str, at: int, started_at: int, model: str) -> ModelCall:
        session = self._session
        asked, session.asked = session.asked, 0
        return ModelCall(
            source=self._name,
            native_id=native_id,
            started_at=started_at,
            revision=at,
            # Where the message was first written is where it is known what was asked before it.
            origin=at,
            machine=host(),
            provider=infer_provider(model) or self._provider,
            model=model,
            session_id=session.id,
            parent_session_id=self._place.parent,
            project=self._project,
            agent=self._name,
            subagent=self._subagent,
            user_messages=asked,
        )

    def _tool(self, use: Told, at: int, call_id: str, started_at: int, *, alone: bool) -> Iterator[Record]:
        name = use.needed(use.text("name"), "name")
        status = use.text("status")
        done = use.moment("timestamp")
        session = self._session
        tool = ToolCall(
            source=self._name,
            native_id=f"{call_id}|{use.needed(use.text('id'), 'id')}",
            started_at=started_at,
            revision=at,
            origin=at,
            machine=host(),
            name=name,
            server=_server(name),
            use_id=use.text("id"),
            status=_STATUSES.get(status, "unknown"),
            call_id=call_id,
            session_id=session.id,
            project=self._project,
            agent=self._name,
            subagent=self._subagent,
        )
        if status and status not in _STATUSES and status not in _UNFINISHED:
            self._noticed.add("event", f"tool {status}", at)
        # The time is that at which all tools of the message had ended.
        if alone and done is not None and done >= started_at and status in _STATUSES:
            tool.duration_us = done - started_at
        tool.lines_added, tool.lines_removed = _changed(use.raw("resultDisplay"))
        yield tool
        agent_id = use.text("agentId")
        if agent_id:
            yield AgentRun(
                source=self._name,
                native_id=agent_id,
                started_at=started_at,
                revision=at + 1,
                machine=host(),
                agent=name,
                role="subagent",
                status=tool.status,
                ended_at=done if status in _STATUSES else None,
                session_id=agent_id,
                parent_session_id=session.id,
                project=self._project,
            )

    def run(self) -> Iterator[Record]:
        """The run of a subagent, whose session this is; how it ended is in its parent's."""
        session = self._session
        if self._subagent and session.begun:
            yield AgentRun(
                source=self._name,
                native_id=session.id,
                started_at=session.begun,
                machine=host(),
                agent=self._subagent,
                role="subagent",
                session_id=session.id,
                parent_session_id=self._place.parent,
                project=self._project,
                model=session.model,
            )

    def _time(self, said: Told) -> int | None:
        """When a message was written, as far as anybody says; else when its chat began."""
        return said.moment("timestamp") or self._session.begun or None

    def _native(self, said: Told) -> str:
        """The message's id, which copies of it keep; one that is not unique by itself together with the session's.

        A message without one is known by its time, which versions of it keep, too.
        """
        own = said.text("id") or f"@{said.needed(said.moment('timestamp'), 'id')}"
        return own if _UUID.fullmatch(own) else f"{self._session.id}|{own}"

    @property
    def _subagent(self) -> str:
        session = self._session
        return subagent_of(session.id, self._place.parent) if session.subagent or self._place.parent else ""

    @property
    def _project(self) -> str:
        return self._place.project or self._session.project


def _server(name: str) -> str:
    """The MCP server of a tool that is named `mcp_server_tool`, or `server__tool`."""
    if name.startswith("mcp_"):
        return name.removeprefix("mcp_").lstrip("_").partition("_")[0]
    return name.partition("__")[0] if "__" in name else ""


def _changed(display: object) -> tuple[int | None, int | None]:
    """Lines added and removed by an edit."""
    stats = display.get("diffStat") if isinstance(display, dict) else None
    if not isinstance(stats, dict):
        return None, None
    told = Told(stats, "resultDisplay.diffStat.")
    return told.whole("model_added_lines", "ai_added_lines"), told.whole("model_removed_lines", "ai_removed_lines")


def _words(content: Any) -> str:  # noqa: ANN401 - text, a part, or a list of either
    if isinstance(content, list):
        return "".join(_words(part) for part in content)
    if isinstance(content, dict):
        content = content.get("text")
    return content if isinstance(content, str) else ""
