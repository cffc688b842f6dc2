"""What stands behind a number: the listed records of every measure add up to exactly what the query gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from generators import measured
from generators.examples import in_turn
from servers.ledgers import at_rest, clickhouse
from tokometer.ledger import Batch, Ledger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.measures import CUBES, Feed, Filter, Query, QueryError, answer
from tokometer.measures.behind import Behind, behind

NOW = datetime(2026, 2, 20, 12, 7, tzinfo=UTC)
WORKSPACES = ("default", "other")
#: All time, whole quarter hours (rollups answer), and edges within them (the records do).
WINDOWS = (
    ("2025-01-01", "2026-01-01"),
    ("2025-03-08", "2025-11-02"),
    ("2025-03-09T05:07:30Z", "2025-11-02T06:00:00.5Z"),
)


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Ledger]]:
    """A ledger of each engine, with the same records of every kind."""
    folder: Path = tmp_path_factory.mktemp("behind")
    opened: list[Ledger] = [DuckDBLedger(folder / "ledger.duckdb"), clickhouse()]
    for ledger in opened:
        ledger.commit(Batch(records=[*measured.calls(seed=7, count=300), *measured.others(seed=8, count=60)]))
        at_rest(ledger)
    yield opened
    for ledger in opened:
        ledger.close()


def _asked(ledger: Ledger, cube: str, since: str, until: str, where: tuple[Filter, ...]) -> dict[str, Any]:
    measures = tuple(measure.name for measure in CUBES[cube].measures.values())
    query = Query(measures=measures, where=where, since=since, until=until)
    return dict(answer(ledger, query, WORKSPACES, NOW).rows[0])


def _added(ledger: Ledger, cube: str, since: str, until: str, where: tuple[Filter, ...]) -> dict[str, Any]:
    """Every measure from the records behind it; those of the same records from one list."""
    lists: dict[tuple[Filter, ...], list[Behind]] = {}
    for measure in CUBES[cube].measures.values():
        of = behind(measure.name)
        lists.setdefault(of.where, []).append(of)
    added = {}
    for more, measures in lists.items():
        columns = tuple(dict.fromkeys(name for of in measures for name in of.columns))
        feed = Feed(cube=cube, columns=columns, where=(*where, *more), since=since, until=until, limit=100_000)
        listed = answer(ledger, feed, WORKSPACES, NOW)
        seconds = (listed.meta.until - listed.meta.since).total_seconds()
        added |= {of.measure.short: of.value(listed.rows, seconds) for of in measures}
    return added


def _same(cube: str, one: Any, other: Any) -> bool:
    if cube in ("samples", "scores", "bills", "reported") and isinstance(one, float):
        # Readings are floats, whose sum depends on the order in the last digit.
        return bool(one == pytest.approx(other, rel=1e-12))
    return bool(one == other) and type(one) is type(other)


@pytest.mark.parametrize(("cube", "window"), in_turn([*CUBES], WINDOWS))
def test_the_listed_records_add_up_to_every_measure(ledgers: list[Ledger], cube: str, window: tuple[str, str]) -> None:
    """On both engines, in whole windows and odd ones, money to the last digit."""
    since, until = window
    for ledger in ledgers:
        asked, added = (of(ledger, cube, since, until, ()) for of in (_asked, _added))
        wrong = {name: (asked[name], added[name]) for name in asked if not _same(cube, asked[name], added[name])}
        assert not wrong


def test_they_do_under_filters_too(ledgers: list[Ledger]) -> None:
    """What a measure counts is listed beside the query's own filters, those of the same dimension included."""
    where = (Filter("calls.provider", "in", ("anthropic", "openai")), Filter("calls.status", "!=", ("timeout",)))
    for ledger in ledgers:
        asked, added = (of(ledger, "calls", *WINDOWS[0], where) for of in (_asked, _added))
        assert {
            name: (value, added[name]) for name, value in asked.items() if not _same("calls", value, added[name])
        } == {}


def test_only_those_that_count_are_listed() -> None:
    """Errors are the failed calls, an error rate is of all calls, and a list can be sorted by what adds most."""
    assert [str(one) for one in behind("calls.timeouts").where] == ['calls.status in ["timeout"]']
    assert behind("calls.error_rate").where == ()
    assert [one.values for one in behind("runs.success_rate").where] == [("ok", "error")]
    assert [one.dimension for one in behind("calls.unpriced").where] == ["calls.price_certainty"]
    assert behind("calls.cost").shown == "cost"
    assert behind("calls.requests").shown == ""
    with pytest.raises(QueryError, match="did you mean"):
        behind("calls.costs")
