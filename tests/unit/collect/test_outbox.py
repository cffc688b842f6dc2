"""What waits to be sent is bounded, durable, and known by one process at a time."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from generators.sources.shipment import records
from tokometer.collect.outbox import Outbox, OutboxFull
from tokometer.collect.reading import SHIPMENT_RECORDS
from tokometer.ledger import Batch, LedgerUnavailable
from tokometer.records import ModelCall, Refusal
from tokometer.sources.shipment.wire import unpacked


def test_what_is_put_in_is_there_after_a_kill(tmp_path: Path) -> None:
    """Records and how far a file was read are on disk together, until what was sent is taken out."""
    outbox = Outbox(tmp_path, "tokometer 1", "laptop")
    refusal = Refusal("codex", "/a", 7, "usage", "is negative")
    outbox.submit(Batch(records(), [refusal], {("codex", "/a"): b"state"})).result(0)
    # Nobody closes what is killed.
    outbox._connection.close()
    again = Outbox(tmp_path, "tokometer 1", "laptop")
    assert again.cursors("codex") == {"/a": b"state"}
    first = again.first()
    assert first is not None
    _, received = unpacked(first.body, "here", 0)
    assert len(received.records) == len(records())
    assert [one.place for one in received.refusals] == ["laptop:/a"]
    again.sent(first)
    assert (again.first(), again.waiting) == (None, (0, 0))
    again.close()


def test_much_is_many_shipments(tmp_path: Path) -> None:
    """No shipment has more records than a server decodes at once, and what was refused travels once."""
    outbox = Outbox(tmp_path, "tokometer 1", "laptop")
    many = [ModelCall(source="codex", native_id=str(number), started_at=1) for number in range(SHIPMENT_RECORDS + 1)]
    outbox.submit(Batch(list(many), [Refusal("codex", "/a", 7, "", "is none")])).result(0)
    seen, refused = [], 0
    while (shipment := outbox.first()) is not None:
        _, received = unpacked(shipment.body, "here", 0)
        seen.append(len(received.records))
        refused += len(received.refusals)
        outbox.sent(shipment)
    assert (seen, refused) == ([SHIPMENT_RECORDS, 1], 1)
    outbox.close()


def test_a_full_one_takes_nothing_more(tmp_path: Path) -> None:
    """Whoever reads has to wait; what is in stays in."""
    outbox = Outbox(tmp_path, "tokometer 1", "laptop", most_bytes=1_000)
    outbox.submit(Batch(records())).result(0)
    with pytest.raises(OutboxFull):
        outbox.submit(Batch(records()))
    assert outbox.waiting[0] == 1
    outbox.close()


def test_one_process_ships_from_a_folder(tmp_path: Path) -> None:
    """A second one is told so at its start."""
    outbox = Outbox(tmp_path, "tokometer 1", "laptop")
    with pytest.raises(LedgerUnavailable):
        Outbox(tmp_path, "tokometer 1", "laptop")
    outbox.close()


class Full:
    """A connection to a database on a full disk, where only the end of a transaction writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Run a statement; there is no room for what it would make durable."""
        if statement == "COMMIT":
            raise sqlite3.OperationalError("database or disk is full")
        return self._connection.execute(statement, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def test_a_disk_that_is_full_is_no_full_outbox(tmp_path: Path) -> None:
    """What could not be put in waits for nothing: tried again and again, it takes no room from what comes after."""
    outbox = Outbox(tmp_path, "tokometer 1", "laptop")
    connection, outbox._connection = outbox._connection, Full(outbox._connection)  # type: ignore[assignment]
    for _ in range(3):
        with pytest.raises(LedgerUnavailable, match="full"):
            outbox.submit(Batch(records())).result(0)
    assert outbox.waiting == (0, 0)
    outbox._connection = connection
    outbox.submit(Batch(records())).result(0)
    first = outbox.first()
    assert first is not None
    assert outbox.waiting == (1, len(first.body))
    outbox.sent(first)
    outbox.close()
