"""Prometheus' text format 0.0.4 and OpenMetrics 1.0, line by line.

https://prometheus.io/docs/instrumenting/exposition_formats/ and
https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md; names in quotes are those of
Prometheus 3 (`{"my.metric", label="value"} 1`).
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Final, NamedTuple

_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_QUOTED: Final = r'"((?:[^"\\]|\\.)*)"'
#: A label with its value, or a metric's name in quotes; and what follows it.
_PAIR: Final = re.compile(rf"[ \t]*(?:([a-zA-Z_][a-zA-Z0-9_]*)|{_QUOTED})[ \t]*(?:=[ \t]*{_QUOTED})?[ \t]*([,}}])")
_END: Final = re.compile(r"[ \t]*\}")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "\\": "\\", '"': '"'}
_NUMBER: Final = re.compile(
    r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)", re.IGNORECASE
)
#: Beyond this a time is none, in milliseconds.
_LATEST_MS: Final = 10**14
MEDIA_TYPE: Final = "application/openmetrics-text"


class Line(NamedTuple):
    """A reading as it stands in a line."""

    #: Everything before the value: what a series is known by.
    head: str
    name: str
    labels: dict[str, str]
    value: float
    #: When it was read, in microseconds since the epoch, where that is said.
    at: int | None


def parse(line: str, *, seconds: bool = False) -> Line:
    """A line that is not empty and no comment. `seconds` is true for OpenMetrics, whose times are in seconds.

    Raises:
        ValueError: It is no such line; the reason reads on after its name.
    """
    name, labels, end = _head(line)
    told = line[end:]
    if told[:1] not in (" ", "\t"):
        raise ValueError("has no value" if not told.strip() else "goes on where its value was to begin")
    parts = told.partition("#")[0].split()
    if not parts:
        raise ValueError("has no value")
    if len(parts) > 2:  # noqa: PLR2004 - a value and a time
        raise ValueError("has more than a value and a time")
    at = None if len(parts) == 1 else _time(parts[1], seconds=seconds)
    return Line(line[:end], name, labels, number(parts[0]), at)


def number(text: str) -> float:
    """A value as the formats write it.

    Raises:
        ValueError: It is none.
    """
    if not _NUMBER.fullmatch(text):
        raise ValueError("has a value that is not a number")
    return float(text)


def _head(line: str) -> tuple[str, dict[str, str], int]:
    """The name, the labels, and where they end."""
    found = _NAME.match(line)
    name = found[0] if found else ""
    at = found.end() if found else 0
    space = at
    while line[space : space + 1] in (" ", "\t"):
        space += 1
    if line[space : space + 1] != "{":
        if not name:
            raise ValueError("does not begin with the name of a metric")
        return name, {}, at
    name, labels, at = _labels(line, name, space + 1)
    if not name:
        raise ValueError("has no name")
    return name, labels, at


def _labels(line: str, name: str, at: int) -> tuple[str, dict[str, str], int]:
    labels: dict[str, str] = {}
    while True:
        end = _END.match(line, at)
        if end:
            return name, labels, end.end()
        pair = _PAIR.match(line, at)
        if not pair:
            raise ValueError("has labels that cannot be read")
        plain, quoted, value, after = pair.groups()
        key = plain if plain is not None else _unescaped(quoted)
        if value is None:
            if plain is not None or name:
                raise ValueError("has a label without a value")
            name = key
        elif key in labels:
            raise ValueError("has a label twice")
        else:
            labels[key] = _unescaped(value)
        at = pair.end()
        if after == "}":
            return name, labels, at


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[0]), text) if "\\" in text else text


def _time(text: str, *, seconds: bool) -> int:
    try:
        told = float(text) * (1000.0 if seconds else 1.0)
    except ValueError:
        raise ValueError("has a time that is not a number") from None
    if not isfinite(told) or not 0 <= told < _LATEST_MS:
        raise ValueError("has a time that is none")
    return round(told * 1000)
