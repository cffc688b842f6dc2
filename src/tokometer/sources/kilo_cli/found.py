"""Kilo CLI as a source: OpenCode's database under another name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.records import AgentRun, ModelCall, ToolCall, infer_provider
from tokometer.sources import folders
from tokometer.sources.database import read_database
from tokometer.sources.machine import host
from tokometer.sources.opencode.database import OpenCodeReader
from tokometer.sources.opencode.places import SOURCE_NAME
from tokometer.sources.protocol import Reading

NAME: Final = "kilo_cli"
_DATABASE: Final = re.compile(r"kilo(-[\w.-]+)?\.db")
#: Beside it lie snapshots of projects.
_PASSED_OVER: Final = frozenset({"snapshot", "worktree", "log", "bin", "storage", "tool-output"})
#: Kilo's own gateway, which charges what it says.
_GATEWAYS: Final = frozenset({"kilo", "kilocode", "openrouter"})


class KiloCli:
    """Kilo CLI's databases; see `sources.protocol.FileSource`."""

    name = NAME
    title = "Kilo CLI"
    beside: tuple[str, ...] = ("-wal",)

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of its data."""
        return [folders.setting(env, "KILO_DATA_DIR", home) or folders.data_home(home, env) / "kilo"]

    def files(self, root: Path) -> Iterable[Path]:
        """The databases below a folder."""
        return folders.below(
            root, lambda name: _DATABASE.fullmatch(name) is not None, lambda name: name not in _PASSED_OVER
        )

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a database."""
        reading = read_database(NAME, OpenCodeReader, path, state, self.beside)
        for record in reading.records:
            record.source, record.machine = NAME, host()
            if isinstance(record, (ModelCall, ToolCall, AgentRun)) and record.agent == SOURCE_NAME:
                record.agent = NAME
            if isinstance(record, ModelCall) and record.provider not in _GATEWAYS and infer_provider(record.model):
                # Its own estimate, of what the price book prices.
                record.cost_reported = None
        return reading


FOUND: Final = KiloCli()
