"""Progress bars: on stderr, and only where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: Called with how much is done, of how much.
Progressed = Callable[[int, int], None]

#: What is done before this is not worth a bar (nor the time that importing one takes).
_WAIT_SECONDS: Final = 0.3


@contextmanager
def showing_progress(words: str, *, octets: bool = False) -> Iterator[Progressed]:
    """A callback that takes how much is done of how much, and shows a bar once the work takes noticeable time."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    bar = _Bar(words, octets=octets)
    try:
        yield bar.update
    finally:
        bar.close()


class _Bar:
    def __init__(self, words: str, *, octets: bool) -> None:
        self.words = words
        self.octets = octets
        self.start = monotonic()
        self.progress: Progress | None = None
        self.task: TaskID | None = None

    def update(self, done: int, total: int) -> None:
        """Draw how far it is."""
        if self.progress is None:
            if monotonic() - self.start < _WAIT_SECONDS:
                return
            self._open()
        if self.progress is not None and self.task is not None:
            self.progress.update(self.task, completed=done, total=total)

    def close(self) -> None:
        """Take the bar away: the summary says what was done."""
        if self.progress is not None:
            self.progress.stop()

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn() if self.octets else MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.task = self.progress.add_task(self.words, total=None)
        self.progress.start()
