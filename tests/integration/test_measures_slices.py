"""Slices and availability: minutes with calls and bad ones, as counting call by call gives them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from generators.brute_force import Brute, is_bad, minutes, when
from servers.ledgers import clickhouse
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import Filter, Query, Slices, answer
from tokometer.records import ERRORS, ModelCall, to_us

START = datetime(2026, 2, 20, tzinfo=UTC)
NOW = datetime(2026, 2, 20, 12, 7, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WINDOWS = (
    (START, START + timedelta(hours=12)),
    (START + timedelta(minutes=37, seconds=20), START + timedelta(hours=7, minutes=7, seconds=1)),
)


def _calls() -> list[ModelCall]:
    """A day's morning: providers that are well, that fail for a while, and one that nobody knows the name of."""
    random = Random(9)
    made = []
    for i in range(900):
        at = START + timedelta(seconds=random.randint(0, 12 * 3600 - 1), microseconds=random.randint(0, 999_999))
        provider = random.choice(("openai", "openai", "groq", ""))
        sick = provider == "groq" and at.hour in (3, 4, 7)
        status = random.choice((*ERRORS, "ok") if sick else ("ok", "ok", "ok", "cancelled", "timeout"))
        made.append(
            ModelCall(
                source="own",
                native_id=f"call-{i}",
                started_at=to_us(at),
                workspace=random.choice(("default", "default", "other")),
                provider=provider,
                model=random.choice(("a", "b")),
                status=status,
            )
        )
    return made


CALLS = _calls()


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """A ledger of each engine with the same calls."""
    opened: list[Ledger] = [
        DuckDBLedger(tmp_path_factory.mktemp("slices") / "ledger.duckdb"),
        clickhouse(),
    ]
    for ledger in opened:
        ledger.commit(Batch(records=list(CALLS)))
    yield opened
    for ledger in opened:
        ledger.close()


def _expected(calls: list[ModelCall], by: str) -> list[dict[str, Any]]:
    groups: dict[Any, list[ModelCall]] = defaultdict(list)
    for call in calls:
        groups[call.provider if by else None].append(call)
    rows = []
    for provider, members in groups.items():
        seen, quarters = 0, defaultdict(dict)
        for minute, inside in sorted(minutes(members).items()):
            quarters[minute // 15][minute % 15] = inside
        for quarter, inside in quarters.items():
            bad = {place: calls for place, calls in inside.items() if is_bad(calls)}
            if bad:
                row = {
                    "provider": provider,
                    "quarter": EPOCH + quarter * timedelta(minutes=15),
                    "seen": seen,
                    "active": sum(1 << place for place in inside),
                    "bad": sum(1 << place for place in bad),
                    "requests": sum(map(len, bad.values())),
                    "errors": sum(call.status in ERRORS for calls in bad.values() for call in calls),
                }
                rows.append(row)
            seen += len(inside)
    return sorted(rows, key=lambda row: (row["quarter"], row["provider"] or ""))


@pytest.mark.parametrize("by", ["", "provider"])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("workspaces", [("default",), ("default", "other")])
@pytest.mark.parametrize(
    "where",
    [
        (),
        (Filter("calls.model", "=", ("a",)),),
        (Filter("calls.provider", "=", ("groq",)),),
        (Filter("calls.provider", "=", ("",)),),
        (Filter("calls.provider", "!=", ("openai",)),),
        (Filter("calls.provider", "in", ("openai", "groq")),),
    ],
    ids=lambda where: " and ".join(map(str, where)) or "all",
)
def test_slices_are_those_that_counting_by_hand_gives(
    ledgers: list[Ledger],
    by: str,
    window: tuple[datetime, datetime],
    workspaces: tuple[str, ...],
    where: tuple[Filter, ...],
) -> None:
    """Of all calls together and of each provider, with whole and odd edges and any filter, on both engines."""
    since, until = (edge.isoformat() for edge in window)
    brute = Brute(CALLS, Query(measures=("calls.requests",), where=where, since=since, until=until), workspaces, NOW)
    calls = [call for call in brute.seen if brute.since <= when(call) < brute.until and brute.passes(call)]
    expected = _expected(calls, by)
    assert expected or where
    told = all(given.dimension == "calls.provider" and (by or given.op == "=") for given in where)
    rolled_up = window == WINDOWS[0] and len(workspaces) == 1 and told
    for ledger in ledgers:
        result = answer(ledger, Slices(by=by, where=where, since=since, until=until), workspaces, NOW)
        assert result.meta.tables == (("availability",) if rolled_up else ("calls",))
        assert list(result.rows) == expected
        result.to_csv()


@pytest.mark.parametrize("by", [("calls.provider",), ("calls.model",), ("calls.provider", "calls.hour")])
@pytest.mark.parametrize("grain", ["", "five_minutes", "quarter", "hour", "day"])
def test_the_minutes_of_others_are_of_all_of_them_together(
    ledgers: list[Ledger], by: tuple[str, ...], grain: str
) -> None:
    """What is put together as Other is judged together: its minutes are not the sum of its members'."""
    names = ("calls.active_minutes", "calls.bad_minutes", "calls.availability")
    query = Query(
        measures=names,
        by=by,
        grain=grain,
        top=1,
        since=START.isoformat(),
        until=(START + timedelta(hours=12)).isoformat(),
    )
    rows = [list(answer(ledger, query, ("default",), NOW).rows) for ledger in ledgers]
    assert rows[0] == rows[1]
    name = by[0].partition(".")[2]
    kept = {row[name] for row in rows[0]} - {"Other"}
    others = [call for call in CALLS if call.workspace == "default" and getattr(call, name) not in kept]
    counted = [row for row in rows[0] if row[name] == "Other"]
    assert sum(row["active_minutes"] for row in counted) == len(minutes(others))
    assert sum(row["bad_minutes"] for row in counted) == sum(map(is_bad, minutes(others).values()))


@pytest.mark.parametrize(
    ("by", "where", "table"),
    [
        ((), "", "availability"),
        (("calls.provider",), "", "availability"),
        (("calls.day", "calls.provider"), "calls.provider not in openai", "availability"),
        (("calls.hour",), "calls.provider = groq", "availability"),
        ((), "calls.weekday = 5", "availability"),
        # Minutes of several providers do not add up.
        ((), "calls.provider in openai, groq", "calls"),
        (("calls.model",), "", "calls"),
        (("calls.provider",), "calls.model = a", "calls"),
    ],
)
@pytest.mark.parametrize("grain", ["", "quarter", "hour", "day", "minute"])
@pytest.mark.parametrize("tz", ["UTC", "Asia/Kathmandu"])
def test_minutes_come_from_the_rollup_where_it_can_tell_them(
    ledgers: list[Ledger], by: tuple[str, ...], where: str, table: str, grain: str, tz: str
) -> None:
    """Of all calls or by provider, at any grain from a quarter hour on and in any zone; the numbers are the calls'."""
    query = Query(
        measures=("calls.active_minutes", "calls.bad_minutes", "calls.availability"),
        by=by,
        where=(Filter.parse(where),) if where else (),
        grain=grain,
        tz=tz,
        since=START.isoformat(),
        until=(START + timedelta(hours=12)).isoformat(),
    )
    expected = Brute(CALLS, query, ("default",), NOW).rows()
    for ledger in ledgers:
        result = answer(ledger, query, ("default",), NOW)
        assert result.meta.tables == (("calls",) if grain == "minute" else (table,))
        rows = [{**row, **({"time": row["time"].astimezone(UTC)} if grain else {})} for row in result.rows]
        wanted = [{**row, **({"time": row["time"].astimezone(UTC)} if grain else {})} for row in expected]
        assert sorted(rows, key=str) == sorted(wanted, key=str)
