"""Dashboards that people have made: in the page, kept with the notes, or as TOML in a folder of the data folder."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from tokometer.accounts import AccountsError, AccountsWhenAsked, Board, NotThere
from tokometer.dashboards import Dashboard
from tokometer.dashboards.board_files import MOST_BYTES, board_in
from tokometer.dashboards.declared import DeclarationError, dashboard_of
from tokometer.host.regular import legible, read_text

#: The folder in the data folder, and what the ids of its dashboards and of the others begin with.
FOLDER: Final = "dashboards"
FROM_FILE: Final = "file-"
FROM_PAGE: Final = "own-"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
#: Files that are looked at, and dashboards whose declarations are kept ready.
_MOST_FILES: Final = 200
_MOST_READY: Final = 500


@dataclass(frozen=True, slots=True)
class OwnBoard:
    """A dashboard of somebody's own; one that cannot be read has no panels and says why."""

    dashboard: Dashboard
    #: How often it has been changed; 0 for a file.
    revision: int = 0
    #: The file that declares it, without its folder.
    file: str = ""
    #: Why it cannot be shown.
    error: str = ""
    #: Its declaration as it is kept.
    declared: Mapping[str, Any] = field(default_factory=dict)


class OwnBoards:
    """All of them. Thread-safe.

    Args:
        accounts: Where those are kept that were made in the page.
        folder: Where files are; there need be none.
        workspace: Whose they are.
    """

    def __init__(self, accounts: AccountsWhenAsked, folder: Path, workspace: str) -> None:
        self._accounts = accounts
        self.folder = folder
        self._workspace = workspace
        self._lock = threading.Lock()
        #: What was read last, by what differs when it is another.
        self._ready: dict[object, OwnBoard] = {}

    def all(self) -> list[OwnBoard]:
        """Those that were made in the page by title, then those of files; only these while the database is away."""
        made: list[OwnBoard] = []
        if self._accounts.is_there:
            try:
                made = [self._of(one) for one in self._accounts.get().boards.all(self._workspace)]
            except AccountsError as error:
                self._accounts.trouble = str(error)
        return sorted(made, key=lambda one: one.dashboard.title.casefold()) + self._files()

    def find(self, id_: str) -> OwnBoard | None:
        """One of them by the id of its dashboard.

        Raises:
            AccountsError: It was made in the page, and cannot be read.
        """
        if id_.startswith(FROM_FILE):
            return next((one for one in self._files() if one.dashboard.id == id_), None)
        if not id_.startswith(FROM_PAGE) or not self._accounts.is_there:
            return None
        try:
            return self._of(self._accounts.get().boards.get(self._workspace, id_.removeprefix(FROM_PAGE)))
        except NotThere:
            return None

    def _of(self, board: Board) -> OwnBoard:
        id_ = f"{FROM_PAGE}{board.id}"
        return self._kept((id_, board.revision), lambda: _made(id_, board))

    def _files(self) -> list[OwnBoard]:
        try:
            paths = sorted(self.folder.glob("*.toml"))[:_MOST_FILES]
        except OSError:
            return []
        found = []
        for path in paths:
            try:
                stat = path.stat()
            except OSError:
                continue
            stamp = (path.name, stat.st_mtime_ns, stat.st_size, stat.st_ino)
            found.append(self._kept(stamp, partial(_read, path)))
        return found

    def _kept(self, key: object, make: Any) -> OwnBoard:  # noqa: ANN401 - makes one
        with self._lock:
            found = self._ready.get(key)
        if found is None:
            found = make()
            with self._lock:
                if len(self._ready) >= _MOST_READY:
                    self._ready.clear()
                self._ready[key] = found
        return found


def _made(id_: str, board: Board) -> OwnBoard:
    try:
        return OwnBoard(dashboard_of(board.declared, id_), board.revision, declared=board.declared)
    except DeclarationError as error:
        # What an older version took may be gone: it is still there to be mended.
        return OwnBoard(Dashboard(id=id_, title=board.title, key=""), board.revision, "", str(error), board.declared)


def _read(path: Path) -> OwnBoard:
    name = path.stem
    id_ = f"{FROM_FILE}{name}"
    if not _NAME.fullmatch(name):
        why = "a file's name has letters, digits, - and _ before .toml"
        return OwnBoard(Dashboard(id=id_, title=legible(name)[:80], key=""), 0, legible(path.name), why)
    try:
        return OwnBoard(board_in(read_text(path, MOST_BYTES), id_), 0, path.name)
    except UnicodeDecodeError as error:
        why = f"is not UTF-8 text (byte {error.start})"
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except (DeclarationError, ValueError) as error:
        why = str(error)
    return OwnBoard(Dashboard(id=id_, title=name[:80], key=""), 0, path.name, why)
