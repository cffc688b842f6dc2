"""What a `usage` object says beside its tokens, and what in it no rule reads.

Nearly every usage has the shape of one before it, so shapes are remembered: the object without its digits.
"""

from __future__ import annotations

from typing import Final

import msgspec

from tokometer.records.redaction import redacted
from tokometer.sources.claude_code.lines import Usage

_DIGITS: Final = b"0123456789"
_MOST_SHAPES: Final = 4_096
_LONGEST_NAME: Final = 80

_TOKENS: Final = frozenset(
    {
        "input_tokens",
        "output_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "cache_creation.ephemeral_5m_input_tokens",
        "cache_creation.ephemeral_1h_input_tokens",
        "output_tokens_details.thinking_tokens",
        "server_tool_use.web_search_requests",
        # Fetching pages costs nothing beside the tokens.
        "server_tool_use.web_fetch_requests",
    }
)
#: The numbers that rules read, by their dotted keys; those of a run have the same names.
READ: Final = _TOKENS | {f"iterations.{name}" for name in _TOKENS}

#: The service tier and speed that mean nothing out of the ordinary.
STANDARD: Final = "standard"
_NO_REGION: Final = "not_available"

_decode: Final = msgspec.json.Decoder().decode
_shapes: dict[bytes, tuple[str, ...]] = {}


def unread(raw: bytes, name: str = "") -> tuple[str, ...]:
    """The dotted keys of numbers in a usage object that no rule reads; `name` where it is what a key of one holds."""
    shape = name.encode() + raw.translate(None, _DIGITS)
    found = _shapes.get(shape)
    if found is None:
        if len(_shapes) >= _MOST_SHAPES:
            _shapes.clear()
        try:
            found = tuple(dict.fromkeys(_numbers(_decode(raw), name)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # Something in it is broken that nobody asks for.
            found = ()
        _shapes[shape] = found
    return found


def _numbers(value: object, name: str) -> list[str]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in _numbers(item, f"{name}.{key}" if name else str(key))]
    if isinstance(value, list):
        return [found for item in value for found in _numbers(item, name)]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and name not in READ:
        return [redacted(name, _LONGEST_NAME)]
    return []


def searches_of(usage: Usage) -> int | None:
    """How many searches of the web are stated; None: it does not say."""
    return None if usage.server_tool_use is None else usage.server_tool_use.web_search_requests


def quantities_of(searches: int | None) -> dict[str, int] | None:
    """What is billed beside the tokens, in thousandths; None is nothing."""
    return {"web_searches": 1_000 * searches} if searches else None


def tier_of(service_tier: str | None, speed: str | None) -> str:
    """The tier that an answer was served in: what is not standard of its service tier and its speed, `batch fast`."""
    if not speed or speed == STANDARD:
        return service_tier or ""
    if not service_tier or service_tier == STANDARD:
        return speed
    return f"{service_tier} {speed}"


def region_of(geo: str | None) -> str:
    """Where an answer was made, in the provider's word; empty where that is not stated."""
    return "" if geo is None or geo == _NO_REGION else geo
