"""Whether something is there, as far as we may look: a folder above it that is closed to us is no error."""

from __future__ import annotations

import os
from pathlib import Path


def is_folder(path: Path) -> bool:
    """Whether there is a folder, or a link to one. `Path.is_dir` raises where nobody may look."""
    return os.path.isdir(path)  # noqa: PTH112 - see above


def is_file(path: Path) -> bool:
    """Whether there is a regular file, or a link to one."""
    return os.path.isfile(path)  # noqa: PTH113 - see above


def is_there(path: Path) -> bool:
    """Whether there is anything, or a link to something."""
    return os.path.exists(path)  # noqa: PTH110 - see above


def leads_to_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder or a link to one; a link in a circle, or to where nobody may look, ends only itself."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def leads_to_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is a regular file or a link to one; see :func:`leads_to_folder`."""
    try:
        return entry.is_file()
    except OSError:
        return False
