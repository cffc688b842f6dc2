"""Progress bars: on stderr, and only where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: What is done before this is not worth a bar (nor the time that importing one takes).
_WAIT_SECONDS: Final = 0.3


@contextmanager
def showing_progress(words: str) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """A callback that shows `bytes` of `all_bytes` as a bar, from the moment that the work takes noticeable time."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    bar = _Bar(words)
    try:
        yield bar.update
    finally:
        bar.close()


class _Bar:
    def __init__(self, words: str) -> None:
        self.words = words
        self.start = monotonic()
        self.progress: Progress | None = None
        self.task: TaskID | None = None

    def update(self, done: Mapping[str, Any]) -> None:
        """Draw how far it is."""
        if self.progress is None:
            if monotonic() - self.start < _WAIT_SECONDS:
                return
            self._open()
        if self.progress is not None and self.task is not None:
            self.progress.update(self.task, completed=done["bytes"], total=done["all_bytes"])

    def close(self) -> None:
        """Take the bar away: the summary says what was done."""
        if self.progress is not None:
            self.progress.stop()

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self.task = self.progress.add_task(self.words, total=None)
        self.progress.start()
