"""What a `usage` object says beside its tokens, and what in it no rule reads.

Nearly every usage has the shape of one before it, so shapes are remembered: the object without its digits, which costs
a thousandth of decoding the line.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import msgspec

_DIGITS: Final = b"0123456789"
_MOST_SHAPES: Final = 4_096
_LONGEST_NAME: Final = 80
#: More is no count of searches in one answer.
_MOST_SEARCHES: Final = 1_000_000

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


def unread(raw: bytes) -> tuple[str, ...]:
    """The dotted keys of numbers in a usage object that no rule reads; mostly none."""
    shape = raw.translate(None, _DIGITS)
    found = _shapes.get(shape)
    if found is None:
        if len(_shapes) >= _MOST_SHAPES:
            _shapes.clear()
        found = _shapes[shape] = tuple(dict.fromkeys(_numbers(_decode(raw), "")))
    return found


def _numbers(value: object, name: str) -> list[str]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in _numbers(item, f"{name}.{key}" if name else str(key))]
    if isinstance(value, list):
        return [found for item in value for found in _numbers(item, name)]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and name not in READ:
        return [name[:_LONGEST_NAME]]
    return []


@lru_cache(maxsize=1_024)
def searches_of(raw: bytes) -> int | None:
    """How many searches of the web a `server_tool_use` states, as :func:`lines.stated` gives it; None: it does not say.

    Raises:
        ValueError: What it states is no count.
    """
    value: Any = _decode(raw) if raw else None
    count = value.get("web_search_requests") if isinstance(value, dict) else value
    if count is None:
        return None
    if isinstance(count, bool) or not isinstance(count, (int, float)) or count != int(count):
        raise ValueError("not a count of searches")
    if not 0 <= count <= _MOST_SEARCHES:
        raise ValueError("not a count of searches")
    return int(count)


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
