"""A log whose end was torn off in mid-write, as a power cut does it: nothing that was acknowledged was there.

DuckDB takes no notice of an end that is missing, but of one that is garbage. Such an end is cut off, once it is proven
that every commit that was acknowledged stands before it; else the log is damaged, and left as it is.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import struct
import time
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import Final

from tokometer.host.regular import open_regular
from tokometer.ledger.duckdb.commits import Commit
from tokometer.ledger.duckdb.instance import Instance
from tokometer.ledger.protocol import LedgerDamaged, LedgerError

#: What DuckDB says of where its log is damaged.
_POSITION: Final = re.compile(r"WAL file: entry at byte position (\d+)")
#: Before each entry: its length and its checksum. The first one begins somewhere between these bytes.
_LENGTH: Final = 8
_FRAME: Final = 16
_FIRST: Final = 16
_LAST: Final = 128
_LOG: Final = logging.getLogger(__name__)


def damaged_at(said: str, log: Path) -> int:
    """Where a log is damaged, by what DuckDB says of it, or else where its entries end; 0 where it is not the log."""
    found = _POSITION.search(said)
    if found:
        return int(found[1])
    return _end_of_entries(log) if "WAL" in said else 0


def _end_of_entries(log: Path) -> int:
    """Where the entries of a log end that follow one another: each is a length, a checksum, and so many bytes.

    What stands before the first one has no length of its own: the beginning that reaches farthest is the right one.
    """
    try:
        size = log.stat().st_size
        with open_regular(log) as file:
            return max(_reach(file, start, size) for start in range(_FIRST, _LAST))
    except OSError:
        return 0


def _reach(file: FileIO, at: int, size: int) -> int:
    reached = 0
    while at + _FRAME <= size:
        file.seek(at)
        (length,) = struct.unpack("<Q", (file.read(_LENGTH) or b"").ljust(_LENGTH, b"\0"))
        if not 0 < length <= size - at - _FRAME:
            break
        at += _FRAME + length
        reached = at
    return reached


def log_of(path: Path) -> Path:
    """Where the log of a file is."""
    return path.with_name(path.name + ".wal")


def aside_of(damaged: Path) -> Path:
    """Where a damaged file goes: beside itself, with the moment in its name."""
    name = f"{damaged.name}.damaged-{time.strftime('%Y%m%dT%H%M%S')}"
    found, count = damaged.with_name(name), 1
    while found.exists():
        count += 1
        found = damaged.with_name(f"{name}-{count}")
    return found


def without_torn_end(path: Path, acknowledged: Commit, opened: Callable[[], Instance]) -> Instance:
    """Open a file; where only the end of its log is damaged, and nothing acknowledged stood there, without that.

    Raises:
        LedgerDamaged: More than that is damaged.
        LedgerError: It cannot be opened.
    """
    try:
        return opened()
    except LedgerDamaged as error:
        log = log_of(path)
        length = damaged_at(str(error.__cause__), log)
        if not length:
            raise
        aside = aside_of(log)
        try:
            shutil.copy2(log, aside)
            os.truncate(log, length)
        except OSError:
            raise error from error.__cause__
        instance = _reopened(opened, acknowledged)
        if instance is None:
            aside.replace(log)
            raise
    _LOG.warning("the end of %s was torn, and held nothing that was acknowledged; it is in %s", log, aside.name)
    return instance


def _reopened(opened: Callable[[], Instance], acknowledged: Commit) -> Instance | None:
    try:
        instance = opened()
    except LedgerError:
        return None
    if instance.books.last.number >= acknowledged.number:
        return instance
    instance.close()
    return None
