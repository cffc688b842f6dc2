"""What tools did: a use in an assistant line and its outcome in a later user line make one record."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import replace

from tokometer.records import ToolCall
from tokometer.sources.claude_code.lines import Block, Line, ToolResult
from tokometer.sources.sizes import size_of

#: How the result of a tool begins that the person did not let run.
_REJECTED: Final = (b"\"The user doesn't want", b'"[Request interrupted', b'"User rejected')

#: A longer time between a use and its outcome is a session that was left and taken up again.
_LONGEST_US: Final = 86_400_000_000


class Use(msgspec.Struct, array_like=True, gc=False):
    """A use whose outcome is still to come, as it is kept between two readings."""

    started_at: int
    name: str
    call_id: str
    sidechain: bool


def server_of(name: str) -> str:
    """The MCP server of a tool whose name is `mcp__server__tool`."""
    if not name.startswith("mcp__"):
        return ""
    return name[5:].partition("__")[0]


def revision_of(sidechain: bool, finished: bool) -> int:
    """A version with the outcome beats one without; the session's own beats a sidechain's copy."""
    return (2 if finished else 0) + (0 if sidechain else 1)


def begin(place: ToolCall, tool_id: str, use: Use) -> ToolCall:
    """A use without its outcome, as a copy of the record of its `place`."""
    return replace(
        place,
        native_id=tool_id,
        use_id=tool_id,
        started_at=use.started_at,
        revision=revision_of(use.sidechain, finished=False),
        name=use.name,
        server=server_of(use.name),
        call_id=use.call_id,
    )


def set_outcome(tool: ToolCall, use: Use, block: Block, line: Line, at: int) -> None:
    """Give a tool call what its result says: how it ended, how long it took (waiting for permission included)."""
    result = line.toolUseResult if isinstance(line.toolUseResult, ToolResult) else None
    if block.is_error:
        tool.status = "cancelled" if bytes(block.content).startswith(_REJECTED) else "error"
    else:
        tool.status = "cancelled" if result is not None and result.interrupted else "ok"
    size = size_of(block.content)
    tool.prompt_bytes, tool.prompt_image_tokens = size.bytes, size.image_tokens or None
    if 0 <= at - use.started_at <= _LONGEST_US:
        tool.duration_us = at - use.started_at
    if result is not None and result.structuredPatch:
        added = removed = 0
        for patch in result.structuredPatch:
            for text in patch.lines or ():
                added += text.startswith("+")
                removed += text.startswith("-")
        tool.lines_added, tool.lines_removed = added, removed
    tool.revision = revision_of(use.sidechain, finished=True)
