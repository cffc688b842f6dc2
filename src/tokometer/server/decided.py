"""The settings as they are in force: what the file says, with the budgets and objectives that people have made."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from tokometer.accounts import AccountsError, AccountsWhenAsked
from tokometer.judgement.budgets import merged
from tokometer.judgement.cards import with_cards
from tokometer.judgement.owned import with_owned
from tokometer.measures import exchange
from tokometer.server.own_accounts import own_accounts
from tokometer.settings import Settings

#: After so long (s) it is looked whether another server, which has the same database, has changed something.
_LOOK: Final = 5.0
#: The same where it could not be read, which may take seconds to find out.
_LATER: Final = 30.0
_State = tuple[Settings, tuple[int, str]]


class Decided:
    """What people have decided, over the settings of the file. Thread-safe, and cheap where nothing has changed.

    Where what people make cannot be read, what was read last holds on, and every page says so.

    Args:
        accounts: What people make; it is not opened where nobody ever made anything.
        workspace: Whose.
        changed: Is told when somebody else has changed something.
    """

    def __init__(self, accounts: AccountsWhenAsked, workspace: str, changed: Callable[[], None]) -> None:
        self._accounts = accounts
        self._workspace = workspace
        self._tell = changed
        self._lock = threading.Lock()
        self._of: _State | None = None
        self._settings: Settings | None = None
        self._next = 0.0

    def over(self, settings: Settings) -> Settings:
        """The settings in force over those of the file."""
        state = settings, self._accounts.version
        known = self._is(state)
        if known and time.monotonic() < self._next:
            return self._settings or settings
        # Whoever only looks for changes of others waits for nobody who does so already.
        if not self._lock.acquire(blocking=not known):
            return self._settings or settings
        try:
            if self._is(state) and time.monotonic() < self._next:
                return self._settings or settings
            # As of what was there before it is read: what somebody changes meanwhile is read the next time.
            state = settings, self._accounts.version
            before, after = self._settings, self._read(settings)
            # The same value stays the same object: others tell by that whether anything has changed.
            after = before if before is not None and before == after else after
            self._next = time.monotonic() + (_LATER if self._accounts.trouble else _LOOK)
            self._settings, self._of = after, state
        finally:
            self._lock.release()
        if before is None or before.own_rates != after.own_rates:
            exchange.use(after.own_rates)
        if known and before != after:
            self._tell()
        return after

    def known(self, settings: Settings) -> Settings | None:
        """The settings in force as far as they are known without waiting for anything; None where something changed."""
        return self._settings if self._is((settings, self._accounts.version)) else None

    def _is(self, state: _State) -> bool:
        return self._of is not None and self._of[0] is state[0] and self._of[1] == state[1]

    def _read(self, settings: Settings) -> Settings:
        if not self._accounts.is_there:
            return settings
        try:
            kept = self._accounts.get()
            found = merged(settings, kept.budgets.all(self._workspace), kept.objectives.all(self._workspace))
            found = with_owned(found, kept, self._workspace, self._settings)
            found = with_cards(found, kept, self._workspace)
            return replace(found, own_accounts=own_accounts(kept, self._workspace))
        except AccountsError as error:
            self._accounts.trouble = str(error)
            before = self._settings
            if before is None:
                return settings
            return replace(
                settings,
                own_budgets=before.own_budgets,
                own_objectives=before.own_objectives,
                own_machines=before.own_machines,
                own_series=before.own_series,
                own_cards=before.own_cards,
                own_subscriptions=before.own_subscriptions,
                own_rates=before.own_rates,
                own_accounts=before.own_accounts,
            )
