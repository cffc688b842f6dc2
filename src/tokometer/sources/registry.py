"""Every source of files, by name. A new one is one module and one line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Final, cast

from tokometer.sources.protocol import FileSource

_PLACES: Final[dict[str, str]] = {
    "claude_code": "tokometer.sources.claude_code:SOURCE",
    "codex": "tokometer.sources.codex:SOURCE",
}


class _Sources(Mapping[str, FileSource]):
    """Sources are imported when they are asked for: their names alone cost nothing."""

    def __getitem__(self, name: str) -> FileSource:
        module, _, attribute = _PLACES[name].partition(":")
        return cast("FileSource", getattr(import_module(module), attribute))

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


FILE_SOURCES: Final[Mapping[str, FileSource]] = _Sources()
