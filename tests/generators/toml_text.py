"""Objects as TOML, for files of settings that are made up."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from generators.mutations import encoded


def toml(content: dict[str, Any]) -> bytes:
    """A file: each first-level key on a line of its own, whatever is in it inline."""
    return b"".join(_key(key) + b" = " + _value(value) + b"\n" for key, value in content.items())


def _key(key: object) -> bytes:
    return encoded(str(key))


def _value(value: Any) -> bytes:
    if isinstance(value, dict):
        return b"{" + b", ".join(_key(key) + b" = " + _value(inner) for key, inner in value.items()) + b"}"
    if isinstance(value, (list, tuple)):
        return b"[" + b", ".join(_value(inner) for inner in value) + b"]"
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat().encode()
    if isinstance(value, (str, bool, int, float)) or value is None:
        return encoded(value)
    # Decimal.
    return json.dumps(str(value))[1:-1].encode()
