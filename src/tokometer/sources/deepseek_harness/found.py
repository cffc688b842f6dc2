"""DeepSeek Harness as a source of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.deepseek_harness.events import NAME, Events
from tokometer.sources.frames import head_of
from tokometer.sources.jsonl import LinesSource

#: A session's events, compressed or as they are: which of them is a setting.
_FILES: Final = frozenset({"session.jsonl", "session.jsonl.zstd"})
_MARK: Final = b'"type":"session"'
_HEAD: Final = 4_096


class DeepSeekHarness(LinesSource):
    """Sessions of DeepSeek Harness; see `sources.protocol.FileSource`."""

    name = NAME
    title = "DeepSeek Harness"
    reader = Events

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of its sessions."""
        return [(folders.setting(env, "DSH_HOME", home) or home / ".dsh") / "sessions"]

    def files(self, root: Path) -> Iterable[Path]:
        """The events of the sessions below a folder, by how they begin: others call theirs so, too."""
        for path in folders.below(root, lambda name: name in _FILES):
            try:
                head = head_of(path, _HEAD)
            except OSError:
                continue
            if _MARK in head.partition(b"\n")[0].replace(b" ", b""):
                yield path


FOUND: Final = DeepSeekHarness()
