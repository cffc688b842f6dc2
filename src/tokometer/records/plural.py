"""Numbers of things in words: `1 file`, `2 files`."""

from __future__ import annotations


def counted(count: int, thing: str, things: str = "") -> str:
    """So many of a thing; `things` is its plural where that is more than an s."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {things or f'{thing}s'}"


def verb(count: int, one: str, more: str) -> str:
    """The form of a verb, or of whatever else depends on how many there are: `is`, `are`."""
    return one if count == 1 else more
