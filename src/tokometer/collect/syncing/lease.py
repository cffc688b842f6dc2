"""Holding an account: of all processes that share the database one syncs it at a time."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from typing import Final

from tokometer.accounts.syncs import Syncs
from tokometer.collect.syncing.clock import Clock
from tokometer.collect.syncing.errors import Ended

#: A process that says nothing for so long (seconds) is gone; it says something three times as often.
SECONDS: Final = 120.0
_OFTEN: Final = 3


class Lease:
    """One account, held by this sync until it is let go. `syncs` gives where that is written down."""

    def __init__(self, syncs: Callable[[], Syncs], clock: Clock, workspace: str, account: str) -> None:
        self._syncs = syncs
        self._clock = clock
        self._of = workspace, account
        self.holder = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        #: By the monotonic clock: nobody else can have it before.
        self._until = 0.0
        self._lost = False

    def take(self) -> bool:
        """Have it; False where another one does."""
        begun = self._clock.monotonic()
        taken = self._syncs().take(*self._of, self.holder, self._clock.now(), SECONDS)
        self._until = begun + SECONDS
        return taken

    def keep(self) -> None:
        """Say that we are still here, where it is time to."""
        begun = self._clock.monotonic()
        if not self._lost and self._until - begun < SECONDS - SECONDS / _OFTEN:
            if self._syncs().renew(*self._of, self.holder, self._clock.now(), SECONDS):
                self._until = begun + SECONDS
            else:
                self._lost = True

    def check(self) -> None:
        """See to it that it is ours still, before something is kept.

        Raises:
            Ended: Another process has it.
        """
        self.keep()
        if self._lost or self._clock.monotonic() >= self._until:
            raise Ended("broken_off", "another process has taken this account over")

    def let_go(self) -> None:
        """Let another one have it."""
        self._syncs().let_go(*self._of, self.holder)
