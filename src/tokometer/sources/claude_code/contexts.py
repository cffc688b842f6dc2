"""Where lines were written: the session, the project, the subagent, and how original a copy is."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, NamedTuple

from tokometer.records import ModelCall, Step, ToolCall
from tokometer.sources.claude_code.account import machine
from tokometer.sources.claude_code.lines import Line
from tokometer.sources.claude_code.memory import Memory
from tokometer.sources.claude_code.places import Place, project_of

SOURCE_NAME: Final = "claude_code"
AGENT: Final = "claude-code"

# An origin is one number whose bits rank the copies of a line: first whether it says itself that it is one, then by
# when its file begins, then by the session's id, so that any two are told apart the same way in whatever order.
_COPY: Final = 1 << 62
_BEGIN_BITS: Final = 42
_NAME_BITS: Final = 20


class Context(NamedTuple):
    """Where a line was written, as records to copy for what stands on it. Copies of a line can differ in it.

    Copying a record with some fields replaced takes a fifth of the time of making one from all of its fields, as long
    as fewer than sixteen are replaced: more arguments by name than that, Python passes as a dictionary.
    """

    call: ModelCall
    tool: ToolCall
    step: Step


class Contexts:
    """The contexts of one transcript, each worked out once for all lines that say the same."""

    def __init__(self, place: Place, memory: Memory) -> None:
        self.place = place
        self._memory = memory
        self._known: dict[tuple[object, ...], Context] = {}

    def of(self, line: Line, at: int) -> Context:
        """Where a line was written; worked out once for all lines that say the same."""
        fork = None if line.forkedFrom is None else line.forkedFrom.sessionId or ""
        key = (line.sessionId, line.cwd, line.gitBranch, line.isSidechain, line.agentId, line.attributionAgent, fork)
        context = self._known.get(key)
        if context is None:
            self._memory.first_at = self._memory.first_at or at
            context = self._known[key] = self._make(line, fork or "")
        return context

    def _make(self, line: Line, fork: str) -> Context:
        call = ModelCall(
            source=SOURCE_NAME,
            native_id="",
            started_at=0,
            origin=self._origin_of(line),
            agent=AGENT,
            latency_estimated=True,
            session_id=self._session_of(line),
            parent_session_id=fork,
            project=project_of(line.cwd or "", self.place),
            subagent=self._subagent_of(line),
            thread=self._thread_of(line),
            git_branch=line.gitBranch or "",
            machine=machine(),
            account=self.place.account,
        )
        tool = ToolCall(
            source=SOURCE_NAME,
            native_id="",
            started_at=0,
            origin=call.origin,
            name="",
            session_id=call.session_id,
            project=call.project,
            agent=AGENT,
            subagent=call.subagent,
            thread=call.thread,
            machine=call.machine,
            account=call.account,
        )
        step = Step(
            source=SOURCE_NAME,
            native_id="",
            started_at=0,
            origin=call.origin,
            session_id=call.session_id,
            project=call.project,
            agent=AGENT,
            subagent=call.subagent,
            thread=call.thread,
            machine=call.machine,
            account=call.account,
        )
        return Context(call, tool, step)

    def _origin_of(self, line: Line) -> int:
        """How original a line is; lower is more."""
        session_id, own = line.sessionId or "", self.place.session_id
        copied = line.forkedFrom is not None or (session_id != own and bool(session_id) and bool(own))
        begin = min(max(self._memory.first_at // 1_000, 0), (1 << _BEGIN_BITS) - 1)
        digest = blake2b((own or session_id).encode("utf-8", "replace"), digest_size=8).digest()
        name = int.from_bytes(digest) >> (64 - _NAME_BITS)
        return (_COPY if copied else 0) | begin << _NAME_BITS | name

    def _session_of(self, line: Line) -> str:
        # A subagent's folder says whose it is, whatever its lines do.
        if self.place.subagent and self.place.session_id:
            return self.place.session_id
        return line.sessionId or self.place.session_id

    def _subagent_of(self, line: Line) -> str:
        if self.place.subagent:
            return self.place.subagent
        return line.attributionAgent or "subagent" if line.isSidechain else ""

    def _thread_of(self, line: Line) -> str:
        return self.place.thread or ((line.agentId or "") if line.isSidechain else "")


def move(call: ModelCall, to: ModelCall) -> None:
    """Put a call down to a place that is more original than the one it was found in."""
    call.origin = to.origin
    call.session_id = to.session_id
    call.parent_session_id = to.parent_session_id
    call.project = to.project
    call.subagent = to.subagent
    call.thread = to.thread
    call.git_branch = to.git_branch
    call.machine = to.machine
    call.account = to.account
