"""A second look at a line that was not decoded at once, with patience.

A usage with keys that we do not know is taken as it is, and the keys are named. In a line that is broken, what we can
do without is dropped, and what we cannot is the reason it is refused for.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw, Struct

from tokometer.records import RecordError
from tokometer.records.time import to_datetime
from tokometer.records.values import moment, whole
from tokometer.sources.claude_code.lines import KNOWN, READ, UNFIT, Line, decode_any, stated
from tokometer.sources.claude_code.usage import unread

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
_USAGE: Final = "message.usage."
#: How complaints of a value begin that may say the same in another form.
_WANTS_NUMBER: Final = "Expected `int"
_WANTS_TIME: Final = ("Expected `datetime", "Invalid RFC3339")


class _Bare(Struct, gc=False):
    """A message of which only the usage matters, as it stands."""

    usage: Raw = Raw()


class _BareLine(Struct, gc=False):
    """A line of which only that matters."""

    message: _Bare | None = None


_decode_bare: Final = msgspec.json.Decoder(_BareLine).decode


class Look(NamedTuple):
    """What a second look gave."""

    #: None where the line holds nothing of ours.
    line: Line | None
    #: Dotted keys under `usage` that were not read: not known, or not to be believed.
    unread: tuple[str, ...]


def look_again(raw: memoryview) -> Look:
    """A line that `lines.decode` would not take, without what cannot be read and is not needed.

    Raises:
        RecordError: It is not JSON, or a field that its count rests on is broken.
    """
    try:
        return Look(decode_any(raw), _unread_in(raw))
    except UNFIT:
        return _salvage(bytes(raw))


def _unread_in(raw: bytes | memoryview) -> tuple[str, ...]:
    try:
        message = _decode_bare(raw).message
    except UNFIT:
        return ()
    usage = b"" if message is None else stated(message.usage)
    return unread(usage) if usage else ()


def _salvage(raw: bytes) -> Look:
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
        if not isinstance(kind, str | None):
            raise RecordError("type", "not text")
        if kind not in READ:
            return Look(None if kind in KNOWN else Line(type=kind or ""), ())
        return _fit(value)
    except RecursionError:
        raise RecordError("", "not JSON that we read: nested too deeply") from None


def _fit(value: dict[str, Any]) -> Look:
    found: list[str] = []
    for _ in range(_MOST_REPAIRS):
        try:
            fitting = json.dumps(value).encode()
            line = decode_any(fitting)
        except msgspec.ValidationError as error:
            dropped = _repair(value, str(error))
            if dropped.startswith(_USAGE):
                found.append(dropped.removeprefix(_USAGE))
        except msgspec.DecodeError:
            raise RecordError("", "not JSON that we read: a number is too large") from None
        else:
            return Look(line, (*found, *_unread_in(fitting)))
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


def _repair(value: dict[str, Any], complaint: str) -> str:
    """Take out of `value` what `complaint` is about and return its path, if it is gone; or refuse the line for it."""
    where = _WHERE.search(complaint)
    path = where.group(1) if where else ""
    steps = [name or index for name, index in _STEP.findall(path)]
    holder: Any = value
    for step in steps[:-1]:
        holder = holder[int(step) if isinstance(holder, list) else step]
    last: Any = int(steps[-1]) if isinstance(holder, list) else steps[-1]
    if _mend(holder, last, complaint):
        return ""
    if path in _ESSENTIAL and value["type"] == "assistant":
        raise RecordError(path, complaint[: where.start()] if where else complaint)
    del holder[last]
    return path


def _mend(holder: Any, last: Any, complaint: str) -> bool:  # noqa: ANN401 - an object or list of JSON, and its key
    """Write a value anew that says the same in another form: 100.0, "100", a Unix time."""
    said = holder[last]
    try:
        if complaint.startswith(_WANTS_NUMBER) and isinstance(said, (float, str)):
            holder[last] = whole(said)
        elif complaint.startswith(_WANTS_TIME) and not isinstance(said, bool):
            holder[last] = to_datetime(moment(said)).isoformat()
        else:
            return False
    except ValueError:
        return False
    return True
