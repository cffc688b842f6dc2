"""Following files: first everything that is new, then every line as it is written.

The system says when a file changes; a slow look around finds what it did not say (folders that appear all at once,
network drives, a full queue of events) and roots that did not exist before. One thread does all of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tokometer.collect.changes import Job, job_of, look, place_of
from tokometer.collect.horizon import Horizon, Reach
from tokometer.collect.patience import Backoff
from tokometer.collect.pool import WORTH_BYTES, reading
from tokometer.collect.reading import Portion, Prices, Sender, Unreadable, batch_of
from tokometer.collect.watching import Watching, watching
from tokometer.collect.writer import QueueFull, Writer, WriterClosed
from tokometer.host.there import is_folder
from tokometer.ledger.protocol import Ledger, LedgerError, Receipt
from tokometer.ledger.refused import unreadable
from tokometer.records import now_us
from tokometer.sources.protocol import FileSource

#: How often to look around at everything (s); more rarely where looking takes long.
_LOOK_SECONDS: Final = 5.0
_LOOK_SHARE: Final = 400
#: A file that could not be read or kept is tried again when it changes and after this long, then ever more rarely (s).
_FIRST_RETRY: Final = 2.0
_LAST_RETRY: Final = 60.0
#: So long (s) a file has to be gone until it is forgotten how far it was read: it may come back (a drive that was not
#: there for a moment, an editor that writes anew).
_GONE_SECONDS: Final = 3_600.0
#: Where nothing can be kept (the disk is full, the database away) everything is tried again after this long (s).
_FIRST_RESUME: Final = 0.5
_LAST_RESUME: Final = 4.0
#: Batches that may wait for their commit while the next files are being read.
_AHEAD: Final = 2

_LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class Following:
    """How the follower is doing, to show."""

    roots: list[str] = field(default_factory=list)
    files: int = 0
    #: How far an import of much at once is, as that at the first start; None where there is none.
    reach: Reach | None = None
    #: When something new was last kept (µs since the epoch), and what last went wrong.
    last_record_at: int | None = None
    last_error: str = ""
    last_error_at: int | None = None


class Follower:
    """Keeps the ledger up with the files of `sources`, through `writer`; `ledger` only says where each was left.

    `packing` is for processes that help with much at once; the writer has its own. `on_import` is called when such an
    import begins and when it has ended, from the follower's thread.
    """

    def __init__(
        self,
        writer: Writer,
        ledger: Ledger,
        sources: Mapping[str, FileSource],
        packing: Prices | Sender,
        home: Path,
        env: Mapping[str, str],
        on_import: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_import = on_import
        #: Held while it is noted how far an import is.
        self._showing = threading.Lock()
        self.following = Following()
        #: Set once everything that was there at the start has been kept.
        self.caught_up = threading.Event()
        self._writer = writer
        self._ledger = ledger
        self._sources = sources
        self._home = home
        self._env = env
        self._packing = packing
        self._stop = threading.Event()
        self._watching: Watching | None = None
        self._cursors: dict[str, dict[str, bytes]] = {}
        self._roots: dict[str, list[Path]] = {}
        #: Files that could not be read or kept, by path.
        self._failed: dict[str, Backoff] = {}
        self._unreadable = Unreadable()
        #: (source, path) of files that are gone, and since when.
        self._gone: dict[tuple[str, str], float] = {}
        self._backoff = Backoff(_FIRST_RESUME, _LAST_RESUME)
        self._next_look = 0.0
        self._thread = threading.Thread(target=self._run, name="tokometer-follower", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, seconds: float | None = None) -> bool:
        """Finish what is being read and stop; whether that was done within so many seconds.

        What a file on a drive that does not answer holds up is left to itself: nothing comes of it any more.
        """
        self._stop.set()
        if self._watching is not None:
            self._watching.wake()
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    # -- the follower's thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if not self._cursors:
                    self._unreadable = Unreadable(unreadable(self._ledger))
                    self._cursors = {name: dict(self._ledger.cursors(name)) for name in self._sources}
                self._look_around()
                self.caught_up.set()
                self._follow()
            except WriterClosed:
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, following goes on
                wait = self._backoff.failed()
                self._report(error, trace=self._backoff.worth_a_trace)
                self._stop.wait(wait)

    def _follow(self) -> None:
        """Take changes as they come, until the roots are others than those that are watched."""
        watched = self._existing()
        missing = [root for roots in self._roots.values() for root in roots if not is_folder(root)]
        self.following.roots = [str(root) for root in watched]
        # What was written between the look around and the watch is found by another look.
        self._next_look = 0.0
        with watching(watched, missing) as self._watching:
            while not self._stop.is_set():
                changed = self._watching.next(max(0.0, self._next_look - time.monotonic()))
                # Not before: the system may watch no more folders, which is no reason to try at once, and again.
                self._backoff.went_well()
                if changed is None:
                    return
                if changed:
                    self._take(changed)
                if time.monotonic() >= self._next_look and self._look_around() != watched:
                    return

    def _existing(self) -> list[Path]:
        """The roots that are there, without those inside another."""
        self._roots = {name: source.roots(self._home, self._env) for name, source in self._sources.items()}
        found = sorted({root for roots in self._roots.values() for root in roots if is_folder(root)})
        return [root for root in found if not any(other in root.parents for other in found)]

    def _look_around(self) -> list[Path]:
        """Look at every file; gives the roots that there are."""
        started = time.monotonic()
        roots = self._existing()
        changes = look(self._sources, self._roots, self._cursors)
        took = time.monotonic() - started
        self.following.files = changes.files
        unread = {job.path for job in changes.jobs}
        self._failed = {path: backoff for path, backoff in self._failed.items() if path in unread}
        self._keep(self._worth_trying(changes.jobs))
        self._forget(changes.gone)
        # Looking alone counts: what there was to read may have been much, and is no reason to look more rarely.
        self._next_look = time.monotonic() + max(_LOOK_SECONDS, _LOOK_SHARE * took)
        return roots

    def _forget(self, gone: Iterable[tuple[str, str]]) -> None:
        """Forget the files that have been gone for long."""
        now = time.monotonic()
        self._gone = {file: self._gone.get(file, now) for file in gone}
        for name in self._sources:
            places = [
                place
                for (source, place), since in self._gone.items()
                if source == name and now - since >= _GONE_SECONDS
            ]
            if places:
                self._ledger.forget(name, places)
                for place in places:
                    del self._cursors[name][place]

    def _take(self, paths: Iterable[str]) -> None:
        """Read the files among `paths`, and those in the folders among them."""
        jobs: dict[str, Job] = {}
        for text in paths:
            for name, source in self._sources.items():
                path = Path(_part_of(text, source.beside))
                if not any(root in (path, *path.parents) for root in self._roots[name]):
                    continue
                for file in source.files(path):
                    job = job_of(source, file, self._cursors[name].get(place_of(file), b""))
                    if job is not None:
                        jobs[job.path] = job
        self._keep(self._worth_trying(jobs.values(), changed=True))

    def _worth_trying(self, jobs: Iterable[Job], *, changed: bool = False) -> list[Job]:
        failed = self._failed
        return [job for job in jobs if changed or job.path not in failed or not failed[job.path].left]

    def _keep(self, jobs: Sequence[Job]) -> None:
        """Read jobs and wait until what they hold is durable."""
        if not jobs:
            return
        horizon = Horizon(jobs) if sum(job.size for job in jobs) >= WORTH_BYTES else None
        waiting: deque[tuple[Portion, Future[Receipt] | None]] = deque()
        try:
            with (
                self._ledger.bulk() if horizon is not None else nullcontext(),
                reading(jobs, self._sources, self._packing, stopped=self._stop.is_set) as portions,
            ):
                self._show(horizon)
                try:
                    for portion in portions:
                        future = self._submit(portion)
                        waiting.append((portion, future))
                        if horizon is not None:
                            self._watch(horizon, portion, future)
                        while len(waiting) > _AHEAD:
                            self._settle(*waiting.popleft())
                        if self._stop.is_set():
                            break
                finally:
                    # Also where one could not be kept: what was kept beside it need not be read again.
                    self._settle_all(waiting)
        finally:
            self._show(None)

    def _watch(self, horizon: Horizon, portion: Portion, future: Future[Receipt] | None) -> None:
        """Show how far it is when a portion is kept, from the writer's thread: the next may be long in coming."""

        def kept(_: object) -> None:
            if future is not None and (future.cancelled() or future.exception() is not None):
                return
            with self._showing:
                horizon.done(portion.jobs)
                # Not after the end: the last one may be told a moment late.
                if self.following.reach is not None:
                    self.following.reach = horizon.reach()

        if future is None:
            kept(None)
        else:
            future.add_done_callback(kept)

    def _show(self, horizon: Horizon | None) -> None:
        """Let everyone see how far an import of much at once is, or that it has ended."""
        with self._showing:
            before, now = self.following.reach, None if horizon is None else horizon.reach()
            self.following.reach = now
        if (before is None) is not (now is None):
            self._on_import()

    def _submit(self, portion: Portion) -> Future[Receipt] | None:
        for job in portion.jobs:
            if (job.source, job.path) not in portion.cursors:
                self._has_failed(job.path)
        if not (portion.size or portion.refusals or portion.cursors or portion.notices or portion.aside):
            return None
        batch = batch_of(portion)
        batch.healed = self._unreadable.healed(portion)
        while True:
            try:
                return self._writer.submit(batch)
            except QueueFull as full:
                # Waiting is all that a reader of files has to do: they are not going away.
                if self._stop.wait(full.retry_after):
                    return None

    def _settle_all(self, waiting: deque[tuple[Portion, Future[Receipt] | None]]) -> None:
        failed: LedgerError | None = None
        while waiting:
            try:
                self._settle(*waiting.popleft())
            except LedgerError as error:
                failed = error
        if failed is not None:
            raise failed

    def _settle(self, portion: Portion, future: Future[Receipt] | None) -> None:
        """Take note of what was kept. Where it was not, the cursors stay where they were, so that it is tried again.

        Raises:
            LedgerError: Nothing can be kept just now, this or other.
        """
        if future is None:
            return
        try:
            receipt = future.result()
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of these files, and the others go on
            failed = [self._has_failed(job.path) for job in portion.jobs]
            self._report(error, trace=any(backoff.worth_a_trace for backoff in failed))
            return
        for (name, place), state in portion.cursors.items():
            self._cursors[name][place] = state
            self._failed.pop(place, None)
        self._unreadable.forget(portion)
        if receipt.accepted or receipt.changed:
            self.following.last_record_at = now_us()

    def _has_failed(self, path: str) -> Backoff:
        backoff = self._failed.setdefault(path, Backoff(_FIRST_RETRY, _LAST_RETRY))
        backoff.failed()
        return backoff

    def _report(self, error: Exception, *, trace: bool = True) -> None:
        self.following.last_error = str(error) or type(error).__name__
        self.following.last_error_at = now_us()
        trace = trace and not isinstance(error, LedgerError)
        _LOG.warning("following files: %s", self.following.last_error, exc_info=error if trace else None)


def _part_of(text: str, beside: Sequence[str]) -> str:
    """The file that one beside it is a part of; itself where it is none of those."""
    return next((text.removesuffix(ending) for ending in beside if text.endswith(ending)), text)
