"""Feeds: the records themselves, the newest first, the same on both engines and as sorting by hand gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators import measured
from generators.brute_force import Brute, when
from generators.examples import examples
from servers.ledgers import at_rest, clickhouse
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import CUBES, Feed, Filter, Query, answer
from tokometer.measures.facts import FACTS
from tokometer.records import ErrorDetail, ModelCall, to_us

NOW = datetime(2026, 2, 20, 12, 7, tzinfo=UTC)
CALLS = measured.calls(seed=11, count=400)
FAILED_AT = datetime(2026, 2, 20, 11, tzinfo=UTC)
WORKSPACES = ("default", "other")


def _failed(name: str, **fields: Any) -> ModelCall:
    given = {"source": "otlp", "native_id": name, "started_at": to_us(FAILED_AT), "model": "gpt-5", "status": "timeout"}
    return ModelCall(**{**given, **fields})


def _detail(name: str, **fields: Any) -> ErrorDetail:
    given = {"source": "otlp", "native_id": name, "started_at": to_us(FAILED_AT) + 30_000_000, "message": name}
    return ErrorDetail(**{**given, **fields})


FAILED = [
    # The native id holds the trace: it is kept shortened, and still the call's.
    _failed("a1b2c3d4:77", trace_id="a1b2c3d4", span_id="77", request_id="req-1"),
    _failed("told-itself", error_message="slow", http_status=504, request_id="req-2"),
    _failed("nobody-knows"),
    _failed("alone", status="server_error", session_id="alone", started_at=to_us(FAILED_AT) - 1),
]
DETAILS = [
    _detail("of the call", call_id="a1b2c3d4:77", error_code="deadline", error_type="TimeoutError", http_status=408),
    _detail("of the request", source="gateway", request_id="req-2", error_code="504", stack_trace="at main"),
    _detail("of another source's call", source="own", call_id="nobody-knows"),
    _detail("of nobody"),
]


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """A ledger of each engine, with the same records of every kind."""
    folder: Path = tmp_path_factory.mktemp("feeds")
    opened: list[Ledger] = [DuckDBLedger(folder / "ledger.duckdb"), clickhouse()]
    for ledger in opened:
        ledger.commit(Batch(records=[*CALLS, *measured.others(seed=4, count=60), *FAILED, *DETAILS]))
        at_rest(ledger)
    yield opened
    for ledger in opened:
        ledger.close()


def _rows(ledgers: list[Ledger], feed: Feed) -> list[dict[str, Any]]:
    results = [answer(ledger, feed, WORKSPACES, NOW) for ledger in ledgers]
    assert results[0].columns == results[1].columns
    assert list(results[0].rows) == list(results[1].rows)
    assert [column.name for column in results[0].columns] == list(feed.columns)
    results[0].to_csv()
    results[0].to_json()
    return [dict(row) for row in results[0].rows]


@pytest.mark.parametrize("cube", CUBES)
@pytest.mark.parametrize("newest", [True, False])
def test_every_column_of_every_cube(ledgers: list[Ledger], cube: str, newest: bool) -> None:
    """Both engines show the same of every record, in the same order, whatever is shown."""
    columns = (*FACTS[cube], *CUBES[cube].dimensions)
    rows = _rows(ledgers, Feed(cube=cube, columns=columns, since="all", limit=1000, newest=newest, tz="Asia/Kathmandu"))
    times = [row["at"] for row in rows]
    assert times == sorted(times, reverse=newest)
    assert len(rows) >= 60
    assert len({row["id"] for row in rows}) == len(rows)


filters = st.sampled_from(
    (
        Filter("calls.status", "!=", ("ok",)),
        Filter("calls.error_type", "!=", ("",)),
        Filter("calls.provider", "in", ("openai", "groq")),
        Filter("calls.family", "=", ("claude",)),
        Filter("calls.label.team", "contains", ("a",)),
        Filter("calls.weekday", "in", ("6", "7")),
    )
)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=st.lists(filters, max_size=2, unique=True).map(tuple),
    limit=st.sampled_from((1, 5, 60, 1000)),
    newest=st.booleans(),
    edges=st.sampled_from((("2025-01-01", "2025-12-01"), ("2025-03-09T00:00:01Z", "2025-11-02T06:00:00.25Z"))),
    tz=st.sampled_from(("UTC", "Australia/Lord_Howe")),
)
def test_any_feed_has_the_calls_that_sorting_by_hand_gives(
    ledgers: list[Ledger], where: tuple[Filter, ...], limit: int, newest: bool, edges: tuple[str, str], tz: str
) -> None:
    """The newest (or oldest) so many of the calls that the window and the filters let through."""
    since, until = edges
    explicit = {"since": since, "until": until}
    if len(since) == len("2025-01-01"):
        explicit = {"since": f"{since}T00:00:00+00:00", "until": f"{until}T00:00:00+00:00"}
    columns = ("at", "provider", "status", "output_tokens", "latency_ms", "cost")
    rows = _rows(ledgers, Feed(columns=columns, where=where, limit=limit, newest=newest, tz=tz, **explicit))
    brute = Brute(CALLS, Query(measures=("calls.requests",), where=where, tz=tz, **explicit), WORKSPACES, NOW)
    passed = [call for call in brute.seen if brute.since <= when(call) < brute.until and brute.passes(call)]
    ordered = sorted(passed, key=lambda call: (call.started_at, call.source, call.native_id), reverse=newest)[:limit]
    assert [row["at"] for row in rows] == [when(call) for call in ordered]
    for row, call in zip(rows, ordered, strict=True):
        assert (row["provider"], row["status"], row["output_tokens"]) == (
            call.provider,
            call.status,
            call.output_tokens,
        )
        assert row["latency_ms"] == (None if call.latency_us is None else call.latency_us / 1000)
        assert (None if row["cost"] is None else int(row["cost"].scaleb(9))) == call.cost


def test_what_a_failed_call_does_not_say_comes_from_the_details_of_its_error(ledgers: list[Ledger]) -> None:
    """By the call's own id, else by the request's; what the call says itself stands; no other's details are taken."""
    where = (Filter("calls.error_type", "!=", ("",)),)
    columns = ("error_message", "error_code", "error_class", "stack_trace", "http_status", "error_type", "request_id")
    rows = _rows(ledgers, Feed(columns=columns, where=where, since="3h"))
    assert [tuple(row.values()) for row in rows] == [
        ("slow", "504", "", "at main", 504, "timeout", "req-2"),
        ("", "", "", "", None, "timeout", ""),
        ("of the call", "deadline", "TimeoutError", "", 408, "timeout", "req-1"),
        ("", "", "", "", None, "server_error", ""),
    ]


def test_a_failed_call_that_names_no_request_has_no_details_of_another(ledgers: list[Ledger]) -> None:
    """Where nothing names a request, none is looked for."""
    where = (Filter("calls.error_type", "!=", ("",)), Filter("calls.session", "=", ("alone",)))
    rows = _rows(ledgers, Feed(columns=("error_message", "error_code", "status"), where=where, since="3h"))
    assert rows == [{"error_message": "", "error_code": "", "status": "server_error"}]


def test_a_feed_is_limited_to_the_workspaces_that_may_be_seen(ledgers: list[Ledger]) -> None:
    """Of another workspace not a single record is shown."""
    for ledger in ledgers:
        result = answer(ledger, Feed(columns=("workspace",), since="all", limit=1000), ("other",), NOW)
        assert {row["workspace"] for row in result.rows} == {"other"}
