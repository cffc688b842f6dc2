"""Syncing against made-up providers: a real ledger and real accounts, and a clock that lets time pass at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tokometer.accounts import AccountsWhenAsked, ProviderAccount, SyncRun
from tokometer.accounts.sealing import sealed_for
from tokometer.collect.syncing import Clock, Syncing
from tokometer.collect.writer import Writer
from tokometer.host.secrets import Vault
from tokometer.ledger import Ledger, Statement
from tokometer.prices import PriceBook

_PATIENCE = 60.0


class FastClock(Clock):
    """Nobody waits: time is further on at once."""

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime.now(UTC)
        self._passed = 0.0
        #: What was waited, in seconds.
        self.waited: list[float] = []

    def now(self) -> datetime:
        """As far as it is."""
        return self._now + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        """As far as it is."""
        return self._passed

    def wait(self, seconds: float, until: threading.Event) -> bool:
        """Let time pass."""
        if not until.is_set():
            self.waited.append(seconds)
            self._passed += max(0.0, seconds)
        return until.is_set()

    def pass_by(self, **how_long: float) -> None:
        """Let time pass."""
        self._passed += timedelta(**how_long).total_seconds()


@dataclass
class Scene:
    """What syncs, and where it keeps what comes."""

    syncing: Syncing
    ledger: Ledger
    accounts: AccountsWhenAsked
    vault: Vault
    clock: FastClock
    data: Path

    def account(self, type_: str, url: str, key: str = "", title: str = "Ours", **options: str) -> ProviderAccount:
        """One that is kept, with its key sealed."""
        kept = self.accounts.get().provided
        sealed = self.vault.seal(key, sealed_for(type_, url, options)) if key else ""
        return kept.add(
            ProviderAccount(type=type_, title=title, address=url, options=options, sealed=sealed, shown="sk-…")
        )

    def sync(self, account: str) -> SyncRun:
        """Sync it, and wait for the end."""
        return self.done(account, self.syncing.sync_now(account))

    def done(self, account: str, number: int) -> SyncRun:
        """Wait for the end of a run."""
        until = time.monotonic() + _PATIENCE
        while self.syncing.is_running(account):
            assert time.monotonic() < until, "it takes too long"
            time.sleep(0.001)
        run = self.accounts.get().syncs.run("default", number)
        assert run is not None
        return run

    def sums(self, table: str, *columns: str, where: str = "1 = 1") -> tuple[Any, ...]:
        """What columns add up to."""
        asked = ", ".join(f"sum({column})" for column in columns)
        [row] = self.ledger.fetch(Statement(f"SELECT {asked} FROM {table} WHERE {where}"))
        return tuple(row)

    def rows(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """Rows of the ledger."""
        return list(self.ledger.fetch(Statement(sql, values)))


@contextmanager
def scene(
    ledger: Ledger, data: Path, *, now: datetime | None = None, env: Mapping[str, str] | None = None, **more: Any
) -> Iterator[Scene]:
    """Syncing of a ledger; nothing is synced by itself."""
    writer = Writer(ledger, PriceBook.open())
    accounts, vault, clock = AccountsWhenAsked(data), Vault(data), FastClock(now)
    syncing = Syncing(writer, ledger, accounts, vault, env or {}, clock=clock, **more)
    try:
        yield Scene(syncing, ledger, accounts, vault, clock, data)
    finally:
        syncing.stop(10.0)
        writer.close()
        accounts.close()
