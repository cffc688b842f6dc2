"""Stable ids: the same thing read twice, from anywhere, gets the same id."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

_SEPARATOR = "\x1f"
#: Of anything shorter, four characters would be too many to show.
_SHORTEST_KEY: Final = 12


def record_id(workspace: str, source: str, native_id: str) -> bytes:
    """The 16-byte id under which the ledger keeps a record exactly once.

    128 bits of BLAKE2b: with 10^12 records the chance that any two collide is below 10^-14.
    """
    text = f"{workspace}{_SEPARATOR}{source}{_SEPARATOR}{native_id}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def record_ids(names: Iterable[tuple[str, str, str]]) -> list[bytes]:
    """The ids of many records, each named by workspace, source and native id; see :func:`record_id`."""
    # The same as `record_id`, spelled out: a first import asks for a hundred thousand.
    return [
        blake2b(
            f"{workspace}{_SEPARATOR}{source}{_SEPARATOR}{native_id}".encode("utf-8", "surrogatepass"), digest_size=16
        ).digest()
        for workspace, source, native_id in names
    ]


def key_fingerprint(secret: str) -> str:
    """A display form of an API key that names it without revealing it: at most its last four characters."""
    tail = secret[-4:] if len(secret) >= _SHORTEST_KEY else ""
    return f"…{tail}" if tail else "…"
