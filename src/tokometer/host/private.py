"""What we write is for the user who runs us: files 0600, folders 0700, whatever the umask.

What stands there from before is tightened where it is ours: our files always; a folder where it is the user's own and
nothing but our files stand in it. A folder that holds anything else (a home, a folder that is shared on purpose) keeps
its mode, and our files in it are closed all the same. Links are left alone: what they lead to is for whoever made them.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tokometer.host.regular import open_regular

#: What group and others may do with what we make: nothing.
UMASK: Final = 0o077
_FILE: Final = 0o600
_FOLDER: Final = 0o700
#: Files of ours by name; `*` is anything.
OURS: Final = (
    *("ledger.*", "server.*", "colours.*", "outbox.*", "targets.*", "secrets.*", "hooks.*", "accounts.*"),
    *(".server.json.*", ".colours.json.*", ".targets.json.*", ".secrets.*", ".hooks.json.*"),
)
#: What users and we put beside them.
_BESIDE: Final = ("cache", "ship", "dashboards", "tokometer.toml", "prices.toml")


def keep_private() -> None:
    """Make everything private that this process and its children write; also what libraries do (a database's log).

    Should one of them crash, its memory, which may hold a key, is written nowhere.
    """
    os.umask(UMASK)
    with suppress(ImportError, OSError, ValueError):
        import resource  # there is none on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def private_folder(folder: Path) -> None:
    """Make a folder, if it is not there, and close it to others, if it is ours alone.

    Raises:
        OSError: It cannot be made.
    """
    if not folder.is_dir():
        folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    tighten(folder)


def tighten(folder: Path, ours: Iterable[str] = OURS) -> None:
    """Close our files in a folder to others, and the folder where nothing else stands in it. What cannot be is left."""
    patterns = tuple(ours)
    with suppress(OSError):
        alone = True
        for entry in os.scandir(folder):
            if any(Path(entry.name).match(pattern) for pattern in patterns):
                _close(entry.path)
            elif entry.name not in _BESIDE:
                alone = False
        if alone:
            _close(str(folder))


def close_cache(folder: Path) -> None:
    """Close a folder of ours, and all that is in it, to others."""
    with suppress(OSError):
        _close(str(folder))
        for place, folders, files in os.walk(folder):
            for name in (*folders, *files):
                _close(os.path.join(place, name))  # noqa: PTH118 - one text of many


def write_private(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all, for its user only.

    Raises:
        OSError: It cannot be written.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    # Whatever stands there is not ours to follow.
    scratch.unlink(missing_ok=True)
    try:
        with open_regular(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _FILE) as file:
            left = memoryview(content)
            while left:
                left = left[file.write(left) or 0 :]
        scratch.replace(path)
    except BaseException:
        with suppress(OSError):
            scratch.unlink()
        raise


def _close(path: str) -> None:
    """Take from group and others what they may do with a file or folder of ours."""
    found = os.lstat(path)
    private = _FOLDER if stat.S_ISDIR(found.st_mode) else _FILE
    ours = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    if ours and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & ~private & UMASK:
        with suppress(OSError):
            os.chmod(path, stat.S_IMODE(found.st_mode) & ~UMASK)  # noqa: PTH101 - one text of many
