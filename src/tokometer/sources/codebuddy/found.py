"""CodeBuddy as a source of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.codebuddy.lines import NAME, Transcript
from tokometer.sources.jsonl import LinesSource

_MARKS: Final = (b'"sessionId"', b'"type"', b'"timestamp"')
#: Beside a session lies what it remembers.
_PASSED_OVER: Final = frozenset({"memory"})


class CodeBuddy(LinesSource):
    """Transcripts of CodeBuddy and WorkBuddy; see `sources.protocol.FileSource`."""

    name = NAME
    title = "CodeBuddy"
    reader = Transcript

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of projects of both."""
        named = folders.setting(env, "CODEBUDDY_CONFIG_DIR", home)
        return [(named or home / ".codebuddy") / "projects", home / ".workbuddy" / "projects"]

    def files(self, root: Path) -> Iterable[Path]:
        """The transcripts below a folder."""
        for path in folders.below(root, lambda name: name.endswith(".jsonl"), lambda name: name not in _PASSED_OVER):
            start = folders.head(path)
            # Claude Code's transcripts look like these, but have messages of another kind.
            if all(mark in start for mark in _MARKS) and b'"uuid"' not in start:
                yield path


FOUND: Final = CodeBuddy()
