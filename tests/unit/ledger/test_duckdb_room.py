"""Tests of tokometer.ledger.duckdb.room: what is refused, and when the log is written into the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokometer.ledger import LedgerFull
from tokometer.ledger.duckdb import room
from tokometer.ledger.duckdb.room import Room


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a ledger's file would be."""
    return tmp_path / "ledger.duckdb"


def _free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(room, "free_bytes", lambda _: free)


def test_the_reserve_goes_with_the_log(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short log needs little: a small disk can be used nearly to its end."""
    found = Room(place)
    _free(monkeypatch, 1_500_000)
    found.for_records(100)
    assert found.for_a_checkpoint
    place.with_name("ledger.duckdb.wal").write_bytes(bytes(600_000))
    with pytest.raises(LedgerFull, match="free some space"):
        found.for_records()
    assert not found.for_a_checkpoint


def test_records_need_room_themselves(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is about to be written counts before it is."""
    _free(monkeypatch, 1_500_000)
    Room(place).for_records(1_000)
    with pytest.raises(LedgerFull):
        Room(place).for_records(10_000)


def test_the_log_is_kept_short_where_room_is_scarce(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With plenty of room it may grow; with little it is written into the file, once it is worth it."""
    found, log = Room(place), place.with_name("ledger.duckdb.wal")
    log.write_bytes(bytes(3_000_000))
    _free(monkeypatch, 20_000_000)
    assert not found.is_narrow
    _free(monkeypatch, 8_000_000)
    assert found.is_narrow
    log.write_bytes(bytes(1_000))
    assert not found.is_narrow
    assert not found.is_wide
