"""Sums that no 64 bits hold: settled, added up again, and written in full, on both engines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from servers import forked
from servers.ledgers import clickhouse
from servers.whole import running
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.schema import ALL_TOKENS
from tokometer.measures import CUBES, Query, run
from tokometer.records import AgentRun, Bill, JobRun, ModelCall, Record, ToolCall, to_us
from tokometer.records.record import MAX_TOKENS

AT = to_us(datetime(2026, 6, 1, 12, tzinfo=UTC))
NOW = datetime(2026, 6, 20, tzinfo=UTC)
COUNT = 1_100
#: Longer than any call takes; what a 64-bit column holds.
LONGEST = 2**63 - 1
#: The dearest that a column holds.
DEAREST = 10**18 - 1
TOKENS = dict.fromkeys((*ALL_TOKENS, "reasoning_tokens", "estimated_tokens"), MAX_TOKENS)


def records() -> list[Record]:
    """As many of each kind as must not overflow, all in one quarter hour but for a few in the next hour."""
    made: list[Record] = []
    for number in range(COUNT):
        at = AT + (3_600_000_000 if number < 3 else number)
        named: dict[str, Any] = {"source": "test", "native_id": str(number), "started_at": at}
        made += [
            ModelCall(
                **named,
                **TOKENS,
                model=f"model-{number % 2}",
                user_messages=MAX_TOKENS,
                latency_us=LONGEST,
                ttft_us=1,
                cost_priced=DEAREST if number % 2 else None,
                price_basis="assumed:tier" if number % 2 else "unpriced:no-price",
                revenue=DEAREST,
                parts={"input_audio": MAX_TOKENS},
                quantities={"web_searches": MAX_TOKENS},
                session_id="s",
            ),
            ToolCall(**named, name="t", duration_us=LONGEST, lines_added=MAX_TOKENS, lines_removed=MAX_TOKENS),
            AgentRun(**named, agent="a", stated_tokens=MAX_TOKENS, stated_cost=DEAREST),
            JobRun(**named, job_id="j", duration_us=LONGEST),
            Bill(**named, provider="p", amount=DEAREST, ended_at=at),
        ]
    return made


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger of each engine with all of it."""
    opened: Ledger = (
        DuckDBLedger(tmp_path_factory.mktemp("wide") / "ledger.duckdb") if request.param == "duckdb" else clickhouse()
    )
    opened.commit(Batch(records=records()))
    yield opened
    opened.close()


#: Sums of calls, as whole numbers.
SUMS = {
    "input_tokens": COUNT * MAX_TOKENS,
    "prompt_tokens": 5 * COUNT * MAX_TOKENS,
    "total_tokens": 7 * COUNT * MAX_TOKENS,
    "unsplit_tokens": COUNT * MAX_TOKENS,
    "reasoning_tokens": COUNT * MAX_TOKENS,
    "estimated_tokens": COUNT * MAX_TOKENS,
    "user_messages": COUNT * MAX_TOKENS,
    "messages": COUNT * MAX_TOKENS + COUNT,
    "audio_tokens": COUNT * MAX_TOKENS,
    "web_searches": COUNT * MAX_TOKENS / 1000,
    "cost": Decimal(DEAREST).scaleb(-9) * (COUNT // 2),
    "cost_assumed": Decimal(DEAREST).scaleb(-9) * (COUNT // 2),
    "revenue": Decimal(DEAREST).scaleb(-9) * COUNT,
    "margin": Decimal(DEAREST).scaleb(-9) * (COUNT - COUNT // 2),
    "mean_latency": LONGEST / 1000,
    "estimate_ratio": 7.0,
    "tokens_per_second": COUNT * MAX_TOKENS / (30 * 86400),
    "cost_per_request": Decimal(DEAREST).scaleb(-9),
}
#: The rows of calls, of cells, and of hours.
WINDOWS = (
    ("2026-06-01T11:00:00.5Z", "2026-07-01T11:00:00.5Z"),
    ("2026-06-01", "2026-06-03"),
    ("2026-06-01", "2026-06-30"),
)


@pytest.mark.parametrize(("since", "until"), WINDOWS)
def test_sums_of_the_largest_numbers_are_exact(ledger: Ledger, since: str, until: str) -> None:
    """From calls, from cells and from hours, sums are whole numbers without any limit."""
    now = datetime(2026, 7, 2, tzinfo=UTC)
    names = [name for name in SUMS if name != "tokens_per_second" or until == "2026-06-30"]
    [row] = run(
        ledger, Query(measures=tuple(f"calls.{name}" for name in names), since=since, until=until), now=now
    ).rows
    for name in names:
        # Of a quotient the last digit may be another.
        assert row[name] == (pytest.approx(SUMS[name], rel=1e-15) if isinstance(SUMS[name], float) else SUMS[name])
    assert {type(row[name]) for name in names if isinstance(SUMS[name], int)} == {int}


@pytest.mark.parametrize("by", ["", "month", "model", "session", "hour"])
@pytest.mark.parametrize("cube", ["calls", "tools", "runs", "jobs", "bills"])
def test_every_measure_survives_the_largest_numbers(ledger: Ledger, cube: str, by: str) -> None:
    """Nothing that can be asked overflows, whatever it is grouped by, and all of it can be written down."""
    if by in ("session", "model") and cube != "calls":
        by = "source"
    measures = tuple(measure.name for measure in CUBES[cube].measures.values())
    for since, until in WINDOWS:
        query = Query(measures=measures, by=(f"{cube}.{by}",) if by else (), since=since, until=until)
        found = run(ledger, query, now=NOW)
        assert found.rows
        assert json.loads(json.dumps(found.to_json()))["rows"]
        assert found.to_csv()
        for row in found.rows:
            assert all(value >= 0 for value in row.values() if isinstance(value, int | float | Decimal) and not by)


def test_rollups_of_the_largest_numbers_pass_the_audit(ledger: Ledger) -> None:
    """Cells, hours and sessions hold them, exactly."""
    assert ledger.audit() == []
    total = COUNT * MAX_TOKENS
    for table in ("cells", "hours", "sessions"):
        sql = f"SELECT sum(input_tokens), sum(output_tokens), sum(unsplit_tokens) FROM {table}"
        assert ledger.fetch(Statement(sql)) == [(total, total, total)]


def test_the_command_line_writes_them_in_full(tmp_path: Path) -> None:
    """`query` and `report` give every digit, as JSON and as CSV."""
    data = tmp_path / "data"
    ledger = DuckDBLedger(data / "ledger.duckdb")
    ledger.commit(Batch(records=records()))
    ledger.close()
    command = Path(sys.executable).with_name("tokometer")

    def said(*arguments: str) -> str:
        env = {"HOME": str(tmp_path), "PATH": "", "TOKOMETER_DATA": str(data), "TZ": "UTC"}
        return forked.run([command, *arguments], env=env, text=True, check=True).stdout

    total = SUMS["total_tokens"]
    report = json.loads(said("report", "daily", "--json", "--no-import"))
    assert report["totals"]["total_tokens"] == total
    rows = json.loads(said("query", "--measure", "calls.total_tokens", "--since", "2026-06-01", "--json"))["rows"]
    assert rows == [{"total_tokens": total}]
    assert str(total) in said("query", "--measure", "calls.total_tokens", "--since", "2026-06-01", "--csv")


def test_the_api_and_the_page_write_them_in_full(tmp_path: Path) -> None:
    """`/api/query` gives every digit, and every panel can be drawn from them."""
    data = tmp_path / "data"
    ledger = DuckDBLedger(data / "ledger.duckdb")
    ledger.commit(Batch(records=records()))
    ledger.close()
    (tmp_path / "home").mkdir()
    with running(data, tmp_path / "home") as server:
        names = [name for name in SUMS if isinstance(SUMS[name], int)]
        measures = ",".join(f"calls.{name}" for name in names)
        [row] = server.get(f"/api/query?measure={measures}&since=2026-06-01&tz=UTC").json()["rows"]
        assert row == {name: SUMS[name] for name in names}
        window = "range=custom&since=2026-05-30&until=2026-06-03&tz=UTC"
        for panel in server.get("/api/dashboards").json()["dashboards"][0]["panels"]:
            for kind in ("", ".csv"):
                reply = server.get(f"/api/panels/{panel['id']}{kind}?{window}")
                assert reply.status == 200, (panel["id"], kind)
