"""Tools that descend from OpenCode: its database under another name, whose records are the descendant's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from re import Pattern
from typing import Final

from tokometer.records import AgentRun, ModelCall, ToolCall, infer_provider
from tokometer.sources import folders
from tokometer.sources.database import read_database
from tokometer.sources.machine import host
from tokometer.sources.opencode.database import OpenCodeReader
from tokometer.sources.opencode.places import SOURCE_NAME
from tokometer.sources.protocol import Reading

#: Beside a database lie snapshots of projects.
_PASSED_OVER: Final = frozenset({"snapshot", "worktree", "log", "bin", "storage", "tool-output"})


class Descendant:
    """Databases of one such tool; see `sources.protocol.FileSource`."""

    beside: tuple[str, ...] = ("-wal",)

    def __init__(
        self,
        name: str,
        title: str,
        folder: str,
        database: Pattern[str],
        variables: Mapping[str, str],
        gateways: frozenset[str] = frozenset(),
    ) -> None:
        """A tool and where its databases are.

        Args:
            name: The source's name.
            title: The name that people know.
            folder: That of its data, below the folder of all programs' data.
            database: What its databases are called.
            variables: Variables that name a folder, and where in that the data is.
            gateways: Providers that charge what the tool says. What it says of others is an estimate.
        """
        self.name = name
        self.title = title
        self._folder = folder
        self._database = database
        self._variables = variables
        self._gateways = gateways

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folder of its data."""
        for variable, inside in self._variables.items():
            named = folders.setting(env, variable, home)
            if named is not None:
                return [named / inside if inside else named]
        return [folders.data_home(home, env) / self._folder]

    def files(self, root: Path) -> Iterable[Path]:
        """The databases below a folder."""
        return folders.below(
            root, lambda name: self._database.fullmatch(name) is not None, lambda name: name not in _PASSED_OVER
        )

    def read(self, path: Path, state: bytes) -> Reading:
        """What is new in a database."""
        reading = read_database(self.name, OpenCodeReader, path, state, self.beside)
        for record in reading.records:
            record.source, record.machine = self.name, host()
            if isinstance(record, (ModelCall, ToolCall, AgentRun)) and record.agent == SOURCE_NAME:
                record.agent = self.name
            if isinstance(record, ModelCall) and record.provider not in self._gateways and infer_provider(record.model):
                # Its own estimate, of what the price book prices.
                record.cost_reported = None
        return reading
