"""Room for the log and for the checkpoint that writes it into the file: looked at before either needs it.

DuckDB takes a full disk well where it appends to its log: what did not fit is undone. In a checkpoint it does not: it
lets go of the whole database. So no checkpoint is begun that may not fit, and records are refused while there is room
for the checkpoint of what was taken before them; on a small disk it comes the sooner.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tokometer.host.room import free_bytes
from tokometer.ledger.duckdb.failures import no_room

#: What is left free beside the length of the log, which its checkpoint does not exceed by much.
_SPARE: Final = 1_000_000
#: What a record takes in the log, more or less.
_RECORD: Final = 400
#: With less than so many times its need, the log is written into the file as soon as it is worth it.
_NARROW: Final = 3
_WORTH: Final = 2_000_000
#: What is free beyond the need where the file may be tidied up, which writes parts of it a second time.
_WIDE: Final = 256_000_000


class Room:
    """The room of one ledger's file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = path.with_name(path.name + ".wal")

    @property
    def log_bytes(self) -> int:
        """How long the log is."""
        return size_of(self._log)

    @property
    def free_bytes(self) -> int:
        """How much room there is."""
        return free_bytes(self._path.parent)

    def for_records(self, count: int = 0) -> None:
        """See to it that so many records fit.

        Raises:
            LedgerFull: They may not.
        """
        if self.free_bytes < self._reserve + count * _RECORD:
            raise no_room(self._path)

    @property
    def for_a_checkpoint(self) -> bool:
        """Whether the log certainly fits into the file."""
        return self.free_bytes >= self._reserve

    @property
    def is_narrow(self) -> bool:
        """Whether the log should be written into the file before it grows."""
        log = self.log_bytes
        return log > _WORTH and self.free_bytes < _NARROW * (log + _SPARE)

    @property
    def is_wide(self) -> bool:
        """Whether there is room to write much of the file anew."""
        return self.free_bytes >= self._reserve + _WIDE

    @property
    def _reserve(self) -> int:
        return self.log_bytes + _SPARE


def size_of(file: Path) -> int:
    """The size of a file; 0 where there is none."""
    try:
        return file.stat().st_size
    except OSError:
        return 0
