"""What is costly to make and never changed is made once for all workers."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A copy of a folder that the first worker who needs it makes; the others wait for it."""
    base = factory.getbasetemp()
    # Beside a worker's own folder are those of the others.
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"once-{name}"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            made = factory.mktemp(name)
            make(made)
            made.rename(shared)
        copy = factory.mktemp(name)
        shutil.copytree(shared, copy, dirs_exist_ok=True)
    return copy
