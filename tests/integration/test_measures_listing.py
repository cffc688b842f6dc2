"""Pages of records in any order: together exactly what sorting all of them by hand gives, each once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators import measured
from generators.examples import LONG, examples
from servers.ledgers import clickhouse
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import CUBES, Filter, Listing, QueryError, answer
from tokometer.measures.comparisons import comparable
from tokometer.measures.facts import FACTS
from tokometer.measures.listing import count
from tokometer.measures.questions import sortable
from tokometer.records import ErrorDetail, ModelCall, to_us

NOW = datetime(2026, 2, 20, 12, 7, tzinfo=UTC)
AT = datetime(2026, 2, 20, 11, tzinfo=UTC)
WORKSPACES = ("default", "other")
EVERY = ("id", "at", "source", "workspace")


def _call(name: str, **fields: Any) -> ModelCall:
    given = {"source": "otlp", "native_id": name, "started_at": to_us(AT), "model": "gpt-5"}
    return ModelCall(**{**given, **fields})


FAILED = [
    _call("one", status="timeout", error_message="Upstream TIMED out, naïvely"),
    _call("two", status="server_error", request_id="req-22"),
    _call("a1b2c3d4:77", trace_id="a1b2c3d4e5", span_id="77", status="server_error"),
    _call("fine", session_id="session-of-5"),
]
DETAILS = [
    ErrorDetail(source="otlp", native_id="d1", started_at=to_us(AT), call_id="a1b2c3d4:77", message="Pool exhausted"),
    ErrorDetail(
        source="gateway",
        native_id="d2",
        started_at=to_us(AT),
        request_id="req-22",
        message="Boom",
        stack_trace="at Pool.get",
    ),
]


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """A ledger of each engine, with the same records of every kind."""
    folder: Path = tmp_path_factory.mktemp("listing")
    opened: list[Ledger] = [DuckDBLedger(folder / "ledger.duckdb"), clickhouse()]
    for ledger in opened:
        ledger.commit(Batch(records=[*measured.calls(seed=21, count=150), *measured.others(seed=22, count=40)]))
        ledger.commit(Batch(records=[*FAILED, *DETAILS]))
    yield opened
    for ledger in opened:
        ledger.close()


def _pages(ledger: Ledger, listing: Listing, between: Any = None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after = ""
    while True:
        page = answer(ledger, _with(listing, after=after), WORKSPACES, NOW)
        rows += [dict(row) for row in page.rows]
        assert len(page.rows) <= listing.limit
        after = page.after
        if not after:
            return rows
        assert len(page.rows) == listing.limit
        if between:
            between()


def _with(listing: Listing, **changes: Any) -> Listing:
    return Listing.parse({**listing.to_json(), **changes})


def _brute(rows: list[dict[str, Any]], sort: str) -> list[str]:
    """Ids in order: by value, unknown last; then newest first, and as every engine has those of one moment."""
    name, down = sort.lstrip("-"), sort.startswith("-")
    ordered = sorted(rows, key=lambda row: row["place"], reverse=name != "at" or down)
    if name == "at":
        return [row["id"] for row in ordered]
    known = [row for row in ordered if row[name] is not None]
    known.sort(key=lambda row: row[name][:120].encode() if isinstance(row[name], str) else row[name], reverse=down)
    # Sorting backwards keeps the order of equals.
    return [row["id"] for row in [*known, *(row for row in ordered if row[name] is None)]]


def _all(ledger: Ledger, cube: str, sort: str, **asked: Any) -> list[dict[str, Any]]:
    """Every record in no particular order, with its place in time."""
    name = sort.lstrip("-")
    columns = tuple(dict.fromkeys((*EVERY, name)))
    rows = answer(ledger, Listing(cube=cube, columns=columns, since="all", limit=5_000, **asked), WORKSPACES, NOW).rows
    sql = f"SELECT CAST(id AS VARCHAR), started_at, source, native_id, workspace FROM {CUBES[cube].table}"
    places = {row[0]: (row[1], *(text.encode() for text in row[2:])) for row in ledger.fetch(_statement(sql))}
    return [{**row, "place": places[row["id"]]} for row in rows]


def _statement(sql: str) -> Any:
    from tokometer.ledger import Statement

    return Statement(sql)


sorts = st.sampled_from(
    ["at", "-at", "cost", "-cost", "status", "-latency_ms", "ttft_ms", "-total_tokens", "attempt", "-model", "session"]
)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sort=sorts, limit=st.integers(20, 120), filtered=st.booleans())
def test_pages_together_are_the_whole_list(ledgers: list[Ledger], sort: str, limit: int, filtered: bool) -> None:
    """In order, each record once, with ties in the sort column and unknown values; the same on both engines."""
    where = (Filter("calls.provider", "!=", ("openai",)),) if filtered else ()
    told = []
    for ledger in ledgers:
        wanted = _brute(_all(ledger, "calls", sort, where=where), sort)
        listing = Listing(columns=("id",), where=where, since="all", sort=sort, limit=limit)
        told.append([row["id"] for row in _pages(ledger, listing)])
        assert told[-1] == wanted
    assert told[0] == told[1]


@pytest.mark.parametrize("cube", CUBES)
def test_every_column_of_every_cube_can_be_sorted_by(ledgers: list[Ledger], cube: str) -> None:
    """Facts and dimensions alike, this way or that; those that only details of errors tell are refused.

    A sixth of them in `make test`.
    """
    columns = enumerate((*FACTS[cube], *CUBES[cube].dimensions))
    for number, name in columns if LONG else [one for one in columns if one[0] % 6 == [*CUBES].index(cube) % 6]:
        if not sortable(cube, name):
            with pytest.raises(QueryError, match="told by other records"):
                Listing(cube=cube, sort=name)
            continue
        told = [_ids(ledger, cube, f"-{name}" if number % 2 else name) for ledger in ledgers]
        assert told[0] == told[1], name
        assert len(set(told[0])) == len(told[0]) >= 40


def _ids(ledger: Ledger, cube: str, sort: str) -> list[str]:
    return [row["id"] for row in _pages(ledger, Listing(cube=cube, columns=("id",), since="all", sort=sort, limit=120))]


@pytest.mark.parametrize("sort", ["-at", "-cost", "status"])
def test_records_that_arrive_meanwhile_hide_and_repeat_none(tmp_path: Path, sort: str) -> None:
    """What was there when the first page was asked for is on the pages exactly once, whatever comes in between."""
    with closing(DuckDBLedger(tmp_path / "ledger.duckdb")) as ledger:
        before = [replace_time(call, i) for i, call in enumerate(measured.calls(seed=5, count=60))]
        ledger.commit(Batch(records=list(before)))
        there = {row["id"] for row in _all(ledger, "calls", "at")}
        late = iter(measured.calls(seed=6, count=60))

        def arrive() -> None:
            ledger.commit(Batch(records=[replace_time(next(late), 0), replace_time(next(late), 50)]))

        rows = _pages(ledger, Listing(columns=("id",), since="all", sort=sort, limit=9), arrive)
        ids = [row["id"] for row in rows]
        assert len(set(ids)) == len(ids)
        assert there <= set(ids)


def replace_time(call: ModelCall, minutes: int) -> ModelCall:
    """The same call so many minutes before now, reported without a copy's rules."""
    fields = {name: getattr(call, name) for name in call.__struct_fields__}
    at = to_us(NOW - timedelta(minutes=minutes + 1))
    return ModelCall(**{**fields, "started_at": at, "native_id": f"{call.native_id}-{minutes}"})


def test_full_text_looks_at_messages_details_and_ids(ledgers: list[Ledger]) -> None:
    """Whatever the case, beyond ASCII, by the details of a call or of its request, and by a whole id."""
    for ledger in ledgers:

        def found(text: str, cube: str = "calls", engine: Ledger = ledger) -> int:
            listing = Listing(cube=cube, columns=("id",), since="2026-02-20", search=text)
            rows = answer(engine, listing, WORKSPACES, NOW).rows
            assert count(engine, listing, WORKSPACES, NOW) == len(rows)
            return len(rows)

        assert found("timed OUT, NAÏVELY") == 1
        assert found("pool exhausted") == 1
        assert found("pool") == 2
        assert found("session-of-5") == 1
        assert found("a1b2c3d4e5") == 1
        assert found("nothing of the kind") == 0
        assert found("") == 4
        assert found("exhausted", "error_details") == 1


@given(data=st.data())
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_numbers_are_compared_as_by_hand(ledgers: list[Ledger], data: st.DataObject) -> None:
    """Above and below together are all records that have the number, on both engines, and each is where it belongs."""
    cube = data.draw(st.sampled_from([cube for cube in FACTS if comparable(cube)]))
    fact = data.draw(st.sampled_from(sorted(comparable(cube))))
    every = [row[fact] for row in answer(ledgers[0], _every(cube, fact), WORKSPACES, NOW).rows]
    known = [value for value in every if value is not None]
    near = st.sampled_from([str(value) for value in known]) if known else st.nothing()
    number = data.draw(st.one_of(near, st.decimals(-10, 10**6, places=3).map(str)))
    if Decimal(number).adjusted() > 25:
        return
    for op, holds in (
        (">=", Decimal.__ge__),
        (">", Decimal.__gt__),
        ("<=", Decimal.__le__),
        ("<", Decimal.__lt__),
    ):
        expected = sum(holds(Decimal(str(value)), Decimal(number)) for value in known)
        for ledger in ledgers:
            listing = _every(cube, fact, compared=(f"{cube}.{fact} {op} {number}",))
            assert len(answer(ledger, listing, WORKSPACES, NOW).rows) == expected, (ledger.engine, listing.compared)
            assert count(ledger, listing, WORKSPACES, NOW) == expected


def _every(cube: str, fact: str, **more: Any) -> Listing:
    return Listing(cube=cube, columns=(fact,), since="all", limit=10_000, **more)


def test_what_is_no_number_cannot_be_compared() -> None:
    """With what may have been meant."""
    for given_, words in (
        ("calls.latency >= 3", "or 'latency_ms'"),
        ("calls.cost > much", "compared with a number"),
        ("calls.cost > 1e99999", "compared with a number"),
        ("calls.error_message > 3", "no number"),
    ):
        with pytest.raises(QueryError, match=words):
            Listing(compared=(given_,))  # type: ignore[arg-type]
    again = Listing.parse(Listing(compared=('calls.cost > ["0.5"]',)).to_json())  # type: ignore[arg-type]
    assert [str(one) for one in again.compared] == ["cost > 0.5"]


def test_a_place_is_bound_to_its_question(ledgers: list[Ledger]) -> None:
    """A page of another question, or of no question, is refused with what to do."""
    listing = Listing(columns=("id",), since="all", limit=5)
    after = answer(ledgers[0], listing, WORKSPACES, NOW).after
    assert answer(ledgers[0], _with(listing, after=after, columns=["at"], limit=3), WORKSPACES, NOW).rows
    for changed in ({"sort": "cost"}, {"search": "x"}, {"where": ["calls.model = gpt-5"]}):
        with pytest.raises(QueryError, match="another question"):
            answer(ledgers[0], _with(listing, after=after, **changed), WORKSPACES, NOW)
    for wrong in ("x", "e30", after[:-4], after * 40):
        with pytest.raises(QueryError, match="first page"):
            answer(ledgers[0], _with(listing, after=wrong), WORKSPACES, NOW)


def test_a_question_that_makes_no_sense_is_refused() -> None:
    """With the field, and what it may have been."""
    with pytest.raises(QueryError, match="sort: calls have no column 'costs'; did you mean"):
        Listing(sort="-costs")
    with pytest.raises(QueryError, match="search"):
        Listing(search="x" * 201)
    with pytest.raises(QueryError, match="limit"):
        Listing(limit=0)
    assert Listing.parse(Listing(sort="calls.cost").to_json()).sort == "cost"
