"""Tables of any shape, through the real engines: what is taken, what is refused, and where reading goes on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokometer.records import ModelCall
from tokometer.sources.protocol import Fetched, PollError, Reading, Target
from tokometer.sources.table.detecting import lacking, proposed
from tokometer.sources.table.engines import TableError, open_file
from tokometer.sources.table.found import FOUND
from tokometer.sources.table.mapping import MapError, TableMap, check, map_from, map_text
from tokometer.sources.table.polled import POLLED, is_busy, read_some
from tokometer.sources.table.reading import Memory, portions, take


def table(path: Path, schema: str, *rows: tuple[object, ...]) -> Path:
    """A database with one table."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(schema)
        name = schema.split("(", maxsplit=1)[0].split("TABLE")[1].strip()
        for row in rows:
            connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
    return path


def read(path: Path, maps: list[TableMap] | None = None, limit: int = 20_000, memory: Memory | None = None) -> Reading:
    """All of a file's tables."""
    reading = Reading()
    with open_file(path) as engine:
        for made in portions(engine, maps or proposed(engine.shapes()), memory or Memory(), limit):
            take(reading, made, str(path))
    return reading


def never(*_: object, **__: object) -> Fetched:
    """Nothing is asked over HTTP."""
    raise AssertionError


USAGE = "CREATE TABLE Usage (Id INTEGER PRIMARY KEY, ModelName TEXT, TokensIn, TokensOut, Cost, CreatedAt)"


def test_columns_are_told_by_their_names(tmp_path: Path) -> None:
    """A table of usage needs no map where its columns are called as such columns are."""
    path = table(tmp_path / "a.db", USAGE, (1, "gpt-4o-mini", 100, 20, "0.5", 1_772_442_000))
    [call] = read(path).records
    assert isinstance(call, ModelCall)
    assert (call.model, call.input_tokens, call.output_tokens) == ("gpt-4o-mini", 100, 20)
    assert (call.cost_reported, call.started_at) == (500_000_000, 1_772_442_000_000_000)


def test_rows_are_refused_one_by_one(tmp_path: Path) -> None:
    """A wrong type, a missing time, a number beyond all numbers: each is refused with its column and row."""
    path = table(
        tmp_path / "a.db",
        USAGE,
        (1, "m", "many", 1, None, 1_772_442_000),
        (2, "m", 1, 1, None, None),
        (3, "m", 1, 1, 1e300, 1_772_442_000),
        (4, "m", b"\xff\xfe", 1, None, 1_772_442_000),
        (5, "m" * 5_000_000, 1, 1, None, 1_772_442_000),
        (6, None, 1, None, None, 1_772_442_000),
        (7, "m", -1, 1, None, 1_772_442_000),
        (8, "m", 1, 1, None, "soon"),
    )
    found = read(path)
    assert [one.field for one in found.refusals] == [
        "input_tokens (TokensIn)",
        "started_at (CreatedAt)",
        "cost_usd (Cost)",
        "input_tokens (TokensIn)",
        "input_tokens (TokensIn)",
        "started_at (CreatedAt)",
    ]
    assert "row 1 of Usage" in found.refusals[0].reason
    assert len(found.records) == 2
    assert [notice.topic for notice in found.notices] == ["model"]


def test_names_with_quotes_are_names(tmp_path: Path) -> None:
    """Tables and columns may be called anything, and nothing of it is run."""
    name = 'Usage"; DROP TABLE x; --'
    quoted = '"' + name.replace('"', '""') + '"'
    path = table(tmp_path / "a.db", f'CREATE TABLE {quoted} ("mod""el" TEXT, "to kens" INTEGER, "a.b->c" TEXT)')
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"INSERT INTO {quoted} VALUES ('m', 5, '2026-03-02T09:00:00Z')")
    told = TableMap(
        table=name, kind="calls", fields={"model": 'mod"el', "output_tokens": "to kens", "started_at": "a.b->c"}
    )
    [call] = read(path, map_from(map_text([told]))).records
    assert isinstance(call, ModelCall)
    assert call.output_tokens == 5


def test_json_in_a_column_is_looked_into(tmp_path: Path) -> None:
    """A field may be inside of what a column holds; where that is no JSON the row is refused."""
    path = table(
        tmp_path / "a.db",
        "CREATE TABLE Log (At TEXT, Body TEXT)",
        ("2026-03-02T09:00:00Z", '{"usage": {"in": 7}, "model": "m"}'),
        ("2026-03-02T09:00:01Z", "{"),
    )
    told = TableMap(
        table="Log",
        kind="calls",
        fields={"started_at": "At", "model": "Body->model", "input_tokens": "Body->usage->in"},
    )
    found = read(path, [told])
    assert [call.input_tokens for call in found.records if isinstance(call, ModelCall)] == [7]
    assert "JSON" in found.refusals[0].reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[table]]\ntable='a'\nkind='cals'", "no kind"),
        ("[[table]]\ntable='a'\nkind='calls'\n[table.fields]\noutput_token='x'", "output_tokens"),
        ("[[table]]\ntable='a'\nkind='calls'\n[table.units]\nmodel='s'", "cannot be in"),
        ("[[table]]\ntable='a'\nkind='calls'\nfoo=1", "foo"),
        ("", "no table"),
        ("[[table", "TOML"),
    ],
)
def test_a_map_that_cannot_be_followed_says_why(text: str, said: str) -> None:
    """Kinds, fields, units and keys that there are none of are refused, with what may have been meant."""
    with pytest.raises(MapError, match=said):
        map_from(text)


def test_a_map_names_what_is_there(tmp_path: Path) -> None:
    """A column that is not there is an error of the map, not an empty field."""
    path = table(tmp_path / "a.db", USAGE)
    told = TableMap(table="Usage", kind="calls", fields={"started_at": "Created", "model": "ModelName"})
    check(told)
    with pytest.raises(MapError, match="CreatedAt"):
        read(path, [told])


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


@given(table_name=NAMES, column=NAMES, value=st.text(st.characters(exclude_categories=("Cs",)), max_size=20))
def test_a_map_is_the_same_when_it_is_read_again(table_name: str, column: str, value: str) -> None:
    """Whatever names and values it holds."""
    told = [
        TableMap(
            table=table_name,
            kind="calls",
            fields={"model": [column, "x"], f"labels.{column}": column},
            constants={"provider": value, "attempt": 2},
            units={"latency_ms": "s"},
            only={column: [value]},
        )
    ]
    assert map_from(map_text(told)) == told


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=30),
    limit=st.integers(1, 7),
    form=st.sampled_from(["sqlite", "csv", "parquet"]),
)
def test_ids_do_not_depend_on_portions(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int]], limit: int, form: str
) -> None:
    """Rows without an id, many of them alike, have the same ids in portions of any size, each once."""
    folder = tmp_path_factory.mktemp("rows")
    values = [("m", tokens, f"2026-03-02T09:00:0{at}Z") for at, tokens in rows]
    path = folder / f"a.{form}"
    schema = "CREATE TABLE file (model TEXT, output_tokens INTEGER, created_at TEXT)"
    if form == "sqlite":
        table(path, schema, *values)
    else:
        with duckdb.connect() as connection:
            connection.execute(schema)
            if values:
                connection.executemany("INSERT INTO file VALUES (?, ?, ?)", values)
            connection.execute(f"COPY file TO '{path}' ({'HEADER' if form == 'csv' else 'FORMAT parquet'})")
    with open_file(path) as engine:
        told = proposed(engine.shapes())
    whole = [record.native_id for record in read(path, told).records]
    assert len(set(whole)) == len(whole) == len(rows)
    assert sorted(record.native_id for record in read(path, told, limit).records) == sorted(whole)


def test_reading_goes_on_where_it_ended(tmp_path: Path) -> None:
    """Only what is new, and what lies within the slack, is read again; what was changed in it is newer."""
    rows = [(number, "m", 1, 1, None, 1_772_442_000 + number) for number in range(1, 1_001)]
    path = table(tmp_path / "a.db", USAGE, *rows)
    memory = Memory()
    assert len(read(path, memory=memory).records) == 1_000
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO Usage VALUES (1001, 'm', 5, 5, NULL, 1772443001)")
        connection.execute("UPDATE Usage SET TokensOut = 9 WHERE Id = 1000")
    found = read(path, memory=memory).records
    assert len(found) < 260
    changed = next(one for one in found if one.native_id.startswith("Usage:1000@"))
    assert changed.revision == 10
    assert found[-1].native_id.startswith("Usage:1001@")


def test_a_target_gives_so_many_rows_a_question(tmp_path: Path) -> None:
    """What is more waits for the next question, and nothing is asked of a file that has not changed."""
    path = table(tmp_path / "a.db", USAGE, *[(n, "m", 1, 1, None, 1_772_442_000 + n) for n in range(1, 26)])
    target, seen = Target("", path.as_uri(), 60), []
    state = b""
    for _ in range(5):
        from tokometer.sources.remembered import decoded

        reading = read_some(target, decoded(state, Memory), 10)
        state = reading.state
        seen.append(len(reading.records))
    assert seen == [10, 10, 5, 0, 0]
    assert not is_busy(state)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///nowhere/at/all.db", "no such file"),
        ("file://elsewhere/a.db", "another machine"),
        ("oracle://db/x", "no way to read"),
        ("postgresql://127.0.0.1:1/x?connect_timeout=1", "."),
        ("mysql://127.0.0.1:1/x", "."),
    ],
)
def test_a_target_that_cannot_be_read_says_why(url: str, said: str) -> None:
    """In one line, as every target does."""
    with pytest.raises(PollError, match=said):
        POLLED.read(Target("", url, 60), b"", never, 0)


def test_a_driver_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that brings it."""
    import sys

    for module, url in (("psycopg", "postgresql://h/x"), ("pymysql", "mysql://h/x")):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(PollError, match=r"pip install 'tokometer\["):
            POLLED.read(Target("", url, 60), b"", never, 0)


def test_a_locked_database_is_tried_again(tmp_path: Path) -> None:
    """It is no refusal and no end: the reading fails, and is repeated."""
    path = table(tmp_path / "a.db", USAGE, (1, "m", 1, 1, None, 1_772_442_000))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OSError, match="locked"):
            read(path)
        writer.execute("COMMIT")
    assert len(read(path).records) == 1


def test_a_csv_with_broken_lines_and_a_name_like_a_pattern(tmp_path: Path) -> None:
    """Lines that are no rows are listed, the others count; stars and brackets in a name are letters."""
    path = tmp_path / "usage [1]*.csv"
    path.write_text(
        "model,prompt_tokens,completion_tokens,timestamp\n"
        "m,1,2,2026-03-02 09:00:00\n"
        "m,1,2,2026-03-02 09:00:01,too,many\n"
        'm,"3",4,2026-03-02 09:00:02\n',
        encoding="utf-8",
    )
    (tmp_path / "usage 1x.csv").write_text("model\nother\n", encoding="utf-8")
    found = FOUND.read(path, b"")
    assert sorted(call.output_tokens or 0 for call in found.records if isinstance(call, ModelCall)) == [2, 4]
    assert any("line 3" in one.reason for one in found.refusals)


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    """A file of something else is none of ours, and says so where it is named."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"\0" * 100)
    assert list(FOUND.files(tmp_path)) == []
    with pytest.raises(TableError, match="neither"), open_file(path):
        pass
    broken = tmp_path / "b.parquet"
    broken.write_bytes(b"PAR1" + b"\0" * 100)
    with pytest.raises(TableError), open_file(broken):
        pass


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """Only what is certainly of a known layout is claimed where a folder is named."""
    table(tmp_path / "a.db", USAGE)
    (tmp_path / "b.csv").write_text("model,tokens\n", encoding="utf-8")
    assert list(FOUND.files(tmp_path)) == []


def test_usage_without_a_model_lacks_nothing(tmp_path: Path) -> None:
    """Its calls are of a model `unknown`, which has no price; jobs lack what nothing fills."""
    path = table(tmp_path / "a.db", "CREATE TABLE daily (id TEXT, user_id TEXT, tokens_used INT, usage_date TEXT)")
    with open_file(path) as engine:
        [told] = proposed(engine.shapes())
    assert not lacking(told)
    assert lacking(TableMap(table="a", kind="jobs")) == ["started_at", "job_id"]
