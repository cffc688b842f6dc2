"""A quarter hour that cannot be settled: every page, panel, endpoint and command answers, and says what is missing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from servers import forked
from servers.ledgers import clickhouse
from servers.whole import Running, running
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Query, run
from tokometer.records import ModelCall, now_us
from tokometer.records.time import QUARTER_US
from unit.ledger.test_unsettled import cells_failing, failing

NOW = datetime(2026, 6, 20, 12, 7, tzinfo=UTC)
NOON = int(datetime(2026, 6, 19, 12, tzinfo=UTC).timestamp()) * 1_000_000


def calls(start: int, **fields: Any) -> list[ModelCall]:
    """A call in each of eight quarter hours, of a model with its number."""
    return [
        ModelCall(
            source="test",
            native_id=f"{start}-{number}",
            started_at=start + number * QUARTER_US,
            provider="openai",
            model=f"m{number}",
            session_id=f"s{number}",
            input_tokens=10,
            latency_us=1_000,
            cost_reported=1_000,
            labels={"tier": "gold"},
            **fields,
        )
        for number in range(8)
    ]


@pytest.fixture(params=["duckdb", "clickhouse"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger of each engine with eight calls."""
    made: Ledger = DuckDBLedger(tmp_path / "l.duckdb") if request.param == "duckdb" else clickhouse()
    made.commit(Batch(records=[*calls(NOON)]))
    yield made
    made.close()


@pytest.mark.parametrize("by", ["", "calls.model", "calls.label.tier", "calls.request", "calls.hour"])
def test_an_answer_says_what_it_lacks_however_it_is_grouped(ledger: Ledger, by: str) -> None:
    """From rollups and from the calls themselves come the same numbers, with a sentence of the asker's zone."""
    with cells_failing(ledger, "m3"):
        query = Query(
            measures=("calls.requests", "calls.input_tokens"),
            by=(by,) if by and by != "calls.request" else (),
            since="2026-06-19" if by != "calls.request" else "2026-06-19T00:00:01Z",
            tz="Asia/Kolkata",
        )
        found = run(ledger, query, now=NOW)
    assert sum(row["requests"] for row in found.rows) == 7
    assert sum(row["input_tokens"] for row in found.rows) == 70
    [words] = found.meta.missing
    assert words.startswith("2026-06-19 18:15 to 18:30: all calls are missing, because they could not be settled (")


def test_a_window_that_has_it_not_lacks_nothing(ledger: Ledger) -> None:
    """What is missing elsewhere is not told."""
    with cells_failing(ledger, "m3"):
        query = Query(measures=("calls.requests",), since="2026-06-19T13:00:00Z", until="2026-06-19T14:00:00Z")
        found = run(ledger, query, now=NOW)
    assert found.meta.missing == ()
    assert found.rows[0]["requests"] == 4


def test_percentiles_say_what_they_lack(ledger: Ledger) -> None:
    """Who asks for a percentile is told of calls that no histogram counts; who asks for sums has them all."""
    with failing(ledger.engine, "HISTOGRAMS_FROM_CALLS", "model", "m3", "count(*)"):
        since = {"since": "2026-06-19", "until": "2026-06-20"}
        sums = run(ledger, Query(measures=("calls.requests",), **since), now=NOW)
        ranks = run(ledger, Query(measures=("calls.p95_latency",), **since), now=NOW)
    assert (sums.rows[0]["requests"], sums.meta.missing) == (8, ())
    assert ranks.rows[0]["p95_latency"] is not None
    assert "the calls in percentiles of latency are missing" in ranks.meta.missing[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server on a ledger with a call of the last hour that was written past the gate: it began before 1970."""
    folder = tmp_path_factory.mktemp("aside")
    data = folder / "data"
    made = DuckDBLedger(data / "ledger.duckdb")
    start = now_us() - 10 * QUARTER_US
    made.commit(Batch(records=[*calls(start)]))
    made.close()
    with duckdb.connect(str(data / "ledger.duckdb")) as connection:
        connection.execute("UPDATE calls SET started_at = TIMESTAMP '1969-12-31 23:50:00' WHERE model = 'm3'")
    with running(data, folder / "home") as started:
        yield started


def test_every_page_panel_and_endpoint_answers(server: Running) -> None:
    """All are 200; those about the quarter hour say that they are not complete."""
    for path in ("/", "/sources", "/settings", "/metrics", "/readyz", "/api/refused", "/api/filters"):
        assert server.get(path).status == 200, path
    incomplete = 0
    for dashboard in server.get("/api/dashboards").json()["dashboards"]:
        assert server.get(dashboard["url"]).status == 200, dashboard["url"]
        for panel in dashboard["panels"]:
            reply = server.get(f"/api/panels/{panel['id']}")
            assert reply.status == 200, panel["id"]
            incomplete += bool(reply.json()["missing"])
    assert incomplete > 20
    for path, methods in server.get("/api/openapi.json").json()["paths"].items():
        if "get" in methods and "{" not in path and "control" not in path and "live" not in path:
            assert server.get(path).status in (200, 400, 422), path


def test_it_is_named_with_its_reason_everywhere(server: Running) -> None:
    """In answers, on Sources, on every page, in the figures for Prometheus, and by the command line."""
    answer = server.get("/api/query?measure=calls.requests&since=24h").json()
    assert answer["rows"] == [{"requests": 7}]
    assert "could not be settled" in answer["meta"]["missing"][0]
    reply = server.get("/api/query?measure=calls.requests&since=24h", {"Accept": "text/csv"})
    assert "could not be settled" in reply.headers["tokometer-missing"]
    assert "could not be settled" in server.get("/api/tokens/usage").headers["tokometer-missing"]
    page = server.get("/sources").text
    assert 'id="unsettled"' in page
    assert "OutOfRangeException" in page
    assert "1 quarter hour could not be settled" in server.get("/").text
    assert "tokometer_ledger_unsettled_quarters 1" in server.get("/metrics").text
    command = Path(sys.executable).with_name("tokometer")
    env = {"HOME": str(server.home), "PATH": "", "TOKOMETER_DATA": str(server.data), "TZ": "UTC"}

    def said(*arguments: str) -> tuple[str, str]:
        done = forked.run([command, *arguments], env=env, text=True)
        return done.stdout, done.stderr

    assert "1 quarter hour could not be settled" in said("doctor")[0]
    [row] = json.loads(said("doctor", "--json")[0])["ledger"]["unsettled"]
    assert row["rollup"] == "cells"
    assert "OutOfRangeException" in row["reason"]
    assert "Missing: " in said("query", "--measure", "calls.requests", "--since", "24h")[1]
    assert json.loads(said("report", "--json")[0])["missing"]
    assert "unsettled" in said("doctor", "--audit")[0]
