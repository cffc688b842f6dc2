"""The tool calls of a thread, from the model's wish to how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tokometer.records import Record
from tokometer.records.values import MAX_DURATION_US
from tokometer.sources.codex import descent, tools
from tokometer.sources.codex.rows import ToolEnd, ToolOutput, ToolUse
from tokometer.sources.codex.state import State, Tool
from tokometer.sources.sizes import size_of

#: How many tool calls are remembered for what may still be said of them.
_OPEN_TOOLS: Final = 64
#: Ids from here on are unique; shorter ones (`call_0`) are used again in every response.
_UNIQUE: Final = 12


class Toolbox:
    """Turns what is said of tools into records, which go to `keep` whenever more of one is known."""

    def __init__(self, state: State, source: str, keep: Callable[[Record], None]) -> None:
        self._state = state
        self._source = source
        self._keep = keep

    def use(self, use: ToolUse, at: int) -> None:
        """A model asks for a tool at `at` (µs since the epoch)."""
        state = self._state
        owner = descent.owner(state)
        if not owner:
            return
        state.tool_count += 1
        call = use.call_id or use.id or ""
        native = f"tool:{owner}:{call}"
        if len(call) < _UNIQUE:
            native = f"tool:{owner}:{state.turn}:{state.tool_count}:{call}"
        name, server = tools.name_of(use)
        session = owner if descent.is_certain(state) else state.thread
        tool = Tool(at, session, native, name, state.turn, server, tools.stated(use))
        if call:
            state.tools.pop(call, None)
            state.tools[call] = tool
            if len(state.tools) > _OPEN_TOOLS:
                del state.tools[next(iter(state.tools))]
        self._keep(self._record(tool))

    def output(self, output: ToolOutput, at: int) -> None:
        """A tool has answered at `at` (µs since the epoch)."""
        tool = self._state.tools.get(output.call_id or "")
        if descent.owner(self._state) == self._state.thread:
            self._state.asked_at = at
        if tool is None:
            return
        size = size_of(output.output)
        tool.prompt_bytes, tool.prompt_image_tokens = size.bytes, size.image_tokens or None
        outcome = tools.of_output(bytes(output.output))
        if outcome.duration_us is None and tool.duration_us is None:
            waited = max(0, at - tool.started_at)
            # After more than a year it was the session that waited, not the tool that ran.
            outcome = outcome._replace(duration_us=waited if waited <= MAX_DURATION_US else None)
        self.ended(output.call_id or "", outcome, None)

    def ended(self, call: str, outcome: tools.Outcome, end: ToolEnd | None) -> None:
        """More is known of how a tool call ended; one that nobody remembers is left as it is."""
        tool = self._state.tools.get(call)
        if tool is None:
            return
        tool.revision += 1
        if outcome.status != "unknown" and not (outcome.status == "ok" and tool.status in ("error", "cancelled")):
            tool.status, tool.message = outcome.status, outcome.message or tool.message
        if outcome.duration_us is not None:
            tool.duration_us = outcome.duration_us
        if end is not None and end.invocation is not None:
            tool.server = end.invocation.server or tool.server
        self._keep(self._record(tool))

    def _record(self, tool: Tool) -> Record:
        state = self._state
        return tools.record_of(
            tool,
            session=tool.session,
            project=state.project,
            subagent=state.subagent if tool.session == state.thread else "",
            origin=state.began,
            source=self._source,
        )
