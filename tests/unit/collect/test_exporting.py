"""Records of the ledger as objects of our own format, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tokometer.collect import exporting
from tokometer.collect.exporting import exported
from tokometer.ledger import Batch, Ledger
from tokometer.records.wire import record_from

_NUMBERS = count()
AT = 1_772_442_000_000_000


@pytest.fixture(params=["duckdb", "clickhouse"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    if request.param == "duckdb":
        from tokometer.ledger.duckdb import DuckDBLedger

        opened: Ledger = DuckDBLedger(tmp_path / "ledger.duckdb")
    else:
        from servers.ledgers import clickhouse

        opened = clickhouse()
    yield opened
    opened.close()


def test_what_is_exported_is_what_was_kept(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times, money, durations, labels and parts of it, in portions of any size; a window has its end outside."""
    monkeypatch.setattr(exporting, "_STEP", 2)
    calls = [
        {
            "id": f"c{number}",
            "started_at": AT + number * 1_000_000_000,
            "model": "gpt-4o-mini",
            "input_tokens": 10**12 + number,
            "cost_usd": "0.000000001",
            "latency_ms": "1.001",
            "labels": {"plan": f"p{number % 2}"},
            "images": 2,
            "input_audio_tokens": 3,
        }
        for number in range(7)
    ]
    records = [record_from("calls", call) for call in calls]
    job = record_from("jobs", {"id": "j", "job_id": "nightly", "name": "nightly", "started_at": AT, "next_run_at": AT})
    ledger.commit(Batch([*records, job]))
    told = list(exported(ledger, "calls", 0, 1 << 62))
    assert [one["native_id"] for one in told] == [f"c{number}" for number in range(7)]
    assert told[0]["cost_usd"] == "0.000000001"
    assert told[0]["latency_ms"] == "1.001"
    again = [record_from("calls", {key: value for key, value in one.items() if key != "origin"}) for one in told]
    assert again == records
    [one] = exported(ledger, "jobs", 0, 1 << 62)
    assert record_from("jobs", one) == job
    within = exported(ledger, "calls", AT + 1_000_000_000, AT + 3_000_000_000)
    assert [one["native_id"] for one in within] == ["c1", "c2"]
    assert not list(exported(ledger, "tools", 0, 1 << 62))
