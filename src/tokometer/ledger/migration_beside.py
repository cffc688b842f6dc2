"""Version 3 of the schema: what no rule understood, counted.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tokometer.ledger.protocol import Engine

_NOTICES: Final[dict[Engine, str]] = {
    "duckdb": (
        "CREATE TABLE IF NOT EXISTS notices (workspace VARCHAR NOT NULL, source VARCHAR NOT NULL, "
        'topic VARCHAR NOT NULL, "name" VARCHAR NOT NULL, count BIGINT NOT NULL, place VARCHAR NOT NULL, '
        "first_at TIMESTAMP NOT NULL, latest_at TIMESTAMP NOT NULL)"
    ),
    "clickhouse": (
        "CREATE TABLE IF NOT EXISTS notices (workspace LowCardinality(String), source LowCardinality(String), "
        "topic LowCardinality(String), name LowCardinality(String), count SimpleAggregateFunction(sum, Int64), "
        "place SimpleAggregateFunction(max, String), first_at SimpleAggregateFunction(min, DateTime64(6, 'UTC')), "
        "latest_at SimpleAggregateFunction(max, DateTime64(6, 'UTC'))) "
        "ENGINE = AggregatingMergeTree ORDER BY (workspace, source, topic, name)"
    ),
}


def statements(engine: Engine) -> Sequence[str]:
    """The SQL of the step; each statement can be run again."""
    return [_NOTICES[engine]]
