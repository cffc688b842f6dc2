"""What an answer holds beyond its numbers: gaps filled, periods compared, the largest kept, workspaces apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Query, QueryError, Result, run
from tokometer.records import ModelCall, to_us

#: A Wednesday.
NOW = datetime(2025, 11, 19, 15, 7, tzinfo=UTC)
USD = 10**9


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    opened = DuckDBLedger(tmp_path / "ledger.duckdb")
    yield opened
    opened.close()


def call(when: str, **fields: Any) -> ModelCall:
    """A call at a time."""
    started = to_us(datetime.fromisoformat(when))
    call.count = getattr(call, "count", 0) + 1  # type: ignore[attr-defined]
    return ModelCall(**{"source": "otlp", "native_id": str(call.count), "started_at": started, **fields})  # type: ignore[attr-defined]


def ask(ledger: Ledger, *measures: str, **rest: Any) -> Result:
    """The answer to a query as of a fixed moment."""
    return run(ledger, Query.parse({"measures": list(measures), **rest}), now=NOW)


def test_an_empty_ledger_answers_with_zeros(ledger: Ledger) -> None:
    """Without records sums are 0, and what there is nothing to compute from is unknown."""
    result = ask(ledger, "requests", "cost", "error_rate", "p95_latency", "sessions", since="all")
    assert result.rows == [{"requests": 0, "cost": 0, "error_rate": None, "p95_latency": None, "sessions": 0}]
    assert ask(ledger, "requests", by="model", since="all").rows == []
    assert [row["requests"] for row in ask(ledger, "requests", since="7d", grain="day").rows] == [0] * 7


def test_unpriced_is_not_free(ledger: Ledger) -> None:
    """Where no call has a price the cost is unknown; where some have, theirs is the cost; a price of 0 is one."""
    ledger.commit(
        Batch(
            records=[
                call("2025-11-19T10:00Z", model="in-house"),
                call("2025-11-19T10:00Z", model="mixed", cost_priced=USD),
                call("2025-11-19T10:00Z", model="mixed"),
                call("2025-11-19T10:00Z", model="local", cost_priced=0),
                call("2025-11-19T10:00Z", model="refused", cost_priced=0, status="rate_limit"),
                call("2025-11-19T10:00Z", model="refused"),
            ]
        )
    )
    rows = {row["model"]: row for row in ask(ledger, "cost", "unpriced", "cost_per_request", by="model").rows}
    assert {name: (row["cost"], row["unpriced"], row["cost_per_request"]) for name, row in rows.items()} == {
        "in-house": (None, 1, None),
        "mixed": (Decimal(1), 1, Decimal(1)),
        "local": (Decimal(0), 0, Decimal(0)),
        # A call that was refused costs nothing: no reason to say that the others cost nothing.
        "refused": (None, 1, None),
    }


def test_unknown_is_last_in_every_order(ledger: Ledger) -> None:
    """Models without a known cost come after all others, the cheapest or the dearest first."""
    ledger.commit(
        Batch(
            records=[
                call("2025-11-19T10:00Z", model="a"),
                call("2025-11-19T10:00Z", model="b", cost_priced=1),
                call("2025-11-19T10:00Z", model="c", cost_priced=2),
            ]
        )
    )
    for order, models in (("cost", "bca"), ("-cost", "cba")):
        assert "".join(row["model"] for row in ask(ledger, "cost", by="model", order=order).rows) == models
        assert "".join(row["model"] for row in ask(ledger, "cost", by="model", order=order, limit=2).rows) == models[:2]


def test_series_have_no_gaps_and_say_which_bucket_is_running(ledger: Ledger) -> None:
    """Every day of every group is there, up to now, in order."""
    ledger.commit(Batch(records=[call("2025-11-17T10:00Z", model="a"), call("2025-11-19T10:00Z", model="b")]))
    result = ask(ledger, "requests", by="model", since="3d", grain="day")
    assert [(row["time"].day, row["model"], row["requests"]) for row in result.rows] == [
        (17, "a", 1),
        (17, "b", 0),
        (18, "a", 0),
        (18, "b", 0),
        (19, "b", 1),
        (19, "a", 0),
    ]
    assert result.meta.unfinished == datetime(2025, 11, 19, tzinfo=UTC)
    assert ask(ledger, "requests", since="yesterday", grain="hour").meta.unfinished is None


def test_the_hour_that_comes_twice_is_two_buckets(ledger: Ledger) -> None:
    """In New York, 1:30 on 2 November 2025 comes twice; the day has 25 hours, and the order is that of time."""
    ledger.commit(Batch(records=[call("2025-11-02T05:30Z"), call("2025-11-02T06:30Z"), call("2025-11-02T06:31Z")]))
    rows = ask(ledger, "requests", since="2025-11-02", until="2025-11-02", grain="hour", tz="America/New_York").rows
    assert len(rows) == 25
    assert [(row["time"].isoformat(), row["requests"]) for row in rows if row["requests"]] == [
        ("2025-11-02T01:00:00-04:00", 1),
        ("2025-11-02T01:00:00-05:00", 2),
    ]
    assert [row["time"].timestamp() for row in rows] == sorted(row["time"].timestamp() for row in rows)


def test_half_an_hour_of_summer(ledger: Ledger) -> None:
    """Lord Howe's clocks change by half an hour: what follows in the same hour is a bucket of its own."""
    ledger.commit(Batch(records=[call("2025-04-05T14:45Z"), call("2025-04-05T15:00Z"), call("2025-04-05T15:30Z")]))
    rows = ask(
        ledger,
        "requests",
        since="2025-04-05T14:00:00Z",
        until="2025-04-05T16:00:00Z",
        grain="hour",
        tz="Australia/Lord_Howe",
    ).rows
    assert [(row["time"].isoformat(), row["requests"]) for row in rows] == [
        ("2025-04-06T01:00:00+11:00", 1),
        ("2025-04-06T01:30:00+10:30", 1),
        ("2025-04-06T02:00:00+10:30", 1),
    ]


def test_comparison_lines_up_buckets(ledger: Ledger) -> None:
    """The first day of this month stands beside the first day of the last one; what has gone is there with 0."""
    ledger.commit(
        Batch(
            records=[
                call("2025-10-01T10:00Z", model="old"),
                call("2025-11-01T10:00Z", model="new"),
                call("2025-10-19T20:00Z", model="after the same point"),
            ]
        )
    )
    whole = ask(ledger, "requests", since="month", compare="previous")
    assert whole.rows == [{"requests": 1, "requests.previous": 1}]
    assert whole.meta.previous_until == datetime(2025, 10, 19, 15, 15, tzinfo=UTC)
    by_model = ask(ledger, "requests", by="model", since="month", compare="previous").rows
    assert by_model == [
        {"model": "new", "requests": 1, "requests.previous": 0},
        {"model": "old", "requests": 0, "requests.previous": 1},
    ]
    series = ask(ledger, "requests", since="month", grain="day", compare="previous").rows
    assert [(row["time"].day, row["requests"], row["requests.previous"]) for row in series[:2]] == [
        (1, 1, 1),
        (2, 0, 0),
    ]
    assert [column.name for column in whole.columns] == ["requests", "requests.previous"]


def test_all_time_has_no_period_before(ledger: Ledger) -> None:
    """What cannot be compared is unknown, not 0."""
    ledger.commit(Batch(records=[call("2025-10-01T10:00Z")]))
    assert ask(ledger, "requests", since="all", compare="previous").rows == [{"requests": 1, "requests.previous": None}]


def test_the_largest_and_the_others(ledger: Ledger) -> None:
    """The top two by the order stay apart, the others are one row; without `other` they are left out."""
    ledger.commit(
        Batch(
            records=[
                call("2025-11-19T10:00Z", model=model, latency_us=latency, session_id="s")
                for model, count, latency in (("a", 1, 10_000), ("b", 4, 20_000), ("c", 3, 30_000), ("d", 2, 40_000))
                for _ in range(count)
            ]
        )
    )
    rows = ask(ledger, "requests", "sessions", by="model", top=2).rows
    assert [(row["model"], row["requests"], row["sessions"]) for row in rows] == [
        ("b", 4, 1),
        ("c", 3, 1),
        ("Other", 3, 1),
    ]
    assert [row["model"] for row in ask(ledger, "requests", by="model", top=2, other=False).rows] == ["b", "c"]
    latency = ask(ledger, "mean_latency", "requests", by="model", top=1, order="requests").rows
    assert {row["model"]: row["mean_latency"] for row in latency} == {"a": 10.0, "Other": pytest.approx(25.5, abs=3)}


@pytest.mark.parametrize(
    ("tz", "until", "grain", "table"),
    [
        ("Europe/Berlin", "2025-11-18T10:00Z", "day", "hours"),
        ("Europe/Berlin", "2025-11-18T10:30Z", "hour", "hours"),
        ("Europe/Berlin", "2025-11-18T10:30Z", "quarter", "cells"),
        ("Asia/Kolkata", "2025-11-18T10:30Z", "", "hours"),
        ("Asia/Kolkata", "2025-11-18T10:30Z", "day", "cells"),
        ("Europe/Berlin", "2025-11-18T10:20Z", "day", "calls"),
    ],
)
def test_whole_hours_and_quarter_hours_at_the_edges(
    ledger: Ledger, tz: str, until: str, grain: str, table: str
) -> None:
    """Long windows are answered from hours where the zone's are those of UTC, and to the quarter hour."""
    inside = ["2025-10-20T10:15Z", "2025-10-20T10:59Z", "2025-10-20T11:00Z", "2025-11-01T00:00Z", "2025-11-18T09:59Z"]
    after = ["2025-11-18T10:00Z", "2025-11-18T10:14Z", "2025-11-18T10:29Z", "2025-11-18T10:30Z"]
    counted = [when for when in [*inside, *after] if when < until]
    ledger.commit(Batch([call(when, model="m") for when in ["2025-10-20T10:14Z", *inside, *after]]))
    result = ask(ledger, "requests", since="2025-10-20T10:15Z", until=until, tz=tz, grain=grain)
    assert sum(row["requests"] for row in result.rows) == len(counted)
    assert result.meta.tables == (table,)
    by = ask(ledger, "requests", by="team", since="2025-10-20T10:15Z", until=until, tz=tz)
    assert by.rows == [{"team": "", "requests": len(counted)}]


def test_workspaces_are_apart(ledger: Ledger) -> None:
    """Nobody sees a workspace that was not named, not in filters, families, `all`, or the largest."""
    ledger.commit(
        Batch(
            records=[
                call("2025-11-19T10:00Z", model="gpt-5", session_id="s"),
                call("2020-01-01T10:00Z", model="claude-opus-4", workspace="secret", session_id="s"),
            ]
        )
    )
    query = Query.parse({"measures": ["requests", "sessions", "p95_latency"], "by": "family", "since": "all", "top": 3})
    mine = run(ledger, query, now=NOW)
    assert [row["family"] for row in mine.rows] == ["gpt"]
    assert mine.meta.since == datetime(2025, 11, 19, tzinfo=UTC)
    assert {row["family"] for row in run(ledger, query, ("default", "secret"), NOW).rows} == {"gpt", "claude"}
    with pytest.raises(QueryError):
        run(ledger, query, (), NOW)


def test_throughput_is_per_second_that_has_passed(ledger: Ledger) -> None:
    """The running hour counts only the seconds that it has had; an hour of the day, those of all days."""
    ledger.commit(
        Batch(records=[call("2025-11-19T14:00Z", output_tokens=3600), call("2025-11-19T15:00Z", output_tokens=420)])
    )
    series = ask(ledger, "tokens_per_second", since="2025-11-19T14:00:00Z", grain="hour").rows
    assert [row["tokens_per_second"] for row in series] == [1.0, 1.0]
    whole = ask(ledger, "tokens_per_second", since="2025-11-19T14:00:00Z").rows
    assert whole[0]["tokens_per_second"] == pytest.approx(4020 / (67 * 60))
    hours = ask(ledger, "tokens_per_second", by="hour", since="2025-11-18", until="2025-11-19").rows
    assert {row["hour"]: row["tokens_per_second"] for row in hours} == {14: 0.5, 15: pytest.approx(420 / 4020)}


def test_a_session_counts_wherever_it_overlaps(ledger: Ledger) -> None:
    """A session from Monday to Wednesday is one on each of the days, and one in all."""
    ledger.commit(Batch(records=[call("2025-11-17T10:00Z", session_id="s"), call("2025-11-19T10:00Z", session_id="s")]))
    assert [row["sessions"] for row in ask(ledger, "sessions", since="4d", grain="day").rows] == [0, 1, 1, 1]
    assert ask(ledger, "sessions", since="4d").rows == [{"sessions": 1}]
    assert ask(ledger, "sessions", since="2025-11-18", until="2025-11-18").rows == [{"sessions": 1}]


def test_records_ahead_of_the_clock_are_shown(ledger: Ledger) -> None:
    """A sender whose clock is ahead loses nothing; buckets without records after now are left out."""
    ledger.commit(Batch(records=[call("2025-11-19T17:00Z")]))
    rows = ask(ledger, "requests", since="2025-11-19T14:00:00Z", until="2025-11-19T20:00:00Z", grain="hour").rows
    assert [row["requests"] for row in rows] == [0, 0, 0, 1]


def test_values_of_input_never_become_sql(ledger: Ledger) -> None:
    """Quotes, dollars and comments in values are values."""
    nasty = """'; DROP TABLE calls; -- $p0 "x" \\ {a:String} %(b)s"""
    ledger.commit(Batch(records=[call("2025-11-19T10:00Z", model=nasty), call("2025-11-19T10:00Z", model="b")]))
    where = [{"dimension": "calls.model", "op": "=", "values": [nasty]}]
    assert ask(ledger, "requests", by="model", where=where).rows == [{"model": nasty, "requests": 1}]


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ({"tz": "Mars/Olympus"}, "time zone"),
        ({"since": "30d", "grain": "minute"}, "coarser"),
        ({"where": "hour = 24"}, "0 to 23"),
        ({"where": "weekday = monday"}, "1 to 7"),
        ({"where": "day = 2025-02-30"}, "a date"),
        ({"where": "hour contains 1"}, "no text"),
        ({"by": "hour", "top": 2}, "time"),
    ],
)
def test_what_cannot_be_answered(ledger: Ledger, rest: dict[str, Any], says: str) -> None:
    """The error says what would be right."""
    with pytest.raises(QueryError, match=says):
        ask(ledger, "requests", **rest)


def test_more_rows_than_anyone_can_use_are_refused(ledger: Ledger) -> None:
    """Sessions by the minute over a fortnight would fill millions of rows: the error says what to take instead."""
    ledger.commit(Batch(records=[call("2025-11-19T10:00Z", session_id=f"s-{n}") for n in range(60)]))
    with pytest.raises(QueryError, match="coarser grain"):
        ask(ledger, "requests", by="session", since="13d", grain="minute")
