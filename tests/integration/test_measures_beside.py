"""What is asked of the records beside the calls is what counting them by hand gives, on both engines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from generators import measured
from tokometer.ledger import Batch, Ledger
from tokometer.measures import CUBES, Query, run
from tokometer.records import KINDS, Record, to_datetime

NOW = datetime(2026, 2, 20, 12, 7, tzinfo=UTC)
SINCE, UNTIL = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 5, 1, 10, 0, 0, 500_000, tzinfo=UTC)
RECORDS = measured.others(seed=11, count=150)
KINDS_BESIDE = ("logs", "scores", "models", "knowledge_bases", "documents", "error_details")

By = Callable[[Sequence[Any]], Any]


def count(**wanted: tuple[str, ...]) -> By:
    """How many have one of these values."""
    return lambda rows: sum(all(getattr(row, name) in values for name, values in wanted.items()) for row in rows)


def total(name: str) -> By:
    """The sum of what is known."""
    return lambda rows: sum(getattr(row, name) or 0 for row in rows)


def known(rows: Sequence[Any], name: str) -> list[Any]:
    """The values that are known, in order."""
    return sorted(getattr(row, name) for row in rows if getattr(row, name) is not None)


def quantile(name: str, permille: int, scale: int = 1) -> By:
    """The nearest rank."""

    def rank(rows: Sequence[Any]) -> Any:
        values = known(rows, name)
        return values[ceil(permille * len(values) / 1000) - 1] / scale if values else None

    return rank


def mean(name: str, scale: int = 1) -> By:
    """The mean of what is known."""
    return lambda rows: sum(known(rows, name)) / len(known(rows, name)) / scale if known(rows, name) else None


def edge(name: str, which: Callable[[Any], Any]) -> By:
    """The largest or smallest of what is known."""
    return lambda rows: which(known(rows, name)) if known(rows, name) else None


def ratio(upper: By, lower: By) -> By:
    """One by the other."""
    return lambda rows: upper(rows) / lower(rows) if lower(rows) else None


def latest(rows: Sequence[Any]) -> Any:
    """The value of the latest; of several at that time, the largest."""
    found = [(row.started_at, row.value) for row in rows if row.value is not None]
    return max(found)[1] if found else None


DURATIONS = {"p95_duration": quantile("duration_us", 950, 1000), "mean_duration": mean("duration_us", 1000)}
EXPECTED: dict[str, tuple[str, dict[str, By]]] = {
    "logs": (
        "logger",
        {
            "lines": len,
            "errors": count(level=("error", "fatal")),
            "warnings": count(level=("warning",)),
            "error_share": ratio(count(level=("error", "fatal")), len),
            "p50_duration": quantile("duration_us", 500, 1000),
            **DURATIONS,
        },
    ),
    "scores": (
        "score",
        {
            "scores": len,
            "mean": mean("value"),
            "p50": quantile("value", 500),
            "p10": quantile("value", 100),
            "max": edge("value", max),
            "min": edge("value", min),
            "last": latest,
            "yes": lambda rows: sum(row.type == "boolean" and row.value is not None and row.value > 0 for row in rows),
            "no": lambda rows: sum(row.type == "boolean" and row.value is not None and row.value <= 0 for row in rows),
        },
    ),
    "models": (
        "provider",
        {
            "models": len,
            "installed_models": count(installed=("yes",)),
            "with_tools": count(tools=("yes",)),
            "providers": lambda rows: len({row.provider for row in rows}),
            "size": total("size_bytes"),
            "largest_context": edge("context_window", max),
            "largest_model": edge("parameters", max),
        },
    ),
    "knowledge_bases": (
        "knowledge_base",
        {
            "knowledge_bases": len,
            **{name: total(name) for name in ("documents", "chunks", "tokens")},
            "size": total("size_bytes"),
            "chunks_per_document": ratio(total("chunks"), total("documents")),
        },
    ),
    "documents": (
        "knowledge_base",
        {
            "documents": len,
            "indexed": count(status=("indexed",)),
            "failed": count(status=("failed",)),
            "failure_rate": ratio(count(status=("failed",)), len),
            "knowledge_bases": lambda rows: len({row.knowledge_base for row in rows}),
            "chunks": total("chunks"),
            "tokens": total("tokens"),
            "size": total("size_bytes"),
            "chunks_per_document": ratio(total("chunks"), len),
            **DURATIONS,
        },
    ),
    "error_details": (
        "status",
        {
            "errors": len,
            "with_stack_trace": lambda rows: sum(bool(row.stack_trace) for row in rows),
            "with_bodies": lambda rows: sum(bool(row.request or row.response) for row in rows),
        },
    ),
}


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger of each engine with the records."""
    if request.param == "duckdb":
        from tokometer.ledger.duckdb import DuckDBLedger

        opened: Ledger = DuckDBLedger(Path(tmp_path_factory.mktemp("beside")) / "ledger.duckdb")
    else:
        from servers.ledgers import clickhouse

        opened = clickhouse()
    opened.commit(Batch(records=list(RECORDS)))
    yield opened
    opened.close()


@pytest.mark.parametrize("grouped", [False, True], ids=["whole", "grouped"])
@pytest.mark.parametrize("kind", KINDS_BESIDE)
def test_every_measure_is_what_counting_gives(ledger: Ledger, kind: str, grouped: bool) -> None:
    """Counts, sums, means, ranks and extremes, as a whole and by a dimension, of the workspaces that one may see."""
    dimension, measures = EXPECTED[kind]
    assert set(measures) == {measure.short for measure in CUBES[kind].measures.values()}
    column = CUBES[kind].dimensions[dimension].column
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in RECORDS:
        if record.kind == kind and SINCE <= to_datetime(record.started_at) < UNTIL and record.workspace == "default":
            groups[getattr(record, column) if grouped else ""].append(record)
    query = Query(
        measures=tuple(f"{kind}.{name}" for name in measures),
        by=(f"{kind}.{dimension}",) if grouped else (),
        since=SINCE.isoformat(),
        until=UNTIL.isoformat(),
    )
    rows = run(ledger, query, now=NOW).rows
    assert len(rows) == len(groups)
    assert len(groups) > grouped
    for row in rows:
        records = groups[row[dimension] if grouped else ""]
        expected = {name: by_hand(records) for name, by_hand in measures.items()}
        assert {name: row[name] for name in measures} == pytest.approx(expected)


def test_every_kind_has_its_cube() -> None:
    """Whatever can be kept can be asked."""
    assert set(CUBES) == set(KINDS)
