"""Log buckets worked out in SQL are those worked out in Python."""

from __future__ import annotations

from math import floor

from tokometer.ledger import Ledger, Statement
from tokometer.measures.dialect import DIALECTS
from tokometer.records.histogram import GAMMA, bucket_of, bucket_sql

#: Four months, in microseconds.
_LONGEST = 10**13


def test_every_border_of_every_bucket_is_where_python_has_it(ledger: Ledger) -> None:
    """The whole microseconds on both sides of each border, up to four months, are in the same buckets."""
    values = {0, 1, 2, 3}
    bucket = 1
    while (border := GAMMA**bucket) < _LONGEST:
        values |= {floor(border) + step for step in (-1, 0, 1, 2)}
        bucket += 1
    each = DIALECTS[ledger.engine].unnest("$values")
    sql = f"SELECT value, {bucket_sql('value')} FROM (SELECT {each} AS value) AS them"
    found = ledger.fetch(Statement(sql, {"values": sorted(values)}))
    assert len(found) == len(values) > 3_000
    assert [pair for pair in found if pair[1] != bucket_of(pair[0])] == []
