"""Cline as a source of files: tasks and sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tokometer.sources import folders
from tokometer.sources.cline import sessions
from tokometer.sources.documents import read_document
from tokometer.sources.protocol import Reading
from tokometer.sources.task_folders.tool import TaskTool

TASKS: Final = TaskTool("cline", "Cline", "saoudrizwan.claude-dev", others=(".cline/data/tasks",))
_SESSIONS: Final = ".cline/data/sessions"


class Cline:
    """Tasks and sessions of Cline; see `sources.protocol.FileSource`."""

    name = sessions.NAME
    title = "Cline"
    beside: tuple[str, ...] = ()

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of tasks in every editor, and those of the command line."""
        named, data = folders.setting(env, "CLINE_DIR", home), folders.setting(env, "CLINE_DATA_DIR", home)
        bases = [base for base in (named / "data" if named is not None else None, data) if base is not None]
        other = [base / name for base in bases for name in ("sessions", "tasks")]
        other += folders.settings(env, "CLINE_SESSION_DATA_DIR", home)
        return [*TASKS.roots(home, env), home / _SESSIONS, *other]

    def files(self, root: Path) -> Iterable[Path]:
        """The messages of tasks and of sessions below a folder."""
        yield from TASKS.files(root)
        for path in folders.below(root, lambda name: name.endswith(sessions.ENDING)):
            if sessions.is_session(path):
                yield path

    def read(self, path: Path, state: bytes) -> Reading:
        """The requests of a task or a session."""
        if path.name.endswith(sessions.ENDING):
            return read_document(self.name, sessions.items_of, path)
        return TASKS.read(path, state)


FOUND: Final = Cline()
