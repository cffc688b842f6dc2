"""Answers as JSON that every reader takes: without NaN, infinity and halves of characters, which JSON has not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any


def json_bytes(value: object) -> bytes:
    """A value as JSON in UTF-8; a number that JSON has not is null."""
    try:
        text = _dump(value)
    except ValueError:
        text = _dump(_without(value))
    return text.encode("utf-8", "replace")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _without(value: Any) -> Any:  # noqa: ANN401 - whatever JSON has
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _without(item) for name, item in value.items()}
    return [_without(item) for item in value] if isinstance(value, list | tuple) else value
