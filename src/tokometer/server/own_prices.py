"""Prices and discounts that people make: kept in the accounts database, written down where every process reads them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tokometer.accounts import AccountsError, PriceOverride
from tokometer.accounts.opening import AccountsWhenAsked
from tokometer.prices.made import entry_of, write

#: For so long (s) nobody looks whether another server has changed something.
_EVERY: Final = 10.0


class OwnPrices:
    """The prices of a workspace that people have made. Thread-safe."""

    def __init__(self, accounts: AccountsWhenAsked, path: Path, workspace: str, clock: Callable[[], float]) -> None:
        self._accounts = accounts
        self._path = path
        self._workspace = workspace
        self._clock = clock
        self._lock = threading.Lock()
        self._written: tuple[object, float] | None = None

    def all(self) -> list[PriceOverride]:
        """Those that there are.

        Raises:
            AccountsError: The database cannot be asked.
        """
        return self._accounts.get().prices.all(self._workspace) if self._accounts.is_there else []

    def write(self) -> None:
        """Have the file say what there is. Where the database cannot be asked, it goes on saying what it did."""
        if not self._accounts.is_there:
            return
        with self._lock:
            state = (self._accounts.version, self._clock())
            if self._written and self._written[0] == state[0] and state[1] - self._written[1] < _EVERY:
                return
            self._written = state
            try:
                found = self.all()
            except AccountsError as error:
                self._accounts.trouble = str(error)
                return
            try:
                write(self._path, [entry(one) for one in found])
            except OSError as error:
                # Tried again at the next look but one; until then the prices before hold on.
                self._accounts.trouble = f"{self._path.name} cannot be written: {error.strerror or error}"


def entry(own: PriceOverride) -> dict[str, Any]:
    """A price that somebody made as an entry of `prices.toml`."""
    return entry_of(own.provider, own.model, own.declared, own.since, own.until, own.note)
