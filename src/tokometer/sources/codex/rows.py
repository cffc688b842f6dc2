"""The lines of a rollout that matter, and how one is told from the many that do not.

A rollout is a file of lines `{timestamp, ordinal?, type, payload}`. Most of its bytes are messages, reasoning and tool
output, which say nothing of usage: they are recognised by their first bytes and passed over undecoded.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from tokometer.records.kinds import Tokens
from tokometer.records.values import whole
from tokometer.sources.codex.quiet import QUIET

P = TypeVar("P")
Kind = tuple[str, str]
_NULL: Final = Raw(b"null")


class Line(Struct, Generic[P]):
    """What every line is wrapped in."""

    payload: P
    timestamp: datetime | None = None


class _Envelope(Struct):
    type: str = ""
    payload: Raw = _NULL


class _Typed(Struct):
    type: str | None = ""


class Usage(Struct, forbid_unknown_fields=True):
    """Token numbers as Codex states them: input contains cache reads and writes, output contains reasoning."""

    input_tokens: Tokens | None = None
    cached_input_tokens: Tokens | None = None
    cache_write_input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    reasoning_output_tokens: Tokens | None = None
    total_tokens: Tokens | None = None
    service_tier: Any = None


class Git(Struct):
    """The repository in which a thread was started."""

    branch: str | None = ""


class SessionMeta(Struct):
    """Who a thread is and where it comes from. The first one of a file is its own, others are copies."""

    id: str | None = ""
    timestamp: datetime | None = None
    cwd: str | None = ""
    originator: str | None = ""
    cli_version: str | None = ""
    model: Any = None
    model_provider: str | None = ""
    source: Any = None
    parent_thread_id: str | None = ""
    forked_from_id: str | None = ""
    thread_source: Any = None
    history_mode: str | None = ""
    history_base: Any = None
    agent_role: str | None = ""
    agent_nickname: str | None = ""
    git: Git | None = None


class TurnContext(Struct):
    """Under which model the following requests run."""

    turn_id: str | None = ""
    cwd: str | None = ""
    model: str | None = ""
    service_tier: Any = None


class Info(Struct, forbid_unknown_fields=True):
    """What a thread has used in all, and in its last request."""

    total_token_usage: Usage | None = None
    last_token_usage: Usage | None = None
    model: Any = None
    service_tier: Any = None
    model_context_window: Any = None


class TokenCount(Struct, forbid_unknown_fields=True):
    """Usage after a request, or only fresh rate limits."""

    type: Any = None
    info: Info | None = None
    rate_limits: Raw = Raw(b"null")
    model: Any = None
    service_tier: Any = None
    thread_id: Any = None
    turn_id: Any = None


class UsageRecord(Struct, forbid_unknown_fields=True):
    """Usage of one response (2026)."""

    usage: Usage
    session_id: Any = None
    model: Any = None
    service_tier: Any = None
    thread_id: str | None = ""
    turn_id: str | None = ""
    root_turn_id: str | None = ""
    response_id: str | None = ""
    turn_token_usage: Usage | None = None
    thread_token_usage: Usage | None = None


class Event(Struct):
    """The start or end of a turn, and what went wrong in it."""

    type: str
    turn_id: str | None = ""
    started_at: float | str | None = None
    message: str | None = ""
    reason: str | None = ""
    codex_error_info: Any = None


class Item(Struct):
    """What a completed item was; newer Codex."""

    type: str | None = ""
    id: str | None = ""
    exit_code: int | None = None
    server: str | None = ""


class ItemCompleted(Struct):
    """One item of a turn is finished."""

    item: Item | None = None


class Compacted(Struct):
    """The conversation was summed up; the summary's text is measured and not kept."""

    message: Raw = Raw(b"null")


class UserMessage(Struct):
    """What a person wrote: only that they did."""


class ThreadSettings(Struct):
    """Settings that apply from here on."""

    model: str | None = ""
    model_provider_id: str | None = ""
    service_tier: Any = None


class SettingsApplied(Struct):
    """A thread's settings, written when they change and when the thread is resumed."""

    thread_id: str | None = ""
    thread_settings: ThreadSettings | None = None


class ToolUse(Struct):
    """A model asks for a tool."""

    type: str
    name: str | None = ""
    namespace: str | None = ""
    call_id: str | None = ""
    id: str | None = ""
    status: str | None = ""


class ToolOutput(Struct):
    """What a tool answered; its text is looked at for how it ended and not kept."""

    call_id: str | None = ""
    output: Raw = Raw(b"null")


class Invocation(Struct):
    """Which tool of which MCP server."""

    server: str | None = ""
    tool: str | None = ""


class ToolEnd(Struct):
    """A tool has ended, with figures."""

    call_id: str | None = ""
    exit_code: int | None = None
    duration: Any = None
    invocation: Invocation | None = None
    result: Raw = Raw(b"null")


#: Every kind of line that is read: (line type, payload type) → what its payload is.
_PAYLOADS: Final[dict[tuple[str, str], type]] = {
    ("session_meta", ""): SessionMeta,
    ("turn_context", ""): TurnContext,
    ("token_usage_record", ""): UsageRecord,
    ("compacted", ""): Compacted,
    ("event_msg", "token_count"): TokenCount,
    ("event_msg", "user_message"): UserMessage,
    ("event_msg", "item_completed"): ItemCompleted,
    ("event_msg", "thread_settings_applied"): SettingsApplied,
    **{
        ("event_msg", name): Event
        for name in (
            "task_started",
            "turn_started",
            "task_complete",
            "turn_complete",
            "turn_aborted",
            "error",
            "stream_error",
        )
    },
    **{("event_msg", name): ToolEnd for name in ("exec_command_end", "mcp_tool_call_end", "patch_apply_end")},
    **{
        ("response_item", name): ToolUse
        for name in ("function_call", "custom_tool_call", "local_shell_call", "web_search_call", "mcp_tool_call")
    },
    **{
        ("response_item", name): ToolOutput
        for name in ("function_call_output", "custom_tool_call_output", "mcp_tool_call_output")
    },
}
#: Line types whose kind does not depend on the payload.
_WHOLE: Final = frozenset({"session_meta", "turn_context", "token_usage_record", "compacted"})
_DECODERS: Final = {kind: msgspec.json.Decoder(Line[payload]).decode for kind, payload in _PAYLOADS.items()}  # type: ignore[valid-type]
_decode_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_decode_typed: Final = msgspec.json.Decoder(_Typed).decode

#: What objects of usage may hold: any other key of theirs is noticed. Elsewhere in such a line only a key that sounds
#: like usage or money is.
_STRICT: Final[dict[Kind, dict[str, Any]]] = {
    ("event_msg", "token_count"): {"info": {"total_token_usage": Usage, "last_token_usage": Usage}},
    ("token_usage_record", ""): {"usage": Usage, "turn_token_usage": Usage, "thread_token_usage": Usage},
}
_SOUNDS: Final = re.compile(r"token|usage|cost|credit|price|tier|bill|search|model", re.IGNORECASE)
_decode_any: Final = msgspec.json.Decoder().decode

#: The start of a line as Codex writes it. A line that starts otherwise is taken apart to find out what it is.
_HEAD: Final = re.compile(
    rb'\{"timestamp":"[^"\\]{1,40}",(?:"ordinal":\d{1,18},)?"type":"([a-z_]{1,40})","payload":\{'
    rb'(?:"type":"([a-z_]{1,40})")?'
)
#: Bytes kind → kind, or None for one that is known to say nothing of usage. Absent: nobody knows it.
_SPLIT_BYTES: Final[dict[tuple[bytes, bytes], Kind | None]] = {
    **{(name.encode(), inner.encode()): None for name, inner in QUIET if inner},
    **{(name.encode(), inner.encode()): (name, inner) for name, inner in _PAYLOADS if name not in _WHOLE},
}
_WHOLE_BYTES: Final[dict[bytes, Kind | None]] = {
    **{name.encode(): None for name, inner in QUIET if not inner},
    **{name.encode(): (name, "") for name in _WHOLE},
}
_BRACE: Final = ord("}")
#: These have a payload type, which is not always its first key.
_SPLIT: Final = frozenset({b"event_msg", b"response_item"})
_UNKNOWN: Final = ("", "")


class BadLine(ValueError):
    """A line that cannot be believed: `field` as the line names it (empty: the whole line), and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


def is_read(kind: Kind) -> bool:
    """Whether lines of a kind say anything that is kept; else nobody knows what they are."""
    return kind in _PAYLOADS


def is_rollout(head: bytes) -> bool:
    """Whether a file that begins with `head` is a rollout, whatever its name."""
    return _HEAD.match(head) is not None or b'"session_meta"' in head


def kind_of(data: bytearray | bytes, start: int, stop: int) -> Kind | None:
    """What the line `data[start:stop]` is, or None where it is of a kind that is known to say nothing of usage.

    A kind that nobody knows is given as it stands; see :func:`is_read`.

    Raises:
        BadLine: It is not JSON, was cut off, or is not an object.
    """
    head = _HEAD.match(data, start, stop)
    if head is None:
        return _taken_apart(bytes(data[start:stop]))
    name, inner = head.groups()
    if name not in _SPLIT:
        found = _WHOLE_BYTES.get(name, _UNKNOWN)
    elif inner is None:
        return _taken_apart(bytes(data[start:stop]))
    else:
        found = _SPLIT_BYTES.get((name, inner), _UNKNOWN)
    if found is None or found is _UNKNOWN:
        if data[stop - 1] != _BRACE:
            raise BadLine("", "not JSON: the line ends before its object does")
        if found is _UNKNOWN:
            return (name.decode(), inner.decode() if inner is not None and name in _SPLIT else "")
    return found


def _taken_apart(line: bytes) -> Kind | None:
    """What a line is that does not begin as Codex begins it."""
    try:
        envelope = _decode_envelope(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _explained(error) from None
    name = envelope.type
    if name.encode(errors="replace") not in _SPLIT:
        if name in _WHOLE:
            return (name, "")
        # The first releases wrote items without an envelope, after a header and with notes of their own state.
        bare = envelope.payload == _NULL and (not name or ("response_item", name) in QUIET | _PAYLOADS.keys())
        return None if bare or (name, "") in QUIET else (name, "")
    try:
        inner = _decode_typed(envelope.payload).type or ""
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        bad = _explained(error)
        raise BadLine(f"payload.{bad.field}".rstrip("."), bad.reason) from None
    return None if (name, inner) in QUIET else (name, inner)


def decode(kind: Kind, line: bytes | memoryview, strange: list[str] | None = None) -> Line[Any]:
    """The parts of a line that matter; names of keys beside its usage that no rule reads are added to `strange`.

    Raises:
        BadLine: It is not JSON, or a field has the wrong type or an impossible value.
    """
    try:
        return _DECODERS[kind](line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        if kind in _STRICT and isinstance(error, msgspec.ValidationError):
            return _without_strange(kind, line, [] if strange is None else strange)
        raise _explained(error) from None


def _without_strange(kind: Kind, line: bytes | memoryview, strange: list[str]) -> Line[Any]:
    """A line whose objects of usage hold more than is known, without that; 100.0 and "100" in them are 100."""
    try:
        tree = _decode_any(line)
        _prune(tree.get("payload"), _PAYLOADS[kind], _STRICT[kind], kind[1] or kind[0], strange)
        return _DECODERS[kind](msgspec.json.encode(tree))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _explained(error) from None


def _prune(value: Any, shape: type[Struct], inner: dict[str, Any], name: str, strange: list[str]) -> None:  # noqa: ANN401
    """Take the keys that `shape` does not have out of a JSON value, and name those that may be usage."""
    if not isinstance(value, dict):
        return
    for key in [key for key in value if key not in shape.__struct_fields__]:
        del value[key]
        if shape is Usage or _SOUNDS.search(key):
            strange.append(f"{name}.{key}")
    if shape is Usage:
        value |= {key: _whole(said) for key, said in value.items() if isinstance(said, (float, str))}
    for key, below in inner.items():
        if isinstance(below, dict):
            _prune(value.get(key), Info, below, key, strange)
        else:
            _prune(value.get(key), below, {}, key, strange)


def _whole(said: float | str) -> float | str:
    try:
        return whole(said)
    except ValueError:
        return said


def _explained(error: msgspec.MsgspecError | UnicodeDecodeError) -> BadLine:
    if isinstance(error, msgspec.ValidationError):
        reason, found, where = str(error).partition(" - at `")
        return BadLine(where.rstrip("`").removeprefix("$.") if found else "", reason)
    if isinstance(error, UnicodeDecodeError):
        return BadLine("", f"not UTF-8 text: {error.reason}")
    text = str(error).removeprefix("JSON is malformed: ")
    return BadLine("", f"not JSON: {text[:1].lower()}{text[1:]}")
