"""Databases of tools that break: times that are none, tables that are gone, documents that are half written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from generators.left import database
from generators.sources.anythingllm import ABOVE, FILE, SCHEMA, chat, metrics
from tokometer.ledger.refused import is_of_a_file
from tokometer.records import ModelCall, RecordError, now_us
from tokometer.sources import database as files
from tokometer.sources.anythingllm.found import FOUND
from tokometer.sources.database import later, later_text
from tokometer.sources.documents import read_document
from tokometer.sources.tail import held_of


def test_reading_goes_on_from_a_time_that_our_clock_has_come_to() -> None:
    """In whatever unit a table writes it; what is no number, or is to come, moves nothing."""
    now, century = now_us(), 100 * 365 * 86_400
    for unit in (10**6, 10**3, 1):
        told = now // unit
        assert later(told - 5, told) == told
        assert later(told, told - 5) == told
        assert later(told, told + century * 10**6 // unit) == told
    assert later(now * 1_000, now * 1_000 + 1) == now * 1_000 + 1
    assert [later(5, told) for told in (None, "2026-11-01", 7.5, True)] == [5, 5, 5, 5]
    assert later_text("2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z") == "2026-03-02T11:00:00Z"
    assert [later_text("2026", told) for told in ("2199-01-01T00:00:00Z", "None", None)] == ["2026", "2026", "2026"]


def calls(home: Path, state: bytes, *chats: dict[str, object]) -> tuple[list[str], bytes]:
    """The names of the calls of AnythingLLM's database with these chats beside those in it, and where it was left."""
    database(FILE, SCHEMA, {**ABOVE, "workspace_chats": list(chats)})(home)
    found = FOUND.read(home / FILE, state)
    return [one.native_id for one in found.records if isinstance(one, ModelCall)], found.state


def test_another_installation_counts_beside_the_first(tmp_path: Path) -> None:
    """Both number their chats from 1; what a database in the other's place holds is another answer."""
    first, state = calls(tmp_path, b"", *(chat(number, metrics(1)) for number in range(1, 9)))
    (tmp_path / FILE).unlink()
    second, _ = calls(tmp_path, state, chat(1, metrics(1), createdAt="2026-05-02T09:01:00.000Z"))
    assert len(first) == 8
    assert len(second) == 1
    assert not {*first} & {*second}


def test_a_table_that_is_gone_is_told_once(tmp_path: Path) -> None:
    """What another release writes elsewhere is not read, and does not stop in silence."""
    _, state = calls(tmp_path, b"", chat(1, metrics(1)))
    assert "workspace_documents" in held_of(state)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        connection.execute("ALTER TABLE workspace_documents RENAME TO workspace_files")
    found = FOUND.read(tmp_path / FILE, state)
    assert [one.name for one in found.notices] == ["a database that has no workspace_documents any more"]
    assert not FOUND.read(tmp_path / FILE, found.state).notices


def test_what_is_read_without_a_lock_is_of_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of another user's folder, who may write there: then it is read again."""
    real = files._connected

    def connected(address: str) -> sqlite3.Connection:
        if "mode=ro" in address:
            error = sqlite3.OperationalError("unable to open database file")
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error
        return real(address)

    monkeypatch.setattr(files, "_connected", connected)
    assert calls(tmp_path, b"", chat(1, metrics(1)))[0]
    with pytest.raises(OSError, match="written to while"), files.opened(tmp_path / FILE):
        database(FILE, SCHEMA, {"workspace_chats": [chat(2, metrics(1))]})(tmp_path)


def test_half_a_document_is_refused_until_it_is_whole(tmp_path: Path) -> None:
    """As a file that cannot be read, whose refusal goes with the first reading that can."""

    def items(content: bytes, path: Path, noticed: object) -> list[object]:
        raise RecordError("sessions", "is missing")

    path = tmp_path / "settings.json"
    path.write_text('{"sess')
    (refusal,) = read_document("tool", items, path).refusals  # type: ignore[arg-type] # none is made
    assert is_of_a_file(refusal)
    assert refusal.reason == "cannot be read: sessions: is missing"
