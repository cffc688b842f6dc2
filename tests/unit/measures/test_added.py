"""What deltas add up to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from generators.looked_at import NOW
from tokometer.ledger import Batch
from tokometer.ledger.opening import open_ledger
from tokometer.measures import Query, answer
from tokometer.records.time import to_us
from tokometer.sources.series import Point, samples_of, series_of


def test_deltas_add_up_and_counters_do_not(tmp_path: Path) -> None:
    """`samples.added` is the sum of the deltas under any grouping; counters and gauges beside them add nothing."""
    ledger = open_ledger(tmp_path)
    at = to_us(NOW - timedelta(hours=2))
    told = [
        *samples_of(series_of("t", {"type": "input"}), Point(at, 1.25, "delta"), "otlp"),
        *samples_of(series_of("t", {"type": "input"}), Point(at + 1, 0.5, "delta"), "otlp"),
        *samples_of(series_of("t", {"type": "output"}), Point(at, 8.0, "delta"), "otlp"),
        *samples_of(series_of("t", {"type": "all"}), Point(at, 100.0, "counter", at - 5), "otlp"),
        *samples_of(series_of("t", {"type": "now"}), Point(at, 7.0), "otlp"),
    ]
    ledger.commit(Batch(records=list(told)))
    ledger.commit(Batch(records=list(reversed(told))))
    question = Query(measures=("samples.added", "samples.readings"), by=("samples.mode",), since="1d", tz="UTC")
    rows = sorted(answer(ledger, question, now=NOW).rows, key=lambda row: str(row["mode"]))
    assert [(row["mode"], row["added"], row["readings"]) for row in rows] == [
        ("counter", 0.0, 2),
        ("delta", 9.75, 3),
        ("gauge", 0.0, 1),
    ]
    ledger.close()
