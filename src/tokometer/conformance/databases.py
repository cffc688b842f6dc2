"""What a source of SQLite databases has to stand beside what every source of files has to."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from shutil import copyfile
from typing import Final

from tokometer.conformance.example import Files
from tokometer.conformance.world import World, world
from tokometer.host.regular import read_bytes
from tokometer.records import ModelCall
from tokometer.sources.protocol import Reading, Source

#: Columns that are renamed in one play.
_COLUMNS: Final = 12
_HEAD: Final = b"SQLite format 3\0"


def another_in_its_place(source: Source, example: Files, folder: Path, random: Random) -> None:  # noqa: ARG001
    """A database in another's place is read from its start: its numbers and times may be before the other's."""
    with world(folder, source) as made:
        for path in _databases(made, example):
            left = made.found.read(path, b"")
            new = path.with_name(f"{path.name}.new")
            copyfile(path, new)
            new.replace(path)
            again = made.found.read(path, left.state)
            assert len(again.records) == len(left.records), f"{path.name}: what another database holds is passed over"


def another_release(source: Source, example: Files, folder: Path, random: Random) -> None:
    """A column that another release calls otherwise costs no usage in silence."""
    with world(folder, source) as made:
        for path in _databases(made, example):
            before, content = made.found.read(path, b""), read_bytes(path)
            columns = _columns(path)
            for table, column in random.sample(columns, min(len(columns), _COLUMNS)):
                # One that an index or a view needs stays, and one without which nothing can be read is an error.
                with suppress(sqlite3.Error, OSError):
                    _rename(path, table, column)
                    now = made.found.read(path, b"")
                    lost = any(one < other for one, other in zip(_used(now), _used(before), strict=True))
                    assert _told(now) - _told(before) or not lost, f"without {table}.{column} usage vanishes silently"
                path.write_bytes(content)


def _databases(made: World, example: Files) -> list[Path]:
    for step in example.steps:
        step(made.home)
    return [path for path in made.files(example) if read_bytes(path).startswith(_HEAD)]


def _columns(path: Path) -> list[tuple[str, str]]:
    query = (
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c "
        "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid"
    )
    with closing(sqlite3.connect(path)) as connection:
        return [(str(table), str(column)) for table, column in connection.execute(query)]


def _rename(path: Path, table: str, column: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "{column} of another release"')


def _used(reading: Reading) -> tuple[int, int]:
    """How many calls there are, and tokens."""
    calls = [record for record in reading.records if isinstance(record, ModelCall)]
    counts = ((one.input_tokens, one.output_tokens, one.unsplit_tokens) for one in calls)
    return len(calls), sum(count or 0 for told in counts for count in told)


def _told(reading: Reading) -> set[tuple[str, str]]:
    """What was refused or not understood."""
    refused = {(one.field, one.reason) for one in reading.refusals}
    return refused | {(one.topic, one.name) for one in reading.notices}
