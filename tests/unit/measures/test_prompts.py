"""Tests of tokometer.measures.prompts: sessions small enough to compute by hand, on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.examples import examples
from tokometer.ledger import Batch, Ledger
from tokometer.measures import Filter, Prompts, Query, QueryError, answer
from tokometer.records import ModelCall, Record, Step, ToolCall

BEGIN = 1_780_000_000_000_000
MINUTE = 60_000_000
NOW = BEGIN + 100 * MINUTE
#: A dollar for a million tokens of input, a tenth for reads, 1.25 and 2 for writes, 5 for output.
RATES = (("p", "m", 1_000_000, 100_000, 1_250_000, 2_000_000, 5_000_000),)
Row = dict[str, Any]
Answered = Callable[..., list[Row]]


def call(name: str, at: int, fresh: int, read: int, short: int, out: int, long: int = 0, **more: Any) -> ModelCall:
    """A call at a minute, with its cost by these prices."""
    cost = 1_000 * fresh + 100 * read + 1_250 * short + 2_000 * long + 5_000 * out
    rest: dict[str, Any] = {"session_id": "s", "model": "m", "cost_reported": cost, **more}
    return ModelCall(
        source="t",
        native_id=name,
        started_at=BEGIN + at * MINUTE,
        provider="p",
        project="x",
        input_tokens=fresh,
        cache_read_tokens=read,
        cache_write_5m_tokens=short,
        cache_write_1h_tokens=long,
        output_tokens=out,
        **rest,
    )


def tool(name: str, at: int, size: int, of: str = "Read", server: str = "", **more: Any) -> ToolCall:
    """A use of a tool that began right after the call of a minute and took a second."""
    return ToolCall(
        source="t",
        native_id=name,
        started_at=BEGIN + at * MINUTE,
        duration_us=1_000_000,
        name=of,
        server=server,
        prompt_bytes=size,
        **{"session_id": "s", **more},
    )


def step(name: str, at: int, kind: str, of: str, size: int) -> Step:
    """Something that was loaded half a minute before a minute."""
    started = BEGIN + at * MINUTE - MINUTE // 2
    return Step(source="t", native_id=name, started_at=started, type=kind, name=of, prompt_bytes=size, session_id="s")


@pytest.fixture(params=["duckdb", "clickhouse"])
def answered(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Answered]:
    """What a ledger with these records says to a question about them."""
    opened: list[Ledger] = []

    def ask(records: Sequence[Record], of: str = "parts", **words: Any) -> list[Row]:
        ledger = _opened(request.param, tmp_path, len(opened))
        opened.append(ledger)
        ledger.commit(Batch(records=list(records)))
        return asked(ledger, of, **words)

    yield ask
    for ledger in opened:
        ledger.close()


def _opened(engine: str, folder: Path, number: int) -> Ledger:
    if engine == "duckdb":
        from tokometer.ledger.duckdb import DuckDBLedger

        return DuckDBLedger(folder / f"{number}.duckdb")
    from servers.ledgers import clickhouse

    return clickhouse()


def asked(ledger: Ledger, of: str, **words: Any) -> list[Row]:
    """The rows of a question over two days."""
    given = {"since": "2026-05-28", "until": "2026-05-29", "rates": RATES, **words}
    return [dict(row) for row in answer(ledger, Prompts(of=of, **given), now=NOW).rows]  # type: ignore[arg-type]


SESSION = (
    call("1", 0, 0, 0, 10_000, 100, user_messages=1),
    tool("t1", 0, 4_000),
    call("2", 1, 0, 10_000, 1_100, 50),
    tool("t2", 1, 8_000, "mcp__db__query", "db"),
    call("3", 2, 0, 11_100, 2_050, 10),
    call("4", 10, 0, 0, 13_160, 10),
)


def by_name(rows: Sequence[Row]) -> dict[str, Row]:
    """Rows by kind, or by the name of what has one."""
    return {row["name"] or row["kind"]: row for row in rows}


def test_a_session_to_the_nano_dollar(answered: Answered) -> None:
    """A result is paid for when it comes in, when it is read from the cache, and when a pause has it written again."""
    rows = by_name(answered(SESSION))
    # 1,000 of 3,000 tokens for 4,000 of 12,000 bytes: written, read, written again.
    assert rows["Read"]["tokens"] == 1_000
    assert rows["Read"]["cost"] == Decimal("0.002600000")
    assert rows["Read"]["sent_tokens"] == 3_000
    assert (rows["mcp__db__query"]["server"], rows["mcp__db__query"]["tokens"]) == ("db", 2_000)
    assert rows["mcp__db__query"]["cost"] == Decimal("0.005000000")
    # The answers before: 100 written, read, written; 50 written twice; 10 written once.
    assert rows["answers"]["cost"] == Decimal("0.000397500")
    assert rows["other"]["cost"] == Decimal("0.027000000")
    assert rows["output"]["cost"] == Decimal("0.000850000")
    assert sum(row["cost"] for row in rows.values()) == Decimal("0.035847500")


def test_never_more_than_the_prompt_grew_by(answered: Answered) -> None:
    """Where a result was cut on its way into the prompt, its bytes make no more tokens than the prompt grew by."""
    records = [*SESSION[:4], tool("t9", 1, 800_000, "Bash"), call("3", 2, 0, 11_100, 2_050, 10)]
    rows = by_name(answered(records))
    grown = rows["Read"]["tokens"] + rows["mcp__db__query"]["tokens"] + rows["Bash"]["tokens"]
    assert grown <= 3_000
    assert rows["Bash"]["tokens"] > 50 * rows["mcp__db__query"]["tokens"]


def test_a_compaction_ends_what_stands_in_the_prompt(answered: Answered) -> None:
    """After the prompt has shrunk to less than half, nothing is paid any more for what came in before."""
    records = [
        *SESSION[:5],
        step("c", 4, "compaction", "compaction", 0),
        step("s", 4, "summary", "summary", 4_000),
        step("m", 4, "memory", "CLAUDE.md", 2_000),
        call("5", 4, 0, 0, 5_000, 10),
        call("6", 5, 0, 5_000, 500, 10),
    ]
    rows = by_name(answered(records))
    assert rows["Read"]["cost"] == Decimal("0.001350000")
    # A quarter of a token a byte, as in the steps before.
    assert (rows["summary"]["kind"], rows["summary"]["tokens"]) == ("compaction", 1_000)
    assert rows["CLAUDE.md"]["cost"] == Decimal("0.000675000")


def test_subagents_of_one_name_are_conversations_of_their_own(answered: Answered) -> None:
    """What two subagents of one kind do at once is told apart by their threads."""
    sides = [
        record
        for thread in ("a", "b")
        for record in (
            call(f"{thread}1", 0, 0, 0, 2_000 if thread == "a" else 9_000, 0, subagent="explore", thread=thread),
            tool(f"{thread}t", 0, 4_000, f"Read {thread}", subagent="explore", thread=thread),
            call(f"{thread}2", 1, 0, 0, 3_000 if thread == "a" else 11_000, 0, subagent="explore", thread=thread),
        )
    ]
    rows = by_name(answered(sides))
    assert (rows["Read a"]["tokens"], rows["Read b"]["tokens"]) == (1_000, 2_000)


def test_only_what_was_asked_for_is_paid(answered: Answered) -> None:
    """Of a session that began before the window, only the calls within cost, for what came in before, too."""
    rows = by_name(answered(SESSION, since="2026-05-28T20:28:00+00:00"))
    assert (rows["Read"]["tokens"], rows["Read"]["cost"]) == (0, Decimal("0.001350000"))
    assert sum(row["cost"] for row in rows.values()) == Decimal("0.020222500")
    filtered = by_name(answered(SESSION, where=(Filter("calls.project", "=", ("elsewhere",)),)))
    assert filtered == {}


def test_writes_that_were_never_read(answered: Answered) -> None:
    """A write is read back where a call in time reads past it; the rest is told by why it was not."""
    [row] = answered(SESSION, "writes", by="project")
    assert row["project"] == "x"
    assert (row["written"], row["unread"]) == (26_310, 15_210)
    assert row["late"] == Decimal("0.002562500")
    assert row["last"] == Decimal("0.016450000")
    assert row["cost"] == row["late"] + row["last"] + row["changed"]
    assert row["beyond"] == Decimal("0.003802500")


def test_an_hour_is_longer(answered: Answered) -> None:
    """What was written for an hour is read after ten minutes; what was written for five minutes behind it is not."""
    records = [call("1", 0, 0, 0, 1_000, 1, long=5_000), call("2", 10, 0, 5_000, 1_500, 1)]
    [row] = answered(records, "writes")
    assert (row["unread"], row["unread_1h"]) == (1_000 + 1_500, 0)
    assert row["late"] == Decimal("0.001250000")


@pytest.mark.parametrize(
    ("records", "cause", "lost"),
    [
        (SESSION, "pause", 13_150),
        ([SESSION[0], call("2", 1, 0, 2_000, 9_000, 1)], "unknown", 8_000),
        ([SESSION[0], call("2", 1, 0, 0, 10_500, 1, model="n")], "model", 10_000),
        ([SESSION[0], call("2", 1, 0, 0, 4_000, 1)], "compaction", 4_000),
    ],
)
def test_breaks(answered: Answered, records: Sequence[Record], cause: str, lost: int) -> None:
    """Where a conversation lost its cache, why, and what that cost more than reading it."""
    [row] = answered(records, "breaks", rates=(*RATES, ("p", "n", *RATES[0][2:])))
    assert (row["cause"], row["breaks"], row["lost"], row["sessions"]) == (cause, 1, lost, 1)
    assert row["cost"] == Decimal(lost) * Decimal("0.00000115")


def test_no_break(answered: Answered) -> None:
    """Reading on, a small call of another model in between, and a first call break nothing."""
    records = [*SESSION[:3], call("h", 1, 300, 0, 0, 1, model="n"), SESSION[4]]
    assert answered(records, "breaks", rates=(*RATES, ("p", "n", *RATES[0][2:]))) == []


@pytest.mark.parametrize("of", ["writes", "breaks"])
def test_by_each_is_what_each_of_them_says(answered: Answered, of: str) -> None:
    """One question has the rows of three: by model, by project and of all together."""
    others = [call(f"o{at}", at, 40 * at, 0, 9_000, 7, model="n", session_id="o") for at in range(3)]
    records = [*SESSION, *others]
    found = answered(records, of, each=("model", "project"))
    for by in ("model", "project", ""):
        rows = [{**({by: row["value"]} if by else {}), **row} for row in found if row["by"] == by]
        told = [{name: value for name, value in row.items() if name not in ("by", "value")} for row in rows]
        assert told == answered(records, of, by=by)
        assert told
    with pytest.raises(QueryError, match="no text"):
        Prompts(of="breaks", each=("hour",))


def test_parts_by_a_dimension_are_refused() -> None:
    """What fills prompts is told of all calls in question together."""
    with pytest.raises(QueryError, match="together"):
        Prompts(of="parts", by="model")
    with pytest.raises(QueryError, match="instead"):
        Prompts(of="writes", by="model", each=("project",))


SIZES = st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 900), st.integers(0, 40_000)), min_size=1, max_size=7)


@settings(max_examples=examples(100))
@given(SIZES, st.integers(0, 3))
def test_parts_add_up_to_what_the_calls_cost(tmp_path_factory: pytest.TempPathFactory, sizes: Any, gap: int) -> None:
    """Whatever a session looks like, and in whatever order it comes in, its parts are its cost to the last digit."""
    records: list[Record] = []
    cached, prompt, at = 0, 3_000, 0
    for number, (grown, out, size) in enumerate(sizes):
        at += 1 + gap * (number % 3) * 3
        prompt = prompt + grown if grown % 7 else max(100, prompt // 3)
        read = min(cached, prompt) if gap < 2 else 0
        records += [call(f"{number}", at, 3, read, prompt - read, out), tool(f"t{number}", at, size, f"T{size % 3}")]
        cached = prompt
    folder = tmp_path_factory.mktemp("parts")
    first, second = (_opened("duckdb", folder, number) for number in (1, 2))
    try:
        first.commit(Batch(records=records))
        for record in reversed(records):
            second.commit(Batch(records=[record]))
        rows = asked(first, "parts")
        [cost] = answer(first, Query(measures=("calls.cost",), since="2026-05-28", until="2026-05-29"), now=NOW).rows
        assert sum(row["cost"] for row in rows) == cost["cost"]
        assert all(row["cost"] >= 0 for row in rows)
        assert asked(second, "parts") == rows
    finally:
        first.close()
        second.close()
