"""Kimi as a source of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.jsonl import LinesSource
from tokometer.sources.kimi.places import NAME, WIRE
from tokometer.sources.kimi.wire import Wire

_MARKS: Final = (b'"metadata"', b'"protocol_version"', b'"usage.record"', b'"llm.request"', b'"TurnBegin"')


class Kimi(LinesSource):
    """Sessions of Kimi; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Kimi CLI"
    reader = Wire

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of Kimi CLI's and of Kimi Code's sessions."""
        cli = folders.setting(env, "KIMI_SHARE_DIR", home) or home / ".kimi"
        code = folders.setting(env, "KIMI_CODE_HOME", home) or home / ".kimi-code"
        return [cli / "sessions", code / "sessions"]

    def files(self, root: Path) -> Iterable[Path]:
        """The sessions below a folder."""
        for path in folders.below(root, lambda name: name == WIRE):
            start = folders.head(path, 1 << 16)
            if any(mark in start for mark in _MARKS):
                yield path


FOUND: Final = Kimi()
