"""Tests of tokometer.measures.wasted: what was paid for nothing, small enough to compute by hand, on both engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from tokometer.ledger import Batch, Ledger
from tokometer.measures import Filter, QueryError, Wasted, answer
from tokometer.records import AgentRun, JobRun, ModelCall, Record, ToolCall

BEGIN = 1_780_000_000_000_000
MINUTE = 60_000_000
NOW = BEGIN + 600 * MINUTE
#: A dollar for a million tokens of input, a tenth for reads, 1.25 and 2 for writes, 5 for output.
RATES = (("p", "m", 1_000_000, 100_000, 1_250_000, 2_000_000, 5_000_000),)


def call(name: str, at: float, fresh: int, read: int, short: int, out: int, **more: Any) -> ModelCall:
    """A call at a minute, with its cost by these prices."""
    cost = 1_000 * fresh + 100 * read + 1_250 * short + 5_000 * out
    rest: dict[str, Any] = {"session_id": "s", "model": "m", "cost_reported": cost, "agent": "a", **more}
    return ModelCall(
        source="t",
        native_id=name,
        started_at=BEGIN + int(at * MINUTE),
        provider="p",
        project="x",
        input_tokens=fresh,
        cache_read_tokens=read,
        cache_write_5m_tokens=short,
        output_tokens=out,
        **rest,
    )


def tool(name: str, at: float, status: Any = "ok", size: int | None = None, of: str = "Read") -> ToolCall:
    """A use of a tool that took a second."""
    started = BEGIN + int(at * MINUTE)
    return ToolCall(
        source="t",
        native_id=name,
        started_at=started,
        duration_us=1_000_000,
        name=of,
        status=status,
        prompt_bytes=size,
        session_id="s",
    )


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Opens a ledger with these records."""
    folder = tmp_path_factory.mktemp("wasted")
    ledgers: list[Ledger] = []

    def open_with(records: Sequence[Record]) -> Ledger:
        if request.param == "duckdb":
            from tokometer.ledger.duckdb import DuckDBLedger

            ledger: Ledger = DuckDBLedger(folder / f"{len(ledgers)}.duckdb")
        else:
            from servers.ledgers import clickhouse

            ledger = clickhouse()
        ledgers.append(ledger)
        ledger.commit(Batch(records=list(records)))
        return ledger

    yield open_with
    for ledger in ledgers:
        ledger.close()


def asked(ledger: Ledger, of: str, **words: Any) -> list[dict[str, Any]]:
    """The rows of a question over a day."""
    given = {"since": "2026-05-28", "until": "2026-05-30", "rates": RATES, **words}
    return [dict(row) for row in answer(ledger, Wasted(of=of, **given), now=NOW).rows]


def usd(pico: float) -> Decimal:
    """Dollars of pico-dollars."""
    return Decimal(round(pico / 1_000)) * Decimal("0.000000001")


FAILED: dict[str, Any] = {"status": "server_error"}
PLANTED: dict[str, tuple[list[Record], int, int, float]] = {
    # Two failures within ten minutes and a third one later; one that stands alone is none.
    "retries": (
        [
            call("1", 0, 1_000, 0, 0, 0, **FAILED),
            call("2", 1, 1_000, 0, 0, 0, **FAILED),
            call("3", 2, 1_000, 0, 0, 10),
            call("4", 30, 1_000, 0, 0, 0, **FAILED),
            call("5", 31, 1_000, 0, 0, 10),
        ],
        1,
        2,
        2_000_000_000,
    ),
    # The same tool fails at 1, 3 and 5: the calls at 2 and 4 only asked for that again.
    "loops": (
        [
            call("1", 0, 1_000, 0, 0, 0),
            tool("t1", 1, "error", of="Bash"),
            call("2", 2, 2_000, 0, 0, 0),
            tool("t2", 3, "error", of="Bash"),
            call("3", 4, 3_000, 0, 0, 0),
            tool("t3", 5, "error", of="Bash"),
            call("4", 6, 4_000, 0, 0, 0),
            tool("t4", 7, "error", of="Edit"),
            tool("t5", 8, "ok", of="Bash"),
        ],
        1,
        2,
        5_000_000_000,
    ),
    # 4,000 bytes are 1,000 tokens: written once more at 1.25, and read twice at 0.1.
    "rereads": (
        [
            call("1", 0, 0, 0, 1_000, 0),
            tool("t1", 0.5, size=4_000),
            call("2", 1, 0, 1_000, 1_000, 0),
            tool("t2", 1.5, size=4_000),
            tool("t3", 1.6, size=3_999),
            call("3", 2, 0, 2_000, 2_000, 0),
            call("4", 3, 0, 4_000, 1_000, 0),
            call("5", 4, 0, 5_000, 1_000, 0),
        ],
        1,
        1,
        1_000 * (1_250_000 + 2 * 100_000),
    ),
    # A person asks for something else at 150,000 tokens: of the next two, what is beyond 100,000.
    "carried": (
        [
            call("1", 0, 100_000, 0, 0, 0, user_messages=1),
            call("2", 1, 120_000, 0, 0, 0),
            call("3", 2, 150_000, 0, 0, 0, user_messages=1),
            call("4", 3, 150_000, 0, 0, 0),
        ],
        1,
        2,
        100_000_000_000,
    ),
    # A run of the agent from 10 to 20 and a job of nobody from 30 to 32 fail; another agent's run is not its calls'.
    "runs": (
        [
            *(call(f"{at}", at, 1_000, 0, 0, 0) for at in (5, 10, 15, 25, 31)),
            AgentRun(
                source="t",
                native_id="r",
                started_at=BEGIN + 10 * MINUTE,
                ended_at=BEGIN + 20 * MINUTE,
                agent="a",
                status="error",
                session_id="s",
            ),
            AgentRun(
                source="t",
                native_id="r2",
                started_at=BEGIN,
                ended_at=BEGIN + 40 * MINUTE,
                agent="b",
                status="error",
                session_id="s",
            ),
            JobRun(
                source="t",
                native_id="j",
                job_id="j",
                started_at=BEGIN + 30 * MINUTE,
                duration_us=2 * MINUTE,
                status="error",
                session_id="s",
            ),
        ],
        2,
        3,
        3_000_000_000,
    ),
    # 10,000 written for a quarter more and 1,000 read for nine tenths less.
    "unrepaid": (
        [call("1", 0, 0, 0, 10_000, 0), call("2", 1, 0, 1_000, 0, 0)],
        1,
        2,
        10_000 * 250_000 - 1_000 * 900_000,
    ),
    # Cut off and asked again; the second is gone on with.
    "cut": (
        [
            call("1", 0, 1_000, 0, 0, 100, stop_reason="max_tokens"),
            call("2", 1, 1_000, 0, 0, 200, stop_reason="length"),
            call("3", 2, 1_200, 0, 0, 50, stop_reason="stop"),
        ],
        1,
        1,
        1_500_000_000,
    ),
    "duplicates": (
        [
            call("1", 0, 1_000, 0, 0, 0, labels={"prompt_hash": "h1"}),
            call("2", 1, 2_000, 0, 0, 0, labels={"prompt_hash": "h1"}, session_id=""),
            call("3", 2, 3_000, 0, 0, 0, labels={"prompt_hash": "h2"}),
            call("4", 3, 3_000, 0, 0, 0),
        ],
        1,
        1,
        2_000_000_000,
    ),
    # Three short sessions one after the other: each later one could have read the 5,000 that all have from a cache.
    "starts": (
        [
            call("1", 0, 5_000, 0, 0, 0, session_id="s1"),
            call("2", 5, 6_000, 0, 0, 0, session_id="s2"),
            call("3", 10, 7_000, 0, 0, 0, session_id="s3"),
            call("4", 60, 5_000, 0, 0, 0, session_id="s4"),
        ],
        2,
        2,
        2 * 5_000 * 900_000,
    ),
}


@pytest.mark.parametrize("of", PLANTED)
def test_what_was_planted_is_told_to_the_nano_dollar(opened: Any, of: str) -> None:
    """Of each kind times, calls, dollars and sessions are those that were planted, and nothing of others counts."""
    records, times, calls, pico = PLANTED[of]
    ledger = opened(records)
    [row] = asked(ledger, of)
    assert (row["times"], row["calls"], row["cost"]) == (times, calls, usd(pico))
    assert asked(ledger, of, by="agent")[0]["agent"] == "a"
    at_once = asked(ledger, of, each=("agent", "session"))
    for by in ("agent", "session"):
        alone = [{"by": by, "value": row.pop(by), **row} for row in asked(ledger, of, by=by)]
        assert [row for row in at_once if row["by"] == by] == alone
    assert asked(ledger, of, where=(Filter("calls.agent", "=", ("b",)),))[0]["calls"] == 0


def test_a_failed_run_is_told_of_the_model_that_it_began_with(opened: Any) -> None:
    """Whichever ids its calls have, on both engines."""
    calls = [call(f"c{at}", at, 1_000, 0, 0, 0, model=f"m{at}") for at in range(11, 19)]
    run = next(record for record in PLANTED["runs"][0] if isinstance(record, AgentRun))
    ledger = opened([*calls, run])
    times = {row["model"]: row["times"] for row in asked(ledger, "runs", by="model")}
    first = min(times)
    assert times == {f"m{at}": int(f"m{at}" == first) for at in range(11, 19)}


def test_what_sources_tell(opened: Any) -> None:
    """It is said of each source what it tells, without which a kind of waste is unknown and not nothing."""
    ledger = opened([*PLANTED["loops"][0], call("x", 1, 1, 0, 0, 0, session_id="", stop_reason="stop")])
    [row] = asked(ledger, "known")
    assert row == {
        "source": "t",
        "calls": 5,
        "sessions": 4,
        "stops": 0,
        "people": 0,
        "hashed": 0,
        "ends": 5,
        "sizes": 0,
        "runs": 0,
    }


def test_what_cannot_be_asked() -> None:
    """A kind that there is not, and time, are refused."""
    with pytest.raises(QueryError):
        Wasted(by="day")
    for refused in ({"by": "agent", "each": ("session",)}, {"each": ("http_status",)}, {"each": ("day",)}):
        with pytest.raises(QueryError):
            Wasted(**refused)  # type: ignore[arg-type]
    with pytest.raises(QueryError):
        answer(None, Wasted(of="nothing"))  # type: ignore[arg-type]
