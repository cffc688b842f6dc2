"""Syncing: accounts with providers are asked for usage, bills and balances, and what they state is kept.

Each portion of a report (days, or a file) is one commit with the place where it stands, so that a sync that was broken
off goes on where it was. May import `statements`, `accounts`, `ledger` and the rest of `collect`; imported by `server`
and `cli`.
"""

from tokometer.collect.syncing.clock import Clock
from tokometer.collect.syncing.errors import SyncBusy, SyncError
from tokometer.collect.syncing.syncing import Syncing

__all__ = ["Clock", "SyncBusy", "SyncError", "Syncing"]
