"""Which pages of others may show what is ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from tokometer.settings.reader import Reader

#: Origins that one list names at most.
MOST_ORIGINS: Final = 20
_HOST: Final = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]", re.IGNORECASE)


class EmbedSettings(Struct, frozen=True, kw_only=True):
    """`[embed]`: which pages of others may show badges and what signed links open."""

    #: Origins of pages that may show badges, and frame what a signed link opens where that names none itself.
    origins: tuple[str, ...] = ()


def read_embedding(reader: Reader, given: Mapping[str, Any]) -> EmbedSettings:
    """`[embed]`."""
    reader.only("embed.", given, EmbedSettings.__struct_fields__)
    reader.given.update(f"embed.{key}" for key in given)
    origins = reader.texts("embed.origins", given.get("origins", []), MOST_ORIGINS)
    for at, origin in enumerate(origins, start=1):
        if not is_origin(origin):
            raise reader.error(f"embed.origins[{at}]", f"{WANTED}, not {origin[:60]!r}")
    return EmbedSettings(origins=origins)


#: What is said of a text that is no origin.
WANTED: Final = "has to be an origin: https://HOST or http://HOST:PORT, without a path"


def is_origin(text: str) -> bool:
    """Whether a text is a scheme and a host, and maybe a port: what a browser calls the origin of a page."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    return (
        parts.scheme in ("http", "https")
        and _HOST.fullmatch(host) is not None
        and f"{parts.scheme}://{parts.netloc}" == text
    )
