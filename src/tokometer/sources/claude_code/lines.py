"""The lines of a transcript, as far as we read them.

Almost every line is decoded in one go into the structs below, which pass over everything that they do not name: the
bulk of a transcript is the output of tools, and it is never turned into Python objects. A line that does not fit is
looked at again (`salvage`).

Fields stand in the order in which Claude Code writes them, because the decoder looks for a key from where it found the
one before.
"""

# ruff: noqa: N815 - the names are those of the file format
from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Raw, Struct

from tokometer.records import RecordError, check_time, to_us
from tokometer.records.kinds import MAX_TOKENS
from tokometer.records.time import EARLIEST_US, LATEST_US

Count = Annotated[int, Meta(ge=0, le=MAX_TOKENS)]


class CacheCreation(Struct, gc=False):
    """Tokens written to the cache, by how long they stay."""

    ephemeral_5m_input_tokens: Count | None = None
    ephemeral_1h_input_tokens: Count | None = None


class OutputDetails(Struct, gc=False):
    """What the output was made of."""

    thinking_tokens: Count | None = None


class ServerTools(Struct, gc=False):
    """What the provider did for an answer; searches are billed, fetching pages is not."""

    web_search_requests: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    web_fetch_requests: Count | None = None


class Usage(Struct, gc=False):
    """What the provider billed for an answer; `input_tokens` holds neither cache reads nor cache writes."""

    input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_creation: CacheCreation | None = None
    service_tier: str | None = None
    inference_geo: str | None = None
    speed: str | None = None
    output_tokens_details: OutputDetails | None = None
    server_tool_use: ServerTools | None = None
    #: Looked at in `runs`, each value once.
    iterations: Raw = Raw()


class Block(Struct, gc=False):
    """One block of a message's content. The raw parts are only looked at where a failure has to be told apart."""

    tool_use_id: str | None = None
    type: str | None = None
    text: Raw = Raw()
    id: str | None = None
    name: str | None = None
    input: Raw = Raw()
    content: Raw = Raw()
    is_error: bool | None = None
    source: Raw = Raw()


class Message(Struct, gc=False):
    """What the model or the person said."""

    model: str | None = None
    id: str | None = None
    role: str | None = None
    content: list[Block] | str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None


class Patch(Struct, gc=False):
    """One hunk of an edit; every line begins with a space, a plus or a minus."""

    lines: list[str] | None = None


class ToolResult(Struct, gc=False):
    """What a tool said about its own run, as far as several tools agree."""

    structuredPatch: list[Patch] | None = None
    interrupted: bool | None = None
    status: str | None = None
    agentId: str | None = None
    agentType: str | None = None
    resolvedModel: str | None = None
    totalDurationMs: Annotated[int, Meta(ge=0, le=MAX_TOKENS)] | None = None
    totalTokens: Count | None = None


class Failure(Struct, gc=False):
    """The body of a failed request."""

    status: int | None = None
    requestID: str | None = None
    message: str | None = None


class Fork(Struct, gc=False):
    """Where a copied line was copied from."""

    sessionId: str | None = None


class Compaction(Struct, gc=False):
    """What is said of a conversation that was summed up."""

    trigger: str | None = None
    preTokens: Count | None = None
    postTokens: Count | None = None
    durationMs: Annotated[int, Meta(ge=0, le=31_536_000_000)] | None = None


class Line(Struct, gc=False):
    """One line. Everything may be missing or null."""

    isSidechain: bool | None = None
    agentId: str | None = None
    message: Message | None = None
    #: Looked at in `filling`.
    attachment: Raw = Raw()
    requestId: str | None = None
    type: str | None = None
    uuid: str | None = None
    timestamp: datetime | None = None
    toolUseResult: ToolResult | list[Raw] | str | None = None
    cwd: str | None = None
    sessionId: str | None = None
    gitBranch: str | None = None
    subtype: str | None = None
    isMeta: bool | None = None
    isCompactSummary: bool | None = None
    isVisibleInTranscriptOnly: bool | None = None
    isApiErrorMessage: bool | None = None
    error: Failure | str | None = None
    retryAttempt: int | None = None
    costUSD: float | None = None
    attributionAgent: str | None = None
    forkedFrom: Fork | None = None
    sourceToolUseID: str | None = None
    compactMetadata: Compaction | None = None


#: The line's types that we read; every other is passed over whatever it holds.
READ: Final = frozenset({"assistant", "user", "system"})
#: Types of lines that are known to hold no usage of their own.
KNOWN: Final = READ | {
    "agent-color",
    "agent-name",
    "agent-setting",
    "ai-title",
    "attachment",
    "attribution-snapshot",
    "bridge-session",
    "content-replacement",
    "custom-title",
    "file-history-snapshot",
    "last-prompt",
    "marble-origami-commit",
    "marble-origami-snapshot",
    "mode",
    "permission-mode",
    "pr-link",
    "progress",
    "queue-operation",
    "speculation-accept",
    "summary",
    "tag",
    "task-summary",
    "worktree-state",
}


class _KnownCacheCreation(CacheCreation, gc=False, forbid_unknown_fields=True):
    """Without any key that is not known."""


class _KnownOutputDetails(OutputDetails, gc=False, forbid_unknown_fields=True):
    """Without any key that is not known."""


class _KnownServerTools(ServerTools, gc=False, forbid_unknown_fields=True):
    """Without any key that is not known."""


class _KnownUsage(Usage, gc=False, forbid_unknown_fields=True):
    """Without any key that is not known."""

    cache_creation: _KnownCacheCreation | None = None
    output_tokens_details: _KnownOutputDetails | None = None
    server_tool_use: _KnownServerTools | None = None


class _KnownMessage(Message, gc=False):
    """One with such a usage."""

    usage: _KnownUsage | None = None


class _KnownLine(Line, gc=False):
    """One with such a message."""

    message: _KnownMessage | None = None


#: Takes nearly every line. Not one whose usage has a key that no rule reads: that costs nothing where there is none.
decode: Final = msgspec.json.Decoder(_KnownLine).decode
#: Takes that, too.
decode_any: Final = msgspec.json.Decoder(Line).decode
#: What they raise for a line that does not fit.
UNFIT: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NULL: Final = b"null"


def stated(raw: Raw) -> bytes:
    """A raw value as bytes that outlive the line; empty where it is missing or null."""
    value = bytes(raw)
    return b"" if value == _NULL else value


def type_of(line: Line) -> str | None:
    """A line's type; one without says it by whose message it holds."""
    if line.type is not None or line.message is None:
        return line.type
    role = line.message.role
    return "assistant" if role is None and line.message.usage is not None else role


def time_of(line: Line) -> int:
    """When a line was written, in microseconds since the epoch.

    Raises:
        RecordError: It does not say, or that cannot be.
    """
    if line.timestamp is None:
        raise RecordError("timestamp", "missing")
    at = to_us(line.timestamp)
    return at if EARLIEST_US <= at <= LATEST_US else check_time(at, "timestamp")
