"""Tables that break while they are followed: made anew, with times of no time, cut off in the middle of a row."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tokometer.sources.protocol import MOST_REFUSALS, Reading, Target
from tokometer.sources.table.engines import TableError
from tokometer.sources.table.mapping import TableMap, map_text
from tokometer.sources.table.polled import read_some
from tokometer.sources.table.reading import Memory

NOON = 1_793_534_400
BY_ID = TableMap("usage", "calls", {"started_at": "at", "model": "model", "output_tokens": "out"}, id="id", cursor="id")
HEAD = "created_at,model,output_tokens\n"


def rows(path: Path, first: int, count: int, at: int = NOON) -> None:
    """Add rows to a table, numbered from the first, a minute apart."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS usage (id INTEGER PRIMARY KEY, at INTEGER, model TEXT, out)")
        many = [(number, at + number * 60, "gpt-4o", 1) for number in range(first, first + count)]
        connection.executemany("INSERT INTO usage VALUES (?, ?, ?, ?)", many)


def followed(path: Path, memory: Memory, *maps: TableMap) -> Reading:
    """What is new in a file that is asked again and again."""
    options = {}
    if maps:
        told = path.with_suffix(".toml")
        told.write_text(map_text(list(maps)))
        options = {"map": str(told)}
    return read_some(Target("", path.as_uri(), 60, options), memory)


def test_a_database_in_anothers_place_is_read_from_its_start(tmp_path: Path) -> None:
    """Its numbers begin anew, below where the other was left."""
    memory, path = Memory(), tmp_path / "a.db"
    rows(path, 1, 1_000)
    assert len(followed(path, memory, BY_ID).records) == 1_000
    path.unlink()
    rows(path, 1, 50, NOON + 86_400)
    assert len(followed(path, memory, BY_ID).records) == 50


def test_a_table_that_was_emptied_is_read_from_its_start(tmp_path: Path) -> None:
    """In the same file: whether its numbers are still below where it was left, or beyond."""
    for count in (50, 900):
        memory, path = Memory(), tmp_path / f"{count}.db"
        rows(path, 1, 1_000)
        followed(path, memory, BY_ID)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DELETE FROM usage")
        rows(path, 1, count, NOON + 86_400)
        found = followed(path, memory, BY_ID).records
        assert len({one.native_id for one in found}) == count
        assert not followed(path, memory, BY_ID).records


def test_rows_that_are_deleted_have_nothing_read_again(tmp_path: Path) -> None:
    """The first of them go when they are old, and the one at which a pass begins may."""
    memory, path = Memory(), tmp_path / "a.db"
    rows(path, 1, 1_000)
    followed(path, memory, BY_ID)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM usage WHERE id <= 800")
    rows(path, 1_001, 1)
    assert len(followed(path, memory, BY_ID).records) == 201


def test_a_time_that_is_to_come_hides_nothing(tmp_path: Path) -> None:
    """Reading goes on from the last row that our clock believes; those beyond spoil themselves alone."""
    by_time = TableMap("usage", "calls", BY_ID.fields, id="id")
    memory, path = Memory(), tmp_path / "a.db"
    rows(path, 1, 30)
    rows(path, 31, 2, NOON + 80 * 365 * 86_400)
    followed(path, memory, by_time)
    rows(path, 41, 30)
    found = followed(path, memory, by_time).records
    assert {f"usage:{number}" for number in range(41, 71)} <= {one.native_id.split("@")[0] for one in found}


def test_half_a_row_is_not_taken_for_one(tmp_path: Path) -> None:
    """A last line without an end is read when it has one, or when nobody has written for a while."""
    memory, path = Memory(), tmp_path / "usage.csv"
    path.write_text(f"{HEAD}2026-11-01T00:00:00Z,gpt-4o,123\n2026-11-01T00:01:00Z,gpt-4o,12")

    def tokens() -> list[int | None]:
        return [one.output_tokens for one in followed(path, memory).records]  # type: ignore[union-attr] # calls

    assert tokens() == [123]
    assert tokens() == []
    with path.open("a") as file:
        file.write("34\n2026-11-01T00:02:00Z,gpt-4o,7")
    assert tokens() == [123, 1234]
    os.utime(path, (NOON, NOON))
    assert tokens() == [123, 1234, 7]
    assert tokens() == []


def test_what_is_no_file_to_be_read_says_why(tmp_path: Path) -> None:
    """A folder in its place, and a file that its program has just begun, are no wrong format."""
    with pytest.raises(OSError, match="not a regular file"):
        followed(tmp_path, Memory())
    (tmp_path / "a.db").write_bytes(b"")
    with pytest.raises(TableError, match="is empty"):
        followed(tmp_path / "a.db", Memory())


def test_refused_rows_beyond_a_thousand_are_counted(tmp_path: Path) -> None:
    """Nobody reads more of them, and none vanishes."""
    path = tmp_path / "usage.csv"
    path.write_text(HEAD + "2026-11-01T00:00:00Z,gpt-4o,x\n" * 3_000)
    found = followed(path, Memory()).refusals
    assert len(found) == MOST_REFUSALS + 1
    assert found[-1].reason == "and 2,000 more rows that were refused"


def test_a_known_table_whose_columns_say_nothing_any_more_is_named(tmp_path: Path) -> None:
    """A program that calls them otherwise since its last release costs nothing in silence."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE Messages (Id INTEGER PRIMARY KEY, Kind TEXT, Weight INTEGER)")
        connection.execute("CREATE TABLE OllamaModels (Id INTEGER PRIMARY KEY, Name TEXT, InstalledAt TEXT)")
    (notice,) = followed(path, Memory()).notices
    assert notice.name.startswith("Messages has no columns")


def test_yes_and_no_are_read_in_the_words_of_people_and_spreadsheets(tmp_path: Path) -> None:
    """Exports say them in their country's language."""
    path = tmp_path / "usage.csv"
    said = {"yes": "ok", "No": "server_error", "WAHR": "ok", "FALSCH": "server_error", "1.0": "ok", "oui": "ok"}
    lines = (f"2026-11-01T00:00:0{at}Z,gpt-4o,7,{word}\n" for at, word in enumerate(said))
    path.write_text(HEAD.replace("\n", ",success\n") + "".join(lines))
    assert [one.status for one in followed(path, Memory()).records] == list(said.values())  # type: ignore[union-attr]
