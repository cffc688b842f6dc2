"""What a field of our own record format is, and what its types take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from tokometer.records.counted_parts import counts, thousandths
from tokometer.records.ids import key_fingerprint
from tokometer.records.labels import labels_from, metadata_from, tags_from
from tokometer.records.values import (
    MOST_ATTEMPTS,
    flag,
    floating,
    long_text,
    message,
    milliseconds,
    moment,
    money,
    name_of,
    number,
    text,
    whole,
)

#: Content that people send along and we do not keep.
NOT_KEPT: Final = frozenset({"prompt", "messages", "input", "output", "response", "completion", "content"})

_MAX_HTTP_STATUS: Final = 999
_MAX_REVISION: Final = 2**62
_SCALES: Final = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
#: Levels of log lines, by the words of common libraries.
LEVELS: Final[dict[str, str]] = {
    **dict.fromkeys(("trace", "verbose", "finest", "silly"), "trace"),
    **dict.fromkeys(("debug", "fine"), "debug"),
    **dict.fromkeys(("info", "information", "informational", "notice", "log"), "info"),
    **dict.fromkeys(("warning", "warn"), "warning"),
    **dict.fromkeys(("error", "err", "severe"), "error"),
    **dict.fromkeys(("fatal", "critical", "crit", "alert", "emergency", "emerg", "panic"), "fatal"),
}


class Type(NamedTuple):
    """What a field takes."""

    convert: Callable[[Any], Any]
    #: As JSON Schema.
    schema: Mapping[str, Any]
    #: In words, for people.
    words: str


class Field(NamedTuple):
    """One field on the wire."""

    name: str
    type: Type
    #: Other names that it is known by.
    aliases: tuple[str, ...]
    #: The record's field; "" where the reader makes something of it.
    target: str
    meaning: str


def _bounded(limit: int) -> Callable[[Any], int]:
    return lambda value: whole(value, limit)


def _masked(value: object) -> str:
    key = text(value)
    return key if key.startswith("…") and len(key) <= len("…1234") else key_fingerprint(key)


def _signed_money(value: object) -> int:
    return money(value, signed=True)


def _labels(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError(f"is {name_of(value)}, not an object")  # noqa: TRY004 - see values
    return labels_from(value)


def _metadata(value: object) -> dict[str, str]:
    # Whatever it is, it is beside the point for most who send it: nothing is refused for it.
    return metadata_from(value if isinstance(value, dict) else {"metadata": value}, NOT_KEPT)


def _yes_or_no(value: object) -> str:
    if isinstance(value, str) and value.lower() in ("yes", "no", ""):
        return value.lower()
    return "yes" if flag(value) else "no"


def _parameters(value: object) -> int:
    """How many parameters a model has, also as `8.0B` or `137M`."""
    if isinstance(value, str) and value[-1:].upper() in _SCALES:
        amount = number(value[:-1]) * _SCALES[value[-1].upper()]
        return whole(amount.to_integral_value())
    return whole(value)


def _level(value: object) -> str:
    """The level of a log line, by any of its usual words."""
    if not isinstance(value, str):
        # 10 is DEBUG to one library and INFO to another.
        raise ValueError(f"is {name_of(value)}, not a level's name")  # noqa: TRY004 - see values
    found = LEVELS.get(value.strip().lower())
    if found is None:
        raise ValueError(f"is not one of {', '.join(dict.fromkeys(LEVELS.values()))}")
    return found


def _verdict(value: object) -> float | str:
    """What a score says: a number, yes or no as 1 or 0, or words."""
    if isinstance(value, bool):
        return float(value)
    return text(value) if isinstance(value, str) else floating(value)


_TEXT: Final = Type(text, {"type": "string"}, "text")
_MESSAGE: Final = Type(message, {"type": "string"}, "text; kept are 500 characters, without keys")
_KEY: Final = Type(_masked, {"type": "string"}, "text; at most its last four characters are kept")
_WHOLE: Final = Type(whole, {"type": "integer", "minimum": 0, "maximum": 2**53}, "whole number up to 2^53")
_CODE: Final = Type(
    _bounded(_MAX_HTTP_STATUS), {"type": "integer", "minimum": 0, "maximum": _MAX_HTTP_STATUS}, "whole number"
)
_ATTEMPT: Final = Type(
    _bounded(MOST_ATTEMPTS),
    {"type": "integer", "minimum": 0, "maximum": MOST_ATTEMPTS},
    f"whole number up to {MOST_ATTEMPTS:,}",
)
_REVISION: Final = Type(
    _bounded(_MAX_REVISION), {"type": "integer", "minimum": 0, "maximum": _MAX_REVISION}, "whole number"
)
_TIME: Final = Type(
    moment,
    {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "number", "minimum": 0}]},
    "RFC 3339 with an offset, or a Unix time in s, ms, µs or ns",
)
_MILLISECONDS: Final = Type(milliseconds, {"type": "number", "minimum": 0}, "milliseconds, fractions allowed")
_MONEY: Final = Type(
    money, {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}, "number or decimal text, exact to 1e-9"
)
_SIGNED: Final = Type(
    _signed_money, {"anyOf": [{"type": "number"}, {"type": "string"}]}, "number or decimal text, exact to 1e-9"
)
_NUMBER: Final = Type(floating, {"type": "number"}, "number")
_LABELS: Final = Type(
    _labels,
    {"type": "object", "additionalProperties": True},
    "object of text by text; numbers become text, lists are joined, objects in it become `outer.inner`",
)
_METADATA: Final = Type(_metadata, {}, "object, as labels")
_TAGS: Final = Type(
    tags_from, {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}, "list of text"
)
_COUNTS: Final = Type(counts, {"type": "object"}, "object of numbers by name")
_AMOUNT: Final = Type(thousandths, {"type": "number", "minimum": 0}, "number, kept to a thousandth")
_LONG: Final = Type(long_text, {}, "text, or JSON; kept are 16,000 characters, without keys and passwords")
_YES_NO: Final = Type(
    _yes_or_no, {"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no", "true", "false", ""]}]}, "true or false"
)
_PARAMETERS: Final = Type(
    _parameters, {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}, "whole number, or `8.0B`"
)
_LEVEL: Final = Type(
    _level, {"type": "string"}, f"one of {', '.join(dict.fromkeys(LEVELS.values()))}, or another word for it"
)
_VERDICT: Final = Type(_verdict, {"type": ["number", "boolean", "string"]}, "number, true or false, or text")

_TYPES: Final = {
    "text": _TEXT,
    "message": _MESSAGE,
    "key": _KEY,
    "whole": _WHOLE,
    "code": _CODE,
    "attempt": _ATTEMPT,
    "revision": _REVISION,
    "time": _TIME,
    "ms": _MILLISECONDS,
    "money": _MONEY,
    "signed": _SIGNED,
    "number": _NUMBER,
    "labels": _LABELS,
    "metadata": _METADATA,
    "tags": _TAGS,
    "counts": _COUNTS,
    "amount": _AMOUNT,
    "long": _LONG,
    "yesno": _YES_NO,
    "parameters": _PARAMETERS,
    "level": _LEVEL,
    "verdict": _VERDICT,
}


def declared(lines: str) -> tuple[Field, ...]:
    """Fields from lines of `type name|alias|… > target: meaning`; without a target it is the name, `-` is none."""
    fields = []
    for line in filter(str.strip, lines.splitlines()):
        spec, _, meaning = line.strip().partition(": ")
        spelled, _, target = spec.partition(" > ")
        kind, names = spelled.split()
        name, *aliases = names.split("|")
        fields.append(
            Field(name, _TYPES[kind], tuple(aliases), "" if target == "-" else target or name, meaning.strip())
        )
    return tuple(fields)
