"""Tables as people's spreadsheets and programs of many countries write them, and databases that tell a thing twice."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tokometer.records import ModelCall, ModelOnOffer, RecordError
from tokometer.records.values import moment
from tokometer.records.wire import record_from
from tokometer.sources.protocol import Reading, Target
from tokometer.sources.table.detecting import proposed, told_again
from tokometer.sources.table.engines import TableError, open_file
from tokometer.sources.table.figures import mark_of, plain
from tokometer.sources.table.given import as_json
from tokometer.sources.table.mapping import MapError, TableMap, check
from tokometer.sources.table.polled import read_some
from tokometer.sources.table.reading import Memory, maps_for, portions, take
from tokometer.sources.table.times import time_of

#: 5 November 2026, 10:00 UTC, in microseconds.
AT = 1_793_872_800_000_000


def database(path: Path, script: str) -> Path:
    """A database that a script makes."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(script)
    return path


def read(path: Path, memory: Memory | None = None) -> Reading:
    """All that a file's tables tell by their names, and nothing refused."""
    reading = Reading()
    with open_file(path) as engine:
        for made in portions(engine, maps_for(engine, ()), memory or Memory()):
            take(reading, made, str(path))
    assert not reading.refusals
    return reading


def calls(reading: Reading) -> list[ModelCall]:
    """The calls among the records."""
    return [record for record in reading.records if isinstance(record, ModelCall)]


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-05 10:00:00 UTC", "2026-11-05T10:00Z", "2026/11/05 10:00:00", "2026-11-05 11:00:00 +0100"),
        *("05.11.2026 10:00:00", "5.11.2026, 10:00", "20261105T100000Z", "20261105T110000+0100"),
        *("Nov 5, 2026, 10:00:00 AM", "5 November 2026 10:00", "Thu, 05 Nov 2026 10:00:00 GMT", "1.7938728e9"),
        *("Thu Nov 05 2026 11:00:00 GMT+0100 (Central European Standard Time)", "Thu Nov  5 10:00:00 2026"),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str) -> None:
    """Zones in words, days first with dots, months in letters, the format of mail, of JavaScript and of C."""
    found = time_of(text)
    assert moment(found) == moment(json.loads(json.dumps(found, default=str))) == AT


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("5/11/2026 10:00", "dmy"),
        ("11/5/2026 10:00 AM", "mdy"),
        ("2026-11-05 11:00:00", "Europe/Berlin"),
        ("5/11/2026 11:00", "dmy Europe/Berlin"),
        ("2026-11-05 10:00:00Z", "Europe/Berlin"),
    ],
)
def test_a_map_says_what_a_time_does_not(text: str, unit: str) -> None:
    """The order of day and month, and the zone of times without one."""
    check(TableMap("t", "calls", {"started_at": "a"}, units={"started_at": unit}))
    assert moment(time_of(text, unit)) == AT


def test_a_day_is_not_guessed() -> None:
    """5/11 is refused with what to do; 25/11 and 5.11. can be but one day; eight digits are a date, not August 1970."""
    with pytest.raises(RecordError, match="dmy or mdy"):
        time_of("5/11/2026 10:00")
    assert moment(time_of("25/11/2026")) == moment(time_of("11/25/2026")) == moment(time_of("20261125"))
    assert moment(time_of(20261125)) == moment(time_of("2026-11-25"))
    for text in ("5 Nov 2026 10:00 EST", "13:00 PM 5 Nov 2026", "5 Nov", "2026-11-05 10:00 Europe/Berlin"):
        with pytest.raises(ValueError, match="not a"):
            moment(time_of(text))
    with pytest.raises(MapError, match="zone"):
        check(TableMap("t", "calls", {"started_at": "a"}, units={"started_at": "Europe/Nowhere"}))


def test_numbers_are_read_as_their_file_writes_them() -> None:
    """Groups of thousands, decimal commas, dollars; what could be either stays what it is."""
    assert [plain(text, ".") for text in ("1,234", "1,234.5", "$0.0125", "12,34", "1\u00a0234")] == [
        *("1234", "1234.5", "0.0125", "12,34", "1234")
    ]
    assert [plain(text, ",") for text in ("1.234", "1.234,5", "0,0125 USD", "1,234")] == [
        *("1234", "1234.5", "0.0125", "1.234")
    ]
    assert mark_of(["a", "1,234", "0,0125", "1.000"]) == ","
    assert mark_of(["0,0125", "0.5"]) == mark_of(["1,234", "100"]) == ""


def test_a_spreadsheet_of_a_country_with_decimal_commas(tmp_path: Path) -> None:
    """Semicolons, a byte order mark, 1.000 tokens that are a thousand, days first, and cells that say nothing."""
    path = tmp_path / "de.csv"
    text = (
        "timestamp;model;prompt_tokens;completion_tokens;cost_usd;latency_ms\r\n"
        "05.11.2026 10:00:00;gpt-4o;1.000;200;0,0125;1.234,5\r\n05.11.2026 10:00:00;gpt-4o;NULL;n/a;;\r\n"
    )
    for encoded in (b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16")):
        path.write_bytes(encoded)
        first, second = sorted(calls(read(path)), key=lambda call: -(call.input_tokens or 0))
        assert (first.started_at, first.input_tokens, first.output_tokens) == (AT, 1_000, 200)
        assert (first.cost_reported, first.latency_us) == (12_500_000, 1_234_500)
        assert (second.input_tokens, second.output_tokens, second.cost_reported) == (None, None, None)


def test_what_is_sent_to_a_server_is_what_is_kept_here(tmp_path: Path) -> None:
    """Whole numbers of columns of decimals, and with an exponent: in JSON they are no text."""
    path = tmp_path / "a.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT TIMESTAMP '2026-11-05 10:00:00' AS ts, 'm' AS model, 34.0000::DECIMAL(20, 4) AS "
            f"prompt_tokens, '1e3' AS output_tokens, 0.0125::DECIMAL(20, 10) AS cost_usd) TO '{path}'"
        )
    with open_file(path) as engine:
        (made,) = portions(engine, maps_for(engine, ()), Memory())
    ((_, given),) = made.items
    assert isinstance(given, dict)
    told = json.loads(as_json(given))
    assert (told["prompt_tokens"], told["output_tokens"]) == (34, 1_000)
    here, there = made.rows.record(dict(given)), record_from("calls", told)
    assert isinstance(here, ModelCall)
    assert isinstance(there, ModelCall)
    assert here == there
    assert (here.input_tokens, here.output_tokens, here.cost_reported) == (34, 1_000, 12_500_000)


def test_a_file_that_is_not_in_utf_8_is_read(tmp_path: Path) -> None:
    """Latin-1, in which spreadsheets of Western Europe write names."""
    path = tmp_path / "l1.csv"
    path.write_bytes(
        "timestamp,model,user,prompt_tokens\n2026-11-05T10:00:00Z,gpt-4o,J\u00fcrgen,5\n".encode("latin-1")
    )
    assert [call.user for call in calls(read(path))] == ["J\u00fcrgen"]


def test_parquet_with_zones_nanoseconds_and_nothing_is_read(tmp_path: Path) -> None:
    """Times with a zone (nested too), finer than a microsecond, floats that are no number, decimals, 1,200 columns."""
    path = tmp_path / "a.parquet"
    wide = ", ".join(f"{number} AS c{number}" for number in range(1_200))
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT {wide}, TIMESTAMPTZ '2026-11-05 11:00:00+01' AS created_at, 'gpt-4o' AS model, "
            "'nan'::DOUBLE AS prompt_tokens, 200::DECIMAL(20, 0) AS output_tokens, 0.0125::DECIMAL(38, 9) AS cost, "
            "{'at': "
            f"TIMESTAMPTZ '2026-11-05 11:00:00+01'}} AS meta) TO '{path}'"
        )
    (call,) = calls(read(path))
    assert (call.started_at, call.input_tokens, call.output_tokens) == (AT, None, 200)
    assert call.cost_reported == 12_500_000
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT TIMESTAMP_NS '2026-11-05 10:00:00.000000123' AS ts, 'gpt-4o' AS model, 5 AS prompt_tokens) "
            f"TO '{path}'"
        )
    assert [call.started_at for call in calls(read(path))] == [AT]


def test_rows_without_the_cursor_are_all_read(tmp_path: Path) -> None:
    """A table that never filled the column of changes, of another type than the one of creation."""
    path = database(
        tmp_path / "app.db",
        "CREATE TABLE Requests(Id TEXT, CreatedAt TEXT, UpdatedAt INTEGER, Model TEXT, PromptTokens TEXT); "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO Requests "
        "SELECT 'r' || i, '2026-11-05 10:00:00', NULL, 'gpt-4o', '10' FROM n;",
    )
    assert len(calls(read(path))) == 2_500


def test_a_text_time_of_several_offsets_is_not_missed(tmp_path: Path) -> None:
    """After the clocks went back a later row can say an earlier hour."""
    path = database(
        tmp_path / "app.db",
        "CREATE TABLE Requests(Uid TEXT, CreatedAt TEXT, Model TEXT, PromptTokens INTEGER); INSERT INTO Requests "
        "VALUES ('a', '2026-10-25 00:10:00+02:00', 'm', 1), ('b', '2026-10-25 02:50:00+02:00', 'm', 1);",
    )
    memory = Memory()
    read(path, memory)
    database(path, "INSERT INTO Requests VALUES ('c', '2026-10-25 02:05:00+01:00', 'm', 9);")
    assert 9 in [call.input_tokens for call in calls(read(path, memory))]


def test_what_a_row_says_now_is_read_again(tmp_path: Path) -> None:
    """A model that is no longer available, in a table without a time of changes."""
    path = database(
        tmp_path / "app.db",
        "CREATE TABLE OllamaModels(Id INTEGER PRIMARY KEY, Name TEXT, InstalledAt TEXT, IsAvailable INTEGER);"
        " INSERT INTO OllamaModels VALUES (1, 'old', '2026-01-01', 1), (2, 'new', '2026-11-01', 1), "
        "(3, 'newest', '2026-11-05', 1);",
    )
    memory = Memory()
    read(path, memory)
    database(path, "UPDATE OllamaModels SET IsAvailable = 0 WHERE Name = 'old';")
    models = [record for record in read(path, memory).records if isinstance(record, ModelOnOffer)]
    assert {model.model: model.installed for model in models}["old"] == "no"


def test_pieces_of_documents_are_no_calls(tmp_path: Path) -> None:
    """A knowledge base counts the tokens of its chunks; nobody paid for them."""
    path = database(
        tmp_path / "app.db",
        "CREATE TABLE KnowledgeChunks(Id INTEGER PRIMARY KEY, DocumentId TEXT, TokenCount INTEGER, CreatedAt TEXT); "
        "CREATE TABLE Templates(Id INTEGER PRIMARY KEY, TokenCount INTEGER, CreatedAt TEXT);",
    )
    with open_file(path) as engine:
        assert proposed(engine.shapes()) == []


KNOWLEDGE = """
CREATE TABLE Conversations(Id INTEGER PRIMARY KEY, ConversationId TEXT UNIQUE, KnowledgeId TEXT, Provider TEXT,
    ModelName TEXT);
CREATE TABLE Messages(Id INTEGER PRIMARY KEY, ConversationId TEXT, Role TEXT, TokenCount INTEGER, Timestamp DATETIME,
    FOREIGN KEY (ConversationId) REFERENCES Conversations(ConversationId));
CREATE TABLE KnowledgeCollections(Id INTEGER PRIMARY KEY, CollectionId TEXT UNIQUE, Name TEXT, UpdatedAt DATETIME);
INSERT INTO Conversations VALUES (1, 'c1', 'k1', 'OpenAi', 'gpt-4o');
INSERT INTO Messages VALUES (1, 'c1', 'user', 12, '2026-11-05 10:00:00'),
    (2, 'c1', 'assistant', 34, '2026-11-05 10:00:00');
INSERT INTO KnowledgeCollections VALUES (1, 'k1', 'Manual', '2026-11-05 10:00:00');
"""
METRICS = """
CREATE TABLE UsageMetrics(Id TEXT PRIMARY KEY, ConversationId TEXT, KnowledgeId TEXT, Provider TEXT, ModelName TEXT,
    InputTokens INTEGER, OutputTokens INTEGER, ResponseTimeMs REAL, Timestamp DATETIME, WasSuccessful BOOLEAN,
    ErrorMessage TEXT);
INSERT INTO UsageMetrics VALUES ('u1', 'c1', 'k1', 'OpenAi', 'gpt-4o', 120, 34, 1850.5, '2026-11-05 10:00:00', 1, NULL),
    ('u2', 'c1', 'k1', 'OpenAi', 'gpt-4o', 0, 0, 50.5, '2026-11-05 10:00:00', 0, NULL);
CREATE TABLE ProviderUsage(Id INTEGER PRIMARY KEY, Provider TEXT, ModelName TEXT, UsageDate DATE, TokensUsed INTEGER,
    CostUSD DECIMAL, RequestCount INTEGER, CreatedAt DATETIME);
INSERT INTO ProviderUsage VALUES (1, 'OpenAI', 'gpt-4o', '2026-11-05', 154, 0.01, 2, '2026-11-07 10:00:00');
CREATE TABLE infinity_assistant_usage(id TEXT PRIMARY KEY, user_id TEXT, date DATE, daily_count INTEGER,
    monthly_count INTEGER, tokens_used INTEGER, api_calls INTEGER, created_at TEXT, updated_at TEXT);
INSERT INTO infinity_assistant_usage VALUES ('d1', 'ada', '2026-11-05', 7, 70, 900, 0, '2026-11-06 00:00:01', NULL);
"""


def test_an_answer_that_two_tables_tell_counts_once(tmp_path: Path) -> None:
    """Messages, what each answer used, and a provider's sums of days: one answer, one call, and the rest is named."""
    path = database(tmp_path / "app.db", KNOWLEDGE)
    (message,) = calls(read(path))
    assert (message.output_tokens, message.model, message.knowledge_base) == (34, "gpt-4o", "Manual")
    database(path, METRICS)
    with open_file(path) as engine:
        assert told_again(engine.shapes()) == {"Messages": "UsageMetrics", "ProviderUsage": "UsageMetrics"}
    found = {call.output_tokens: call for call in calls(read(path)) if call.user != "ada"}
    assert {tokens: call.status for tokens, call in found.items()} == {34: "ok", 0: "server_error"}
    assert (found[34].input_tokens, found[34].latency_us, found[34].knowledge_base) == (120, 1_850_500, "Manual")
    reading = read_some(Target("", path.as_uri(), 0), Memory())
    assert sorted(notice.name.split()[0] for notice in reading.notices if notice.topic == "file") == [
        *("Messages", "ProviderUsage")
    ]


def test_a_conversation_that_sums_its_messages_does_not_count_again(tmp_path: Path) -> None:
    """Where both say how many tokens there were, the messages do; alone, the conversation does."""
    conversations = (
        "CREATE TABLE Conversations(Id TEXT PRIMARY KEY, Model TEXT, TotalTokens INTEGER, Cost REAL, CreatedAt TEXT); "
        "INSERT INTO Conversations VALUES ('c', 'gpt-4o', 30, 0.5, '2026-11-05');"
    )
    alone = database(tmp_path / "alone.db", conversations)
    assert [call.unsplit_tokens for call in calls(read(alone))] == [30]
    path = database(
        tmp_path / "app.db",
        f"{conversations} CREATE TABLE Messages(Id INTEGER PRIMARY KEY, ConversationId TEXT, Role TEXT, "
        "TokenCount INTEGER, CreatedAt TEXT); INSERT INTO Messages VALUES (1, 'c', 'user', 10, '2026-11-05'), "
        "(2, 'c', 'assistant', 20, '2026-11-05');",
    )
    assert [(call.output_tokens, call.model) for call in calls(read(path))] == [(20, "gpt-4o")]
    with open_file(path) as engine:
        assert told_again(engine.shapes()) == {"Conversations": "Messages"}


def test_a_view_does_not_count_again(tmp_path: Path) -> None:
    """Its rows are those of its table; where there is nothing but views they are read."""
    path = database(
        tmp_path / "app.db",
        "CREATE TABLE Requests(Id TEXT, CreatedAt TEXT, Model TEXT, PromptTokens INTEGER); INSERT INTO Requests VALUES "
        "('a', '2026-11-05', 'm', 1); CREATE VIEW Usage AS SELECT * FROM Requests;",
    )
    assert len(calls(read(path))) == 1
    database(path, "ALTER TABLE Requests RENAME COLUMN PromptTokens TO x; DROP VIEW Usage;")
    database(path, "CREATE VIEW Usage AS SELECT Id, CreatedAt, Model, x AS PromptTokens FROM Requests;")
    assert len(calls(read(path))) == 1


def test_a_first_line_that_names_the_separator_is_no_heading(tmp_path: Path) -> None:
    """As spreadsheets write it."""
    path = tmp_path / "a.csv"
    path.write_text("sep=;\ntimestamp;model;prompt_tokens\n2026-11-05T10:00:00Z;gpt-4o;5\n")
    assert [call.input_tokens for call in calls(read(path))] == [5]


def test_a_file_is_read_once_for_all_portions(tmp_path: Path) -> None:
    """However many there are: what is read of it is kept in order."""
    path = tmp_path / "a.csv"
    path.write_text("timestamp,model,prompt_tokens\n" + "".join(f"{1_793_872_800 + n},m,{n}\n" for n in range(100)))
    with open_file(path) as engine:
        maps = maps_for(engine, ())
        first, *rest = portions(engine, maps, Memory(), 10)
        path.write_text("")
        assert first.count + sum(one.count for one in rest) == 100
        made = portions(engine, maps, Memory(), 10)
        path.write_text("timestamp,model,prompt_tokens\n1793872800,m,1\n1793872801,m,2\n")
        assert next(made).count == 2
        path.unlink()
        assert not list(made)


def test_a_row_of_a_day_is_of_its_day(tmp_path: Path) -> None:
    """Not of when it was written; how many requests it tells of is in the column that counts them."""
    path = database(tmp_path / "app.db", METRICS)
    (day,) = [call for call in calls(read(path)) if call.user == "ada"]
    assert (day.started_at, day.unsplit_tokens) == (moment("2026-11-05T00:00:00Z"), 900)
    assert day.labels == {"requests": "7"}


def test_roles_that_are_numbers_do_not_make_answers_vanish(tmp_path: Path) -> None:
    """Enumerations are kept as numbers: answers are the rows that used something; without such columns it is said."""
    path = database(
        tmp_path / "app.db",
        "CREATE TABLE Messages(Id INTEGER PRIMARY KEY, ConversationId TEXT, Role INTEGER, PromptTokens INTEGER, "
        "CompletionTokens INTEGER, Provider INTEGER, Model TEXT, CreatedAt TEXT); INSERT INTO Messages VALUES "
        "(1, 'c', 0, NULL, NULL, 0, NULL, '2026-11-05'), (2, 'c', 1, 100, 20, 0, 'gpt-4o', '2026-11-05');",
    )
    assert [(call.output_tokens, call.provider) for call in calls(read(path))] == [(20, "openai")]
    other = database(
        tmp_path / "other.db",
        "CREATE TABLE Messages(Id INTEGER PRIMARY KEY, ConversationId TEXT, Role INTEGER, TokenCount INTEGER, "
        "CreatedAt TEXT); INSERT INTO Messages VALUES (1, 'c', 1, 100, '2026-11-05');",
    )
    reading = read(other)
    assert not reading.records
    assert [(notice.name, notice.count) for notice in reading.notices] == [("Messages: a row of the Role 1", 1)]


@pytest.mark.parametrize(("column", "model", "person"), [("IsFromAI", 1, 0), ("is_user", 0, 1)])
def test_who_wrote_a_message_may_be_said_by_yes_or_no(tmp_path: Path, column: str, model: int, person: int) -> None:
    """Programs that know but a person and a model."""
    path = database(
        tmp_path / "app.db",
        f"CREATE TABLE Messages(Id INTEGER PRIMARY KEY, ConversationId TEXT, {column} INTEGER, TokenCount INTEGER, "
        f"CreatedAt TEXT); INSERT INTO Messages VALUES (1, 'c', {person}, 10, '2026-11-05'), "
        f"(2, 'c', {model}, 20, '2026-11-05');",
    )
    assert [call.output_tokens for call in calls(read(path))] == [20]


def test_a_cursor_that_does_not_move_on_is_refused(tmp_path: Path) -> None:
    """Values that a comparison finds larger than themselves would be read for ever."""
    path = database(tmp_path / "app.db", "CREATE TABLE Requests(At, Model TEXT, PromptTokens INTEGER);")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO Requests VALUES (?, 'm', 1)", (b"2026-11-05T10:00:00Z",))
    one = TableMap("Requests", "calls", {"started_at": "At", "model": "Model", "prompt_tokens": "PromptTokens"})
    with open_file(path) as engine, pytest.raises(TableError, match="another cursor"):
        list(portions(engine, [one], Memory()))
