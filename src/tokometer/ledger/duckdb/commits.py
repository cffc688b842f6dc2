"""The number of the last commit, in the ledger and beside it: whether the ledger has lost any of those acknowledged.

Each commit writes its number in its own transaction, and once that is durable into a small file beside the ledger. So
the file is never ahead, unless commits that were acknowledged are gone: a log cut off, an older copy in its place.
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Final, NamedTuple

import duckdb

from tokometer.host.regular import open_regular, read_bytes
from tokometer.ledger.protocol import Missing
from tokometer.records import now_us

#: The keys in `meta`: the last commit, and those that were found to be missing.
_LAST: Final = "commits"
_MISSING: Final = "commits_missing"
#: The file's length: it is written over in place.
_LENGTH: Final = 64
_LONGEST: Final = 4_096


class Commit(NamedTuple):
    """A commit's number, counted from 1, and when it was (microseconds since the epoch)."""

    number: int = 0
    at: int = 0


class Books(NamedTuple):
    """What a ledger says of its commits: the last one, and those that were found to be missing."""

    last: Commit = Commit()
    missing: Missing | None = None

    def write(self, connection: duckdb.DuckDBPyConnection, before: Books) -> None:
        """Put what is new into the ledger. Inside a transaction."""
        if self.last != before.last:
            put(connection, _LAST, f"{self.last.number} {self.last.at}")
        if self.missing is None and before.missing is not None:
            connection.execute("DELETE FROM meta WHERE key = $key", {"key": _MISSING})
        elif self.missing is not None and self.missing != before.missing:
            put(connection, _MISSING, json.dumps({"commits": self.missing.commits, "since": self.missing.since}))


def books_of(connection: duckdb.DuckDBPyConnection) -> Books:
    """What stands in the ledger."""
    rows = connection.execute(
        "SELECT key, value FROM meta WHERE key IN ($last, $missing)", {"last": _LAST, "missing": _MISSING}
    )
    found = dict(rows.fetchall())
    number, _, at = found.get(_LAST, "0 0").partition(" ")
    missing = found.get(_MISSING)
    return Books(Commit(int(number), int(at)), Missing(**json.loads(missing)) if missing else None)


class Witness:
    """The file beside a ledger, `ledger.commits`, and what it says that the ledger does not.

    What is wrong with the file never stops a commit.
    """

    def __init__(self, ledger: Path) -> None:
        self.path = ledger.with_suffix(".commits")
        #: Its number for the system; None while it is not open.
        self._handle: int | None = None
        #: The last commit that was acknowledged, as far as is known here.
        self.last = self._read()

    def next(self, books: Books) -> Books:
        """What a ledger will say once it has one more commit."""
        return Books(Commit(max(books.last.number, self.last.number) + 1, now_us()), self.missing(books))

    def missing(self, books: Books) -> Missing | None:
        """What was acknowledged and is not there: what the ledger knows of, and what only the file does."""
        gone, known = self.last.number - books.last.number, books.missing
        if gone <= 0:
            return known
        if known is None:
            return Missing(gone, books.last.at)
        return Missing(known.commits + gone, min(known.since, books.last.at))

    def tell(self, commit: Commit) -> None:
        """Say that a commit is durable. Not synced: a power cut takes this back, which does no harm."""
        self.last = commit
        words = b"%d %d" % commit
        line = (b"%s %d" % (words, zlib.crc32(words))).ljust(_LENGTH - 1) + b"\n"
        try:
            if self._handle is None:
                with open_regular(self.path, os.O_WRONLY | os.O_CREAT) as file:
                    file.truncate(_LENGTH)
                    self._handle = os.dup(file.fileno())
            os.pwrite(self._handle, line, 0)
        except OSError:
            self.close()

    def close(self) -> None:
        """Let go of the file."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __del__(self) -> None:
        """Whoever forgets a ledger, as a test of crashes does, leaves no file open."""
        self.close()

    def _read(self) -> Commit:
        try:
            words = read_bytes(self.path, _LONGEST).split()
            if len(words) == len(("number", "at", "sum")) and int(words[2]) == zlib.crc32(b" ".join(words[:2])):
                return Commit(int(words[0]), int(words[1]))
        except (OSError, ValueError):
            pass
        return Commit()


def put(connection: duckdb.DuckDBPyConnection, key: str, value: str) -> None:
    """Write a value of `meta`. Inside a transaction."""
    values = {"key": key, "value": value}
    changed = connection.execute("UPDATE meta SET value = $value WHERE key = $key", values).fetchone()
    if not changed or not changed[0]:
        connection.execute("INSERT INTO meta VALUES ($key, $value)", values)
