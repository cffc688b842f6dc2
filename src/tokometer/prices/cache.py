"""The listings that were looked up before, kept in a file so that the next process need not import the catalogue.

The file is an optimisation: missing, damaged, of another version or unwritable, it is as if it were not there.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

import msgspec

from tokometer.host.private import private_folder, write_private
from tokometer.host.regular import read_bytes
from tokometer.prices.rates import Listing

_PACKAGE: Final = "genai_prices"
FILE: Final = "prices.msgpack"
#: More models than anyone uses; past it, new ones are looked up in every process.
MAX_LISTINGS: Final = 4096
#: So many take a tenth of it.
_MOST_BYTES: Final = 64 << 20
#: Stand in front, so that damage is noticed.
_DIGEST_BYTES: Final = 16

#: (provider, model, service tier), as the call has them.
Key = tuple[str, str, str]
Listings = dict[Key, Listing | None]


class _File(msgspec.Struct, array_like=True):
    version: str
    listings: list[tuple[Key, Listing | None]]


def catalogue_version() -> str:
    """The version of the installed catalogue, read off its folder: cheaper than `importlib.metadata`, same answer."""
    spec = PathFinder.find_spec(_PACKAGE)
    if spec is not None and spec.origin:
        for folder in Path(spec.origin).parents[1].glob(f"{_PACKAGE}-*.dist-info"):
            return folder.name.removeprefix(f"{_PACKAGE}-").removesuffix(".dist-info")
    from importlib.metadata import version  # rarely needed, and slow to import

    return version(_PACKAGE)


def load(folder: Path, version: str) -> Listings:
    """The listings kept in `folder` by the same version; none where there is no such file."""
    try:
        content = read_bytes(folder / FILE, _MOST_BYTES)
        if _digest(content[_DIGEST_BYTES:]) != content[:_DIGEST_BYTES]:
            # One wrong bit may be a price that looks right.
            return {}
        kept = msgspec.msgpack.decode(content[_DIGEST_BYTES:], type=_File)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
    if kept.version != version or any(listing is not None and not _whole(listing) for _, listing in kept.listings):
        return {}
    return dict(kept.listings)


def save(folder: Path, version: str, listings: Listings) -> None:
    """Keep `listings` and what another process kept meanwhile; the file is replaced whole or not at all."""
    together = load(folder, version) | listings
    if len(together) > MAX_LISTINGS:
        return
    listed = msgspec.msgpack.encode(_File(version, list(together.items())))
    content = _digest(listed) + listed
    with suppress(OSError):
        private_folder(folder)
        write_private(folder / FILE, content)


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST_BYTES).digest()


def _whole(listing: Listing) -> bool:
    """Right in type is not yet right in shape: a listing has a period, a period a slot, a slot a tier."""
    return bool(listing.periods) and all(
        period.slots and all(slot.tiers for slot in period.slots) for period in listing.periods
    )
