"""Much is settled in pieces, on both engines, and comes to the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators import measured
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.clickhouse import settle as clickhouse_settle
from tokometer.ledger.duckdb import settle as duckdb_settle
from tokometer.ledger.slices import slices


@given(
    st.dictionaries(st.integers(0, 500), st.integers(0, 60), max_size=60),
    st.integers(1, 100),
    st.sampled_from([1, 4]),
)
def test_every_place_is_in_one_span_and_no_span_has_too_much(counts: dict[int, int], most: int, least: int) -> None:
    """Newest first, without overlap; only a place that has too much by itself makes a span that has."""
    spans = slices(counts.items(), most, least)
    for place in counts:
        assert sum(span.first <= place <= span.last for span in spans) == 1
    assert spans == sorted(spans, reverse=True)
    for span in spans:
        assert span.first % least == 0
        assert span.last % least == least - 1
        held = [counts.get(place, 0) for place in range(span.first, span.last + 1)]
        assert sum(held) <= most or span.last - span.first < least


def test_many_pieces_make_the_same_rollups(new_ledger: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it takes one transaction or a hundred, cells, hours and sessions are the same, and no mark is left."""
    calls = measured.calls(seed=12, count=160)
    whole, pieces = new_ledger(), new_ledger()
    whole.commit(Batch(list(calls)))
    whole.settle()
    for module in (clickhouse_settle, duckdb_settle):
        monkeypatch.setattr(module, "MOST_CALLS", 20)
        monkeypatch.setattr(module, "MOST_SESSIONS", 12)
    monkeypatch.setattr(clickhouse_settle, "_MOST_QUARTERS", 20)
    for part in (calls[:90], calls[90:]):
        pieces.commit(Batch(list(part)))
        assert pieces.settle() == len({call.started_at // 900_000_000 for call in part})
    assert pieces.audit() == []
    for table in ("cells", "hours", "sessions"):
        rows = Statement(f"SELECT count(*), sum(requests), sum(input_tokens), sum(cost_usd) FROM {table}")
        assert pieces.fetch(rows) == whole.fetch(rows)
    for table in ("dirty_quarters", "dirty_sessions"):
        assert pieces.fetch(Statement(f"SELECT count(*) FROM {table}")) == [(0,)]
