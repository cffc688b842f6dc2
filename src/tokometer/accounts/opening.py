"""Opening what people make: at once, or when it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tokometer.accounts.errors import AccountsError

if TYPE_CHECKING:
    from tokometer.accounts.accounts import Accounts

_FILE: Final = "accounts.db"


def open_accounts(folder: Path, url: str = "") -> Accounts:
    """What people make, from `accounts.db` in a folder or the PostgreSQL database at `url`; made where it is not there.

    Raises:
        AccountsNewer: A newer Tokometer wrote it.
        AccountsDamaged: The file is not a database.
        AccountsUnavailable: It cannot be reached.
        AccountsError: It cannot be opened.
    """
    from tokometer.accounts.accounts import Accounts

    return Accounts(folder, url)


class AccountsWhenAsked:
    """What people make, opened when it is asked for first. Thread-safe.

    Args:
        folder: The data folder.
        url: Gives the address of a PostgreSQL database; '' for the file in the folder.
    """

    def __init__(self, folder: Path, url: Callable[[], str] = lambda: "") -> None:
        self._folder = folder
        self._url = url
        self._lock = threading.Lock()
        self._open: Accounts | None = None
        self._opened_url = ""
        #: Why it could not be opened when that was last tried; empty where it could.
        self.trouble = ""

    @property
    def is_there(self) -> bool:
        """Whether anybody has ever made something, or may have: nothing is opened to find out."""
        return self._open is not None or bool(self._url()) or (self._folder / _FILE).exists()

    @property
    def version(self) -> tuple[int, str]:
        """What differs after a change of this process, and when it could be read after it could not."""
        return (self._open.version if self._open is not None else 0, self.trouble)

    def get(self) -> Accounts:
        """It, open. One that could not be opened is tried again by whoever asks next.

        Raises:
            AccountsError: It cannot be opened.
        """
        with self._lock:
            url = self._url()
            if self._open is not None and url == self._opened_url:
                return self._open
            self._close()
            try:
                self._open, self._opened_url = open_accounts(self._folder, url), url
            except AccountsError as error:
                self.trouble = str(error)
                raise
            self.trouble = ""
            return self._open

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
