"""Tables of a real PostgreSQL, and the commands about tables, with and without a server that holds the ledger."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from generators.sources.table import MANAGER
from servers.postgres import PASSWORD, PROGRAMS, Server, postgres
from servers.whole import running
from tokometer.records import ModelCall
from tokometer.sources.protocol import Fetched, PollError, Reading, Target
from tokometer.sources.table import servers
from tokometer.sources.table.detecting import proposed
from tokometer.sources.table.engines import TableError
from tokometer.sources.table.polled import POLLED, open_target
from tokometer.sources.table.reading import Memory, portions, take
from unit.cli.conftest import Shell

needs_postgres = pytest.mark.skipif(not PROGRAMS, reason="there is no PostgreSQL: sh tools/debian.sh postgresql")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL with what a program of .NET keeps."""
    with postgres() as one:
        one.run(
            'CREATE TABLE "Conversations" ("Id" uuid PRIMARY KEY, "Model" text, "UserId" text)',
            'CREATE TABLE "Messages" ("Id" uuid PRIMARY KEY, "ConversationId" uuid REFERENCES "Conversations" ("Id"), '
            '"Role" varchar(20), "Content" text, "PromptTokens" integer, "CompletionTokens" bigint, '
            '"Cost" numeric(18, 9), "Took" interval, "Extra" jsonb, "CreatedAt" timestamp, "UpdatedAt" timestamptz)',
            "CREATE SCHEMA other",
            'CREATE TABLE other."Usage%" (id serial PRIMARY KEY, model text, total_tokens int, created_at timestamptz)',
            "INSERT INTO \"Conversations\" VALUES ('00000000-0000-0000-0000-00000000000a', 'gpt-4o-mini', 'ada')",
            *(_message(number) for number in range(1, 31)),
            "INSERT INTO other.\"Usage%\" VALUES (1, 'm', 5, '2026-03-02T10:00:00+01:00')",
        )
        yield one


def _message(number: int) -> str:
    role = "assistant" if number % 2 else "user"
    return (
        f"INSERT INTO \"Messages\" VALUES ('00000000-0000-0000-0000-{number:012d}', "
        f"'00000000-0000-0000-0000-00000000000a', '{role}', '…', {number}, 10, 0.000000001 * {number}, "
        f"interval '1.5 s', '{{\"plan\": \"pro\"}}', timestamp '2026-03-02 09:00:00' + interval '{number} s', NULL)"
    )


def _ask(server: Server, state: bytes = b"", secret: str = PASSWORD, **options: str) -> Reading:
    return POLLED.read(Target("pg", server.url, 60, options, secret=secret), state, _never, 0)


@needs_postgres
def test_a_server_that_says_nothing_any_more_is_not_waited_for(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Halted, or behind a network that is gone: its own limits end nothing, and the target would be asked no more."""
    with open_target(Target("pg", server.url, 60, secret=PASSWORD)) as engine:
        monkeypatch.setattr(servers, "_QUERY", 0)
        monkeypatch.setattr(servers, "_LATE", 0.2)
        with pytest.raises(TableError, match="cannot be read"):
            list(engine.rows("SELECT pg_sleep(30)", ()))


@needs_postgres
def test_a_time_that_python_has_none_of_is_of_its_row(server: Server) -> None:
    """Infinity, before Christ and beyond all years spoil their rows, and nothing is read again for them."""
    server.run(
        "CREATE TABLE IF NOT EXISTS endless(id int PRIMARY KEY, created_at timestamptz, model text, prompt_tokens int)",
        "INSERT INTO endless VALUES (1, 'infinity', 'm', 1), (2, '0044-03-15 00:00:00 BC', 'm', 1), (3, now(), 'm', 7)",
    )
    target = Target("endless", server.url, 0, secret=PASSWORD)
    with open_target(target) as engine:
        maps = [one for one in proposed(engine.shapes()) if one.table == "endless"]
        made = list(portions(engine, maps, Memory()))
    reading = Reading()
    for one in made:
        take(reading, one, "endless")
    server.run("DROP TABLE endless")
    assert [record.input_tokens for record in reading.records if isinstance(record, ModelCall)] == [7]
    assert len(reading.refusals) == 2


@needs_postgres
def test_views_and_partitions_do_not_count_again(server: Server) -> None:
    """The rows of a month are those of the table that it is of."""
    server.run(
        "CREATE SCHEMA parted",
        "CREATE TABLE parted.requests(id int, created_at timestamptz, model text, prompt_tokens int) "
        "PARTITION BY RANGE (created_at)",
        "CREATE TABLE parted.requests_2026_11 PARTITION OF parted.requests FOR VALUES FROM ('2026-11-01') TO "
        "('2026-12-01')",
        "CREATE VIEW parted.shown AS SELECT * FROM parted.requests",
    )
    with open_target(Target("parted", server.url, 0, secret=PASSWORD)) as engine:
        shapes = [one for one in engine.shapes() if one.schema == "parted"]
    server.run("DROP SCHEMA parted CASCADE")
    assert len(shapes) == 3
    assert [one.table for one in proposed(shapes)] == ["parted.requests"]


@needs_postgres
def test_what_cannot_be_compared_is_not_joined(server: Server) -> None:
    """A collection's name in text beside a collection's number: the server would refuse the whole query."""
    server.run(
        "CREATE SCHEMA apart",
        "CREATE TABLE apart.collections(id int PRIMARY KEY, name text)",
        "CREATE TABLE apart.usage(id int PRIMARY KEY, created_at timestamptz, model text, prompt_tokens int, "
        "knowledge_id text)",
        "INSERT INTO apart.usage VALUES (1, now(), 'm', 7, 'manual')",
    )
    with open_target(Target("apart", server.url, 0, secret=PASSWORD)) as engine:
        shapes = [replace(one, name=one.table) for one in engine.shapes() if one.schema == "apart"]
        found = {one.table: one for one in proposed(shapes)}["usage"]
    server.run("DROP SCHEMA apart CASCADE")
    assert not found.joins


def _never(*_: object, **__: object) -> Fetched:
    raise AssertionError


@needs_postgres
def test_its_tables_are_read_and_read_on(server: Server) -> None:
    """Types of its own, names in capitals, conversations of messages, another schema; then only what is new."""
    reading = _ask(server)
    assert not reading.refusals
    calls = [one for one in reading.records if isinstance(one, ModelCall)]
    assert len(calls) == 16
    first = min(calls, key=lambda call: (call.model, call.started_at))
    assert (first.model, first.user, first.input_tokens, first.output_tokens) == ("gpt-4o-mini", "ada", 1, 10)
    assert (first.cost_reported, first.started_at) == (1, 1_772_442_001_000_000)
    other = next(call for call in calls if call.model == "m")
    assert (other.unsplit_tokens, other.started_at) == (5, 1_772_442_000_000_000)
    server.run(
        _message(31), 'UPDATE "Messages" SET "CompletionTokens" = 99, "UpdatedAt" = now() WHERE "PromptTokens" = 1'
    )
    again = {one.native_id: one for one in _ask(server, reading.state).records if isinstance(one, ModelCall)}
    changed = again[first.native_id]
    assert changed.output_tokens == 99
    assert changed.revision > first.revision
    assert len({*again} - {call.native_id for call in calls}) == 1


@needs_postgres
def test_a_map_says_what_names_do_not(server: Server, tmp_path: Path) -> None:
    """JSON of its own type, an interval as the latency, a table in another schema."""
    file = tmp_path / "map.toml"
    file.write_text(
        '[[table]]\ntable = "Messages"\nkind = "calls"\nid = "Id"\n[table.fields]\nstarted_at = "CreatedAt"\n'
        'output_tokens = "CompletionTokens"\nlatency_ms = "Took"\n"labels.plan" = "Extra->plan"\n'
        '[table.constants]\nmodel = "m"\n[[table]]\ntable = "other.Usage%"\nkind = "calls"\n'
        '[table.fields]\nstarted_at = "created_at"\nmodel = "model"\ntotal_tokens = "total_tokens"\n',
        encoding="utf-8",
    )
    calls = [one for one in _ask(server, map=str(file)).records if isinstance(one, ModelCall)]
    assert {(call.latency_us, tuple((call.labels or {}).items())) for call in calls} == {
        (1_500_000, (("plan", "pro"),)),
        (None, ()),
    }


@needs_postgres
def test_it_is_not_written_to_and_a_wrong_password_is_one(server: Server) -> None:
    """The transaction is read-only; who is not let in says that it wants another password."""
    from tokometer.sources.table.engines import TableError
    from tokometer.sources.table.servers import open_server

    with open_server(server.url, PASSWORD) as engine, pytest.raises(TableError, match="read-only"):
        list(engine.rows("SELECT setval('other.\"Usage%_id_seq\"', 9)", ()))
    with pytest.raises(PollError) as refused:
        _ask(server, secret="wrong")
    assert refused.value.secret


@needs_postgres
def test_the_command_reads_it(server: Server, tmp_path: Path) -> None:
    """With its password in the environment, saved, and read on by `import`."""
    shell = Shell(tmp_path)
    told = shell.run(
        *("import-table", server.url, "--table", "Messages", "--secret-env", "PG", "--save", "pg", "--json"),
        PG=PASSWORD,
    )
    assert json.loads(told.stdout)["accepted"] >= 15
    assert PASSWORD not in (shell.data / "tokometer.toml").read_text(encoding="utf-8")
    again = json.loads(shell.run("import", "--json", PG=PASSWORD).stdout)
    assert (again["tables"], again["accepted"]) == (1, 0)
    assert again["duplicate"] >= 15
    without = json.loads(shell.run("import", "--json").stdout)
    assert "PG is not set" in without["problems"][0]


def test_a_database_is_previewed_tried_taken_and_followed(tmp_path: Path) -> None:
    """Preview and dry run keep nothing; what is saved is read on by `import`; doctor knows the target."""
    shell = Shell(tmp_path)
    path = tmp_path / "apps/manager/app.db"
    MANAGER.steps[0](tmp_path)
    shown = shell.run("import-table", str(path), "--preview").stdout
    assert 'model = "Conversations.Model"' in shown
    assert '"model": "llama3.1:8b"' in shown
    tried = json.loads(shell.run("import-table", str(path), "--dry-run", "--json").stdout)
    assert (tried["good"], tried["refused"]) == (3, 0)
    assert not list(shell.data.glob("ledger.*"))
    taken = json.loads(shell.run("import-table", str(path), "--save", "app", "--json").stdout)
    assert (taken["accepted"], taken["refused"]) == (3, 0)
    MANAGER.steps[1](tmp_path)
    more = json.loads(shell.run("import", "--json").stdout)
    assert more["accepted"] == 2
    assert "app" in shell.run("doctor").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.db",), "there is no"),
        (("postgresql://u:p@h/x",), "secret-env"),
        (("{path}", "--table", "Nope"), "there is no table"),
        (("{path}", "--table", "Messages", "--set", "model=Nope"), "no column 'Nope'"),
        (("{path}", "--set", "model=x"), "--table"),
        (("{path}", "--table", "Messages", "--unit", "started_at=Europe/Nowhere"), "time zone"),
        (("{path}", "--table", "Messages", "--unit", "started_at"), "FIELD=UNIT"),
        (("{path}", "--unit", "started_at=dmy"), "--table"),
        (("{path}", "--table", "Conversations", "--kind", "jobs"), "nothing fills"),
        (("{path}", "--save", "../x"), "letters, digits"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """It says what is wrong, and keeps nothing."""
    shell = Shell(tmp_path)
    MANAGER.steps[0](tmp_path)
    path = str(tmp_path / "apps/manager/app.db")
    done = shell.run("import-table", *(one.replace("{path}", path) for one in arguments), code=2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_unit_is_told_once_and_kept(tmp_path: Path) -> None:
    """What a file does not say of its times is said on the command line, and stands in the map."""
    shell = Shell(tmp_path)
    path = tmp_path / "usage.csv"
    path.write_text("timestamp,model,role,prompt_tokens\n5/11/2026 10:00,gpt-4o,assistant,5\n5/11/2026 10:00,,user,\n")
    tried = json.loads(shell.run("import-table", str(path), "--dry-run", "--json").stdout)
    assert (tried["good"], tried["refused"], tried["passed"]) == (0, 1, 1)
    assert "dmy or mdy" in tried["refusals"][0]
    shell.run("import-table", str(path), "--unit", "started_at=dmy", "--save", "usage")
    assert 'started_at = "dmy"' in (shell.data / "tables/usage.toml").read_text()
    days = json.loads(
        shell.run("query", "--measure", "calls.requests", "--by", "calls.day", "--since", "2026-01-01", "--json").stdout
    )
    assert [row["day"] for row in days["rows"]] == ["2026-11-05"]


def test_a_server_that_holds_the_ledger_takes_and_gives(tmp_path: Path) -> None:
    """Commands ask it: a table is imported, exported and imported again, and nothing is new then."""
    MANAGER.steps[0](tmp_path)
    path = tmp_path / "apps/manager/app.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO Messages VALUES (90, 'c1', 'Assistant', '…', 'many', 1.5, '2026-03-02 09:00:00')"
        )
    with running(tmp_path / "served", tmp_path / "home") as one:
        shell = Shell(tmp_path)
        data = ("--data", str(one.data), "--json")
        taken = json.loads(shell.run("import-table", str(path), *data).stdout)
        assert (taken["accepted"], taken["refused"]) == (3, 1)
        for ending in ("csv", "parquet"):
            file = str(tmp_path / f"calls.{ending}")
            assert json.loads(shell.run("export", file, *data).stdout)["records"] == 1
            again = json.loads(shell.run("import", file, *data).stdout)
            assert (again["accepted"], again["duplicate"], again["refused"]) == (0, 1, 0)


def test_settings_that_cannot_be_read_stop_no_import(tmp_path: Path) -> None:
    """Files are imported as ever; that tables are not is said."""
    shell = Shell(tmp_path)
    shell.data.mkdir()
    (shell.data / "tokometer.toml").write_text("[[target", encoding="utf-8")
    assert "Tables are not read" in shell.run("import").stdout


def test_a_page_cannot_have_a_file_read(tmp_path: Path) -> None:
    """A table that is a file, or a map, is named in tokometer.toml alone."""
    with running(tmp_path / "data", tmp_path / "home") as one:
        for target in (
            {"source": "table", "url": "file:///etc/passwd"},
            {"source": "table", "url": "postgresql://h/x", "options": {"map": "/etc/passwd"}},
        ):
            answer = one.post("/api/targets", target)
            assert answer.status == 422
            assert b"tokometer.toml" in answer.body
