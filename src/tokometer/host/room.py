"""How much room there is on the disk of a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

#: What is taken to be free where the system does not say.
UNKNOWN: Final = 1 << 60


def free_bytes(folder: Path) -> int:
    """Bytes that this process's user may still write to the disk that holds a folder.

    A quota may allow less: the system does not say, so whoever writes must take no for an answer anyway.
    """
    try:
        found = os.statvfs(folder)
    except OSError:
        return UNKNOWN
    return found.f_bavail * found.f_frsize
