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
def showing_progress(words: str, *, octets: bool = False) -> Iterator[Bar]:
    """A callback that takes how much is done of how much, and shows a bar once the work takes noticeable time."""
    bar = Bar(words, octets=octets)
    try:
        yield bar
    finally:
        bar.close()


class Bar:
    """A bar that appears by itself; :meth:`close` takes it away for good."""

    def __init__(self, words: str, *, octets: bool) -> None:
        self.shown = sys.stderr.isatty()
        self.words = words
        self.octets = octets
        self.start = monotonic()
        self.progress: Progress | None = None
        self.task: TaskID | None = None

    def __call__(self, done: int, total: int) -> None:
        """Draw how far it is."""
        if not self.shown:
            return
        if self.progress is None:
            if monotonic() - self.start < _WAIT_SECONDS:
                return
            self._open()
        if self.progress is not None and self.task is not None:
            self.progress.update(self.task, completed=done, total=total)

    def close(self) -> None:
        """Take the bar away: the summary says what was done. While it is there, what is printed goes where it is."""
        self.shown = False
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
