"""The thread that looks at rules: once a minute, and soon after something was committed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tokometer.accounts import AccountsError, AccountsWhenAsked
from tokometer.alerting.condition import RuleError
from tokometer.alerting.engine import Engine
from tokometer.alerting.rule import AlertRule, declared, understood
from tokometer.alerting.situation import Situation
from tokometer.settings import Settings

_LOG: Final = logging.getLogger(__name__)
#: Seconds between two turns where nothing was committed, and the least after a commit.
EVERY: Final = 60.0
LEAST: Final = 2.0
#: Turns take at most this share of a core, half of it in the ledger's own threads; but one a minute there always is.
_SHARE: Final = 1 / 120
#: A clock that goes back by more than this was set (seconds).
_JITTER: Final = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """Rules as they are now, and those that mean nothing: why, by their id."""

    rules: tuple[AlertRule, ...]
    troubles: dict[str, str]


def rules_of(accounts: AccountsWhenAsked, settings: Settings, workspace: str = "default") -> Known:
    """All rules, those of the settings first.

    Raises:
        AccountsError: Those that people have made cannot be had.
    """
    rules, troubles = [declared(one.told) for one in settings.alerts], {}
    for row in accounts.get().rules.all(workspace) if accounts.is_there else ():
        try:
            rules.append(understood(row))
        except RuleError as error:
            troubles[row.id] = str(error)
    return Known(tuple(rules), troubles)


class Alerting:
    """Looks at all rules again and again, and keeps their alerts.

    Args:
        engine: Looks at them once.
        accounts: Where rules and alerts are kept; opened only where there are any.
        situation: What holds now.
        changed: Is called when an alert has changed.
        after: What else is done at the end of each turn, with its moment.
    """

    def __init__(
        self,
        engine: Engine,
        accounts: AccountsWhenAsked,
        situation: Callable[[], Situation],
        changed: Callable[[], None] = lambda: None,
        *,
        after: Sequence[Callable[[datetime], None]] = (),
    ) -> None:
        self.engine = engine
        self._accounts = accounts
        self._situation = situation
        self._changed = changed
        self._after = after
        self._woken = threading.Event()
        self._hurried = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tokometer-alerting", daemon=True)
        #: Why rules could not be looked at, by their id.
        self.troubles: dict[str, str] = {}
        #: Why alerts cannot be kept just now; empty where they can.
        self.trouble = ""
        #: How many alerts fire.
        self.firing = 0
        #: When rules were looked at last, and what that took of this thread (seconds).
        self.looked_at: datetime | None = None
        self.took = 0.0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End; true where it has within the time (seconds)."""
        self._ended.set()
        self.hurry()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """Something was committed: look at the rules soon."""
        self._woken.set()

    def hurry(self) -> None:
        """Somebody has changed a rule: look at them now."""
        self._woken.set()
        self._hurried.set()

    def look(self, *, back: bool = False) -> None:
        """Look at all rules now."""
        began = time.thread_time()
        try:
            self._look(back=back)
            self.trouble = ""
        except AccountsError as error:
            # Said on every page; the next turn tries again.
            self._accounts.trouble = self.trouble = str(error)
        except Exception as error:  # noqa: BLE001 - one bad turn must not end all others
            self.trouble = f"{type(error).__name__}: {error}"[:300]
            _LOG.exception("rules could not be looked at")
        self.took = time.thread_time() - began

    def _look(self, *, back: bool) -> None:
        situation = self._situation()
        if not (self._accounts.is_there or situation.settings.alerts):
            return
        known = rules_of(self._accounts, situation.settings, self.engine.workspace)
        accounts = self._accounts.get()
        if known.rules or accounts.alerts.unresolved(self.engine.workspace):
            before = accounts.version
            found = self.engine.turn(accounts, known.rules, situation, back=back)
            self.troubles = known.troubles | dict(found.troubles)
            self.looked_at = situation.now
            self.firing = sum(one.state == "firing" for one in accounts.alerts.unresolved(self.engine.workspace))
            if accounts.version != before:
                self._changed()
        for also in self._after:
            also(situation.now)

    def _run(self) -> None:
        wall, steady, first = time.time(), time.monotonic(), True
        while not self._ended.is_set():
            back = time.time() - wall < time.monotonic() - steady - _JITTER
            wall, steady = time.time(), time.monotonic()
            self._woken.clear()
            self._hurried.clear()
            self.look(back=back)
            # The first turn loads what asks the database, which none after it does.
            least = LEAST if first else min(EVERY, max(LEAST, self.took / _SHARE))
            first = False
            self._hurried.wait(least)
            self._woken.wait(max(0.0, EVERY - least))
