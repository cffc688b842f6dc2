"""What Codex's words say of how a tool call ended."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, NamedTuple

from tokometer.records import ToolCall
from tokometer.records.values import MAX_DURATION_US
from tokometer.sources.codex.rows import BadLine, ToolEnd, ToolUse
from tokometer.sources.codex.state import Tool

Status = Literal["ok", "error", "cancelled", "unknown"]

#: Codex heads the output of a command with these; what the command itself printed comes after `Output:`.
_EXIT: Final = re.compile(rb"(?:[Ee]xit code:? |exited with code )(-?\d{1,10})")
_WALL: Final = re.compile(rb"Wall time:? (\d{1,7}(?:\.\d{1,9})?) ?s")
#: The older form is a JSON object as text, with the figures at its end.
_EXIT_OLD: Final = re.compile(rb'\\?"exit_code\\?":(-?\d{1,10})')
_WALL_OLD: Final = re.compile(rb'\\?"duration_seconds\\?":(\d{1,7}(?:\.\d{1,9})?)')
_FAILED: Final = re.compile(
    rb'"?(?:failed to |error:|err: |execution error|unsupported call|apply_patch verification failed|tool call error)',
    re.IGNORECASE,
)
_CANCELLED: Final = re.compile(rb'"?(?:aborted by user|aborted|rejected by user|exec command rejected)', re.IGNORECASE)
_SECOND: Final = 1_000_000
_SECONDS: Final = range(10_000_000)
_NANOS: Final = range(1_000_000_000)
_HEAD: Final = 400
_NAMES: Final = {"local_shell_call": "local_shell", "web_search_call": "web_search"}
_ENDED: Final[dict[str, Status]] = {"completed": "ok", "failed": "error", "incomplete": "cancelled"}


class Outcome(NamedTuple):
    """How a tool call ended, as far as it was said."""

    status: Status
    message: str = ""
    duration_us: int | None = None


def name_of(use: ToolUse) -> tuple[str, str]:
    """The tool's full name and, where it is one of an MCP server, the server: (`mcp__github__search`, `github`)."""
    name = use.name or _NAMES.get(use.type, use.type)
    if use.namespace and use.namespace.startswith("mcp__") and not name.startswith("mcp__"):
        name = f"{use.namespace.rstrip('_')}__{name}"
    return name, name[5:].partition("__")[0] if name.startswith("mcp__") else ""


def stated(use: ToolUse) -> Status:
    """How a call ended that has no output of its own (a web search)."""
    return _ENDED.get(use.status or "", "ok") if use.type == "web_search_call" else "unknown"


def of_output(raw: bytes) -> Outcome:
    """How a call ended, from its output as JSON.

    An exit code says it. Without one, an output that is not one of Codex's own failure messages means that the tool
    answered.
    """
    head = raw[:_HEAD].partition(b"Output:")[0]
    code, wall = _EXIT.search(head), _WALL.search(head)
    if raw.startswith((b'"{\\"output\\"', b'{"output"')):
        tail = raw[-_HEAD:]
        code, wall = code or _EXIT_OLD.search(tail), wall or _WALL_OLD.search(tail)
    duration = round(float(wall[1]) * _SECOND) if wall else None
    if code:
        return _of_code(int(code[1]), duration)
    if _CANCELLED.match(head):
        return Outcome("cancelled", "", duration)
    if _FAILED.match(head) or b'"success":false' in head or b'"isError":true' in head:
        return Outcome("error", "", duration)
    return Outcome("ok", "", duration)


def of_end(end: ToolEnd) -> Outcome:
    """How a call ended, from the event that says so."""
    duration = _duration(end.duration)
    if end.exit_code is not None:
        return _of_code(end.exit_code, duration)
    head = bytes(end.result)[:_HEAD]
    if head == b"null":
        return Outcome("unknown", "", duration)
    failed = head.startswith(b'{"Err"') or b'"isError":true' in head or b'"is_error":true' in head
    return Outcome("error" if failed else "ok", "", duration)


def record_of(tool: Tool, *, session: str, project: str, subagent: str, origin: int, source: str) -> ToolCall:
    """The record of a tool call as it stands."""
    return ToolCall(
        source=source,
        native_id=tool.native_id,
        use_id=tool.native_id.rpartition(":")[2],
        started_at=tool.started_at,
        revision=tool.revision,
        origin=origin,
        trace_id=tool.turn,
        parent_id=tool.turn,
        name=tool.name,
        server=tool.server,
        status=tool.status,  # type: ignore[arg-type]
        error_message=tool.message,
        duration_us=tool.duration_us,
        prompt_bytes=tool.prompt_bytes,
        prompt_image_tokens=tool.prompt_image_tokens,
        session_id=session,
        project=project,
        agent=source,
        subagent=subagent,
    )


def _of_code(code: int, duration: int | None) -> Outcome:
    return Outcome("error", f"exit code {code}", duration) if code else Outcome("ok", "", duration)


def _duration(value: Any) -> int | None:  # noqa: ANN401 - Codex has written it in several ways
    if isinstance(value, dict):
        seconds, nanos = value.get("secs"), value.get("nanos")
        if isinstance(seconds, int) and isinstance(nanos, int) and seconds in _SECONDS and nanos in _NANOS:
            return seconds * _SECOND + nanos // 1000
        if isinstance(seconds, int) and seconds > _SECONDS[-1]:
            raise BadLine("payload.duration.secs", "is more than a tool runs")
    if isinstance(value, str):
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s)", value)
        if found:
            took = round(float(found[1]) * (1000 if found[2] == "ms" else _SECOND))
            if took > MAX_DURATION_US:
                raise BadLine("payload.duration", "is more than a year")
            return took
    return None
