"""A ledger of the first release becomes one of today, on both engines, whatever happens meanwhile."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from generators import measured, old_ledger
from generators.examples import ENGINES, LONG, in_turn
from servers.ledgers import place
from tokometer.ledger import Batch, Ledger, LedgerError, Statement, migrations
from tokometer.ledger.clickhouse import ClickHouseLedger
from tokometer.ledger.clickhouse import ledger as clickhouse
from tokometer.ledger.clickhouse.connection import connect
from tokometer.ledger.clickhouse.shelf import ClickHouseShelf
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.duckdb import versions as duckdb_versions
from tokometer.ledger.migrations import MIGRATIONS, Migration, current_version
from tokometer.ledger.rows import columns
from tokometer.ledger.schema import RECORDS, TABLES
from tokometer.ledger.tables import Table, columns_of
from tokometer.measures import Query, run
from tokometer.records import Record, Sample, to_us
from unit.ledger.test_ledger import call

_NUMBERS = itertools.count()
#: What of an old ledger's tables stays that new ones do not have.
_LEFT = {("samples", "labels")}
#: What old ledgers have in other columns.
_MOVED = {("samples", "label_set"), ("samples", "machine"), ("calls", "response_id"), ("tools", "use_id")}


class Old:
    """A ledger of the first release, and how it is opened by today's code."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.engine = engine
        self.place = place(f"old_{next(_NUMBERS)}") if engine == "clickhouse" else str(folder / "l.duckdb")
        # The engine within this process forgets all once nobody is connected.
        self.client = connect(self.place)[0] if engine == "clickhouse" else None
        self.opened: list[Ledger] = []

    def write(self, *more: str) -> None:
        """Make it, with further SQL at the end."""
        if self.engine == "duckdb":
            with duckdb.connect(self.place) as connection:
                connection.begin()
                for sql in (*old_ledger.statements(self.engine), *more):
                    connection.execute(sql)
                connection.commit()
            return
        for sql in (*old_ledger.statements(self.engine), *more):
            self.client.command(sql)

    def open(self, steps: tuple[Migration, ...] = MIGRATIONS) -> Ledger:
        """Open it, which migrates it."""
        if self.engine == "duckdb":
            ledger: Ledger = DuckDBLedger(Path(self.place), migrations=steps)
        else:
            ledger = ClickHouseLedger(self.place, migrations=steps)
        self.opened.append(ledger)
        return ledger


@pytest.fixture(params=["duckdb", "clickhouse"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    """A place for an old ledger."""
    found = Old(request.param, tmp_path)
    yield found
    for ledger in found.opened:
        ledger.close()
    if found.client:
        found.client.close()


def assert_right(ledger: Ledger) -> None:
    """The ledger answers what the first release answered, and its rollups say what its records say."""
    for answer in old_ledger.answers():
        query = Query(measures=answer.measures, by=answer.by, since=answer.since, until=answer.until, tz=answer.tz)
        found = run(ledger, query, workspaces=old_ledger.WORKSPACES, now=old_ledger.NOW)
        assert [column.source for column in found.columns] == answer.columns
        rows = [list(row.values()) for row in found.to_json()["rows"]]
        assert sorted(rows, key=str) == sorted(answer.rows, key=str)
    assert ledger.audit() == []


def shape(ledger: Ledger) -> dict[tuple[str, str], tuple[str, ...]]:
    """Every column of every table, with its type and whether it can be null."""
    if ledger.engine == "duckdb":
        sql = (
            "SELECT table_name, column_name, data_type, is_nullable, coalesce(column_default, '') "
            "FROM duckdb_columns() WHERE NOT internal"
        )
    else:
        sql = "SELECT table, name, type, default_expression FROM system.columns WHERE database = currentDatabase()"
    return {(table, name): tuple(map(str, rest)) for table, name, *rest in ledger.fetch(Statement(sql))}


def test_an_old_ledger_answers_what_it_answered_before(old: Old) -> None:
    """Every measure of the first release has the value that it had, and the audit finds nothing."""
    old.write()
    for _ in range(2):
        ledger = old.open()
        assert ledger.stats()["schema_version"] == current_version()
        assert_right(ledger)
        ledger.close()


def test_old_records_of_every_kind_are_read_back(old: Old) -> None:
    """A stored record of the first release is a record of today: nothing that it said is gone."""
    old.write()
    ledger = old.open()
    by_table: dict[str, list[dict[str, object]]] = {name: [] for name in RECORDS}
    for table, row in old_ledger.records():
        if table in RECORDS:
            by_table[table].append(row)
    for name in old_ledger.TABLES:
        rows = by_table[name]
        found = read_back(ledger, RECORDS[name])
        assert len(found) == len(rows) > 0
        again = columns(RECORDS[name], found)
        for column, values in zip(RECORDS[name].columns, again, strict=True):
            if column.name in rows[0] and column.type in ("text", "name", "int", "small", "flag", "float"):
                assert sorted(map(str, values)) == sorted(str(row[column.name]) for row in rows), column
            elif column.name not in rows[0] and (name, column.name) not in _MOVED:
                assert set(values) <= {None, "", False}, column


def test_labels_of_old_samples_are_labels_like_any(old: Old) -> None:
    """Each set once; they are read back, asked for, and chosen for the rollups like those that come today."""
    odd = {"a": "x", "b.c": "d\u00fc 'e' \"f\"", "$p": ""}
    text = json.dumps(odd, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    quoted = text.replace("'", "''").replace("\\", "\\" if old.engine == "duckdb" else "\\\\")
    old.write(
        f"UPDATE samples SET labels = '{quoted}'"
        if old.engine == "duckdb"
        else f"ALTER TABLE samples UPDATE labels = '{quoted}' WHERE 1 SETTINGS mutations_sync = 2"
    )
    ledger = old.open()
    found = read_back(ledger, RECORDS["samples"])
    assert [record.labels for record in found] == [odd] * len(found)
    assert {record.machine for record in found} == {record.host for record in found if isinstance(record, Sample)}
    workspaces = {record.workspace for record in found}
    [(sets,)] = ledger.fetch(Statement("SELECT count(*) FROM label_sets"))
    assert sets == len(workspaces)
    query = Query(measures=("samples.readings",), by=('samples.label."b.c"',), since="all")
    rows = run(ledger, query, workspaces=tuple(workspaces), now=old_ledger.NOW).rows
    assert [row["label.b.c"] for row in rows] == [odd["b.c"]]
    ledger.roll_up(("a",))
    assert ledger.audit() == []
    assert [record.labels for record in read_back(ledger, RECORDS["samples"])] == [odd] * len(found)


def read_back(ledger: Ledger, table: Table) -> list[Record]:
    """All stored records of a kind."""
    ids = [id_.bytes for (id_,) in ledger.fetch(Statement(f"SELECT id FROM {table.name}"))]
    if isinstance(ledger, DuckDBLedger):
        return list(ledger._instance.shelf.records(table, ids))
    return list(ClickHouseShelf(ledger).records(table, ids))


def test_commits_go_on_after_a_migration(old: Old) -> None:
    """Records of every kind go in, come in again as duplicates, and are in the rollups."""
    old.write()
    ledger = old.open()
    before = ledger.stats()
    records: list[Record] = [
        *measured.calls(seed=9, count=40),
        *measured.others(seed=9, count=3),
        Sample(source="t", native_id="s", started_at=to_us(datetime(2026, 3, 1, tzinfo=UTC)), metric="m", value=1.0),
        # What stands for an old call comes again: the same call.
        call(1, unsplit_tokens=12, price_basis="unpriced:no-split", parts={"input_audio": 3}, machine="m"),
    ]
    for record in records:
        record.native_id = f"new-{record.native_id}"
    assert ledger.commit(Batch(list(records))).accepted == len(records)
    assert ledger.commit(Batch(list(records))).duplicate == len(records)
    after = ledger.stats()
    for name in old_ledger.TABLES:
        assert after[name] - before[name] == sum(record.kind == name for record in records)
    ledger.settle()
    assert ledger.fetch(Statement("SELECT sum(requests), sum(unsplit_tokens) FROM cells"))[0][0] == after["calls"]
    assert ledger.audit() == []


def test_a_fresh_ledger_and_a_migrated_one_have_the_same_columns(old: Old, tmp_path: Path) -> None:
    """Whatever the order of the columns, their types and what they allow are the same, in the same tables."""
    old.write()
    migrated = shape(old.open())
    fresh = Old(old.engine, tmp_path / "fresh")
    made = shape(fresh.open())
    fresh.opened[0].close()
    assert {key: value for key, value in migrated.items() if key not in _LEFT} == made
    assert {table for table, _ in made} == {table.name for table in TABLES}


def test_adding_a_table_or_a_column_is_a_declaration(old: Old) -> None:
    """A step names tables and columns; they are made once, and a ledger from the future is left alone."""
    notes = Table("notes", columns_of("name: topic\ntext: text\nint: count?\ntime: at\nflag: seen"), ("topic",))
    added = columns_of("name: colour\nint: weight? size\nmoney: fee\nflag: odd\ntime: read_at?\njson: more")
    steps = (
        *MIGRATIONS,
        Migration(current_version() + 1, "notes", tables=(notes,), columns={"bills": added}),
        Migration(
            current_version() + 2, "fill", statements=lambda _: ["INSERT INTO notes (topic) SELECT 'x' WHERE 1=0"]
        ),
    )
    old.write()
    for _ in range(2):
        ledger = old.open(steps)
        assert ledger.stats()["schema_version"] == current_version() + 2
        found = shape(ledger)
        assert {name for table, name in found if table == "notes"} >= set(notes.names)
        row = ledger.fetch(Statement("SELECT colour, weight, size, fee, odd, more FROM bills LIMIT 1"))
        assert row == [("", None, 0, 0, False, "")]
        ledger.close()
    with pytest.raises(LedgerError, match="newer"):
        old.open()


@pytest.mark.parametrize(
    ("at", "old"), in_turn([0, 5, 30, 32, 39, 62, 68] if LONG else [0, 32, 68], ENGINES), indirect=["old"]
)
def test_a_migration_that_breaks_off_goes_on(old: Old, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever statement fails, the next start migrates all the same, and loses nothing."""
    old.write()
    numbers = itertools.count()

    def breaking(of: Callable[..., Iterator[str]]) -> Callable[..., Iterator[str]]:
        def broken(*arguments: object) -> Iterator[str]:
            for sql in of(*arguments):
                if next(numbers) == at:
                    raise OSError("no")
                yield sql

        return broken

    for module in (clickhouse, duckdb_versions):
        monkeypatch.setattr(module, "additions_of", breaking(migrations.additions_of))
        monkeypatch.setattr(module, "rest_of", breaking(migrations.rest_of))
    with suppress(OSError):
        old.open()
        assert next(numbers) <= at, "it went on although a statement failed"
    monkeypatch.undo()
    assert_right(old.open())
