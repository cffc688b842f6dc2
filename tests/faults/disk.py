"""A small disk of a test's own, which can be filled to the last byte and emptied again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

_BLOCK: Final = 4_096


@dataclass(frozen=True)
class Disk:
    """A file system in memory."""

    folder: Path

    @property
    def free(self) -> int:
        """Bytes that are free."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Fill it, but for so many bytes."""
        with (self.folder / "filler").open("ab") as file:
            while self.free > leave:
                try:
                    file.write(bytes(min(self.free - leave + _BLOCK - 1, 1 << 20) // _BLOCK * _BLOCK))
                    file.flush()
                except OSError:
                    return

    def empty(self) -> None:
        """Free what was filled."""
        (self.folder / "filler").unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    """Mount a disk at a folder; the test is skipped where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("only root may mount a small disk")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
