"""A tool that keeps task folders, as a source of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tokometer.sources import editors, folders
from tokometer.sources.documents import Item, read_document
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Reading

MESSAGES: Final = "ui_messages.json"
#: Folders beside those of tasks, or in them, that can be large and have no messages.
_PASSED_OVER: Final = frozenset({"checkpoints", "cache", "settings", "node_modules", ".git"})


@dataclass(slots=True)
class TaskTool:
    """What tells one of these tools from the others; see `sources.protocol.FileSource`."""

    name: str
    title: str
    #: The extension's id, which its folder is named after.
    extension: str
    #: Folders of tasks below the home folder, of versions that are no extension.
    others: tuple[str, ...] = ()
    #: Whether newer versions write down the input with the cache inside.
    whole_input: bool = False
    beside: tuple[str, ...] = ()

    def roots(self, home: Path, env: Mapping[str, str]) -> list[Path]:
        """The folders of its tasks, in every editor."""
        storages = editors.storages(home, env, self.extension)
        return [*(folder / "tasks" for folder in storages), *(home / name for name in self.others)]

    def files(self, root: Path) -> Iterable[Path]:
        """The messages of its tasks below a folder: those in a folder of the extension's name."""
        for path in folders.below(root, lambda name: name == MESSAGES, lambda name: name not in _PASSED_OVER):
            if self.owns(path):
                yield path

    def owns(self, path: Path) -> bool:
        """Whether a file lies in this tool's folders rather than in a relative's."""
        parts = [part.lower() for part in path.parts]
        return self.extension in parts or any(_holds(path, other) for other in self.others)

    def read(self, path: Path, state: bytes) -> Reading:  # noqa: ARG002 - read whole, whatever was there before
        """The requests and tools of a task."""

        def items(content: bytes, path: Path, noticed: Noticed) -> Iterable[Item]:
            from tokometer.sources.task_folders.task import Task

            return Task(self, path, noticed).items(content)

        return read_document(self.name, items, path)


def _holds(path: Path, other: str) -> bool:
    return f"/{other}/" in path.as_posix()
