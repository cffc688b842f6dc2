"""The press: makes pictures and PDFs, in a process of its own.

The libraries that draw hold the interpreter while they do, and take a hundred megabytes: a server has them work beside
it, one thing after the other, ends what takes too long, and lets the process go when nobody has needed it for a while.
A command has no one else to serve, and works :class:`here <Here>`.
"""

from __future__ import annotations

import json
import os
import selectors
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec

from tokometer.charts.theme import Theme
from tokometer.reports.blocks import Chart, Piece
from tokometer.reports.paper import Report

#: The largest file that is made.
MOST_BYTES: Final = 64 << 20
#: What one file may take, and the first one, for which charts may have to be compiled (seconds).
_PATIENCE: Final = 60.0
#: How long the process waits for the next task before it ends.
_IDLE: Final = 300.0
_LENGTH: Final = struct.Struct("<cI")
_DONE, _FAILED = b"+", b"-"
#: Pixels of a picture that are made at most, on its longer side.
MOST_PIXELS: Final = 8_000


class PressError(RuntimeError):
    """A file could not be made; the message says why."""


class Picture(msgspec.Struct, tag="picture", frozen=True):
    """A panel as a picture. `width` in pixels, 0 for its own; `scale` is pixels of PNG for one of it."""

    piece: Piece
    form: Literal["svg", "png"]
    theme: Theme = "light"
    width: int = 0
    scale: float = 2.0


class Pages(msgspec.Struct, tag="pages", frozen=True):
    """A report as PDF."""

    report: Report


Task = Picture | Pages


class Press(Protocol):
    """Whoever makes files."""

    def make(self, task: Task) -> bytes:
        """The file.

        Raises:
            PressError: It could not be made.
        """


class Here:
    """Makes files in this process. `cache` is a folder for what can be made again."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._kit: dict[str, object] | None = None

    def make(self, task: Task) -> bytes:
        """See :class:`Press`."""
        if isinstance(task, Picture):
            return self._picture(task)
        from tokometer.reports.pdf import pdf

        made = pdf(task.report, lambda chart, width: self.chart(chart, width, "light"), self._cache)
        assert isinstance(made, bytes)
        return made

    def pages(self, report: Report) -> list[bytes]:
        """The pages of a report as PNG, to look at."""
        from tokometer.reports.pdf import pdf

        made = pdf(report, lambda chart, width: self.chart(chart, width, "light"), self._cache, "png")
        return made if isinstance(made, list) else [made]

    def _picture(self, task: Picture) -> bytes:
        from tokometer.reports.card import Card

        card = Card(task.piece, task.theme, lambda chart, width: self.chart(chart, width, task.theme), task.width)
        drawn = card.draw()
        if task.form == "svg":
            return drawn.encode()
        import vl_convert

        scale = min(task.scale, MOST_PIXELS / max(card.width, card.height))
        png: bytes = vl_convert.svg_to_png(drawn, scale=scale)
        return png

    def chart(self, chart: Chart, width: int, theme: Theme) -> str:
        """A chart as SVG."""
        import vl_convert

        from tokometer.charts import ChartShop
        from tokometer.reports.filled import filled

        if self._kit is None:
            self._kit = json.loads(ChartShop(self._cache).charts())
        spec = filled(self._kit, chart.data, width, chart.height, theme)
        # Nothing is fetched, whatever a spec would name.
        drawn: str = vl_convert.vega_to_svg(spec, allowed_base_urls=[])
        return drawn


class Beside:
    """Has files made by a process beside this one, one after the other. Thread-safe."""

    def __init__(self, cache: Path, patience: float = _PATIENCE) -> None:
        self._cache = cache
        self._patience = patience
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def make(self, task: Task) -> bytes:
        """See :class:`Press`."""
        with self._lock:
            if self._closed:
                raise PressError("the server is ending")
            process = self._running()
            try:
                return self._made(process, msgspec.msgpack.encode(task))
            except (OSError, EOFError, TimeoutError) as error:
                self._end()
                raise PressError(f"it was not made: {str(error) or 'the process that makes it has ended'}") from error

    def close(self) -> None:
        """End the process, also in the middle of something."""
        self._closed = True
        self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            # -P: not what happens to lie in the current folder.
            command = [sys.executable, "-P", "-m", "tokometer.reports.pressing", str(self._cache), str(os.getpid())]
            self._process = subprocess.Popen(  # noqa: S603 - ours
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        return self._process

    def _made(self, process: subprocess.Popen[bytes], task: bytes) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        until = time.monotonic() + self._patience
        process.stdin.write(struct.pack("<I", len(task)))
        process.stdin.write(task)
        process.stdin.flush()
        state, length = _LENGTH.unpack(_read(process.stdout.fileno(), _LENGTH.size, until))
        if length > MOST_BYTES:
            raise OSError("it is larger than a file may be")
        content = _read(process.stdout.fileno(), length, until)
        if state != _DONE:
            raise PressError(content.decode("utf-8", "replace"))
        return content

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)


def _read(file: int, size: int, until: float) -> bytes:
    """So many bytes, by a time."""
    parts = []
    # Not `select()`, which takes no descriptor above 1,023: a server with many connections has higher ones.
    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_READ)
        while size:
            left = until - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError("it took too long")
            part = os.read(file, min(size, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
    return b"".join(parts)
