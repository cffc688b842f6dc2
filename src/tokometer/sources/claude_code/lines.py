"""The lines of a transcript, as far as we read them.

Almost every line is decoded in one go into the structs below, which pass over everything that they do not name: the
bulk of a transcript is the output of tools, and it is never turned into Python objects. A line that does not fit is
looked at again with patience: what we can do without is dropped, and what we cannot is the reason it is refused for.

Fields stand in the order in which Claude Code writes them, because the decoder looks for a key from where it found the
one before.
"""

# ruff: noqa: N815 - the names are those of the file format
from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Raw, Struct

from tokometer.records import RecordError
from tokometer.records.kinds import MAX_TOKENS

Count = Annotated[int, Meta(ge=0, le=MAX_TOKENS)]


class CacheCreation(Struct, gc=False):
    """Tokens written to the cache, by how long they stay."""

    ephemeral_5m_input_tokens: Count | None = None
    ephemeral_1h_input_tokens: Count | None = None


class OutputDetails(Struct, gc=False):
    """What the output was made of."""

    thinking_tokens: Count | None = None


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
    #: Looked at in `usage` and `runs`, each value of them once.
    server_tool_use: Raw = Raw()
    iterations: Raw = Raw()


class Block(Struct, gc=False):
    """One block of a message's content. The raw parts are only looked at where a failure has to be told apart."""

    tool_use_id: str | None = None
    type: str | None = None
    text: Raw = Raw()
    id: str | None = None
    name: str | None = None
    content: Raw = Raw()
    is_error: bool | None = None


class Message(Struct, gc=False):
    """What the model or the person said."""

    model: str | None = None
    id: str | None = None
    role: str | None = None
    content: list[Block] | str | None = None
    stop_reason: str | None = None
    #: A `Usage`, which :func:`usage_of` reads; as it stands, because keys that no rule reads are looked for in it.
    usage: Raw = Raw()


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


class Line(Struct, gc=False):
    """One line. Everything may be missing or null."""

    isSidechain: bool | None = None
    message: Message | None = None
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

decode: Final = msgspec.json.Decoder(Line).decode
_decode_usage: Final = msgspec.json.Decoder(Usage).decode
#: What `decode` and `usage_of` raise for a line that does not fit.
UNFIT: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NULL: Final = b"null"


def stated(raw: Raw) -> bytes:
    """A raw value as bytes that outlive the line; empty where it is missing or null."""
    value = bytes(raw)
    return b"" if value == _NULL else value


def usage_of(raw: bytes) -> Usage:
    """What a line states that an answer used, from :func:`stated`.

    Raises:
        msgspec.DecodeError: It does not fit (see :data:`UNFIT`).
    """
    return _decode_usage(raw)


def type_of(line: Line) -> str | None:
    """A line's type; one without says it by whose message it holds."""
    if line.type is not None or line.message is None:
        return line.type
    role = line.message.role
    return "assistant" if role is None and stated(line.message.usage) else role


#: Without these an answer cannot be counted, so a line on which one is broken is refused.
_ESSENTIAL: Final = frozenset(
    {
        "timestamp",
        "requestId",
        "message",
        "message.id",
        "message.usage",
        "message.usage.input_tokens",
        "message.usage.output_tokens",
        "message.usage.cache_read_input_tokens",
        "message.usage.cache_creation_input_tokens",
        "message.usage.cache_creation",
        "message.usage.cache_creation.ephemeral_5m_input_tokens",
        "message.usage.cache_creation.ephemeral_1h_input_tokens",
    }
)
_WHERE: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_MOST_REPAIRS: Final = 64
_USAGE: Final = "message.usage"


def salvage(raw: bytes) -> Line | None:
    """A line that `decode` would not take, without what cannot be read and is not needed; None if it holds no usage.

    Raises:
        RecordError: It is not JSON, or a field that its count rests on is broken.
    """
    try:
        value = _clean(_parse(raw))
        if not isinstance(value, dict):
            raise RecordError("", "not a JSON object")
        kind = value.get("type")
        if kind is None:
            message = value.get("message")
            if isinstance(message, dict):
                role = message.get("role")
                kind = value["type"] = "assistant" if role is None and message.get("usage") else role
        if kind not in READ:
            return None if kind in KNOWN else Line(type=str(kind or ""))
        return _fit(value)
    except RecursionError:
        raise RecordError("", "not JSON that we read: nested too deeply") from None


def _fit(value: dict[str, Any]) -> Line:
    within = ""
    for _ in range(_MOST_REPAIRS):
        try:
            within = ""
            line = decode(json.dumps(value))
            within = _USAGE
            if value["type"] == "assistant" and line.message is not None and stated(line.message.usage):
                usage_of(bytes(line.message.usage))
        except msgspec.ValidationError as error:
            _repair(value, str(error), within)
        except msgspec.DecodeError:
            raise RecordError("", "not JSON that we read: a number is too large") from None
        else:
            return line
    raise RecordError("", "too many fields of wrong types")


def _parse(raw: bytes) -> object:
    try:
        # The reader of the standard library takes lone surrogates, which editors leave behind when they cut text.
        return json.loads(raw.decode("utf-8", "replace"), parse_constant=_refuse_constant)
    except RecordError:
        raise
    except json.JSONDecodeError as error:
        raise RecordError("", f"not JSON: {error.msg.lower()} at byte {error.pos} of the line") from None
    except ValueError:
        raise RecordError("", "not JSON that we read: a number is too long") from None


def _refuse_constant(name: str) -> object:
    raise RecordError("", f"not JSON: {name} is not a number")


def _clean(value: object) -> object:
    """The same value with every lone surrogate replaced: no store takes them."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def _repair(value: dict[str, Any], complaint: str, within: str) -> None:
    """Take out of `value` what `complaint` is about, which names a place `within` it; or refuse the line for it."""
    where = _WHERE.search(complaint)
    path = ".".join(filter(None, (within, where.group(1) if where else "")))
    steps = [name or index for name, index in _STEP.findall(path)]
    holder: Any = value
    for step in steps[:-1]:
        holder = holder[int(step) if isinstance(holder, list) else step]
    last: Any = int(steps[-1]) if isinstance(holder, list) else steps[-1]
    number = holder[last]
    if isinstance(number, float) and number.is_integer():
        holder[last] = int(number)
    elif path in _ESSENTIAL and value["type"] == "assistant":
        raise RecordError(path, complaint[: where.start()] if where else complaint)
    else:
        del holder[last]
