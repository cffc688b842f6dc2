"""What syncing raises."""

from __future__ import annotations


class SyncError(Exception):
    """A sync cannot be begun; the message says why, and what to do."""


class SyncBusy(SyncError):
    """The account is being synced by another process just now."""


class Ended(Exception):
    """A sync that goes on no more: somebody cancelled it, the server stops, or another process has taken it over."""

    def __init__(self, state: str, reason: str = "") -> None:
        super().__init__(reason or state)
        #: The state of the run: `cancelled` or `broken_off`.
        self.state = state
