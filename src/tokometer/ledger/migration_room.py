"""Version 2 of the schema: room in the records for labels, places, parts of buckets, and how sure a price is.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tokometer.ledger.protocol import Engine

#: The tables of records in version 1.
_RECORDS: Final = ("calls", "tools", "runs", "jobs", "samples", "bills")
_NAME: Final = {"duckdb": "VARCHAR DEFAULT ''", "clickhouse": "LowCardinality(String) DEFAULT ''"}
_JSON: Final = {"duckdb": "VARCHAR DEFAULT ''", "clickhouse": "String DEFAULT ''"}
_COUNT: Final = {"duckdb": "BIGINT", "clickhouse": "Nullable(Int64)"}
_FLAG: Final = {"duckdb": "BOOLEAN DEFAULT false", "clickhouse": "Bool DEFAULT false"}


def statements(engine: Engine) -> Sequence[str]:
    """The SQL of the step; each statement can be run again."""
    added = [
        (table, name, type_[engine])
        for table in _RECORDS
        for name, type_ in (("machine", _NAME), ("account", _NAME), ("region", _NAME), ("label_set", _COUNT))
    ]
    added += [
        ("calls", name, type_[engine])
        for name, type_ in (
            ("unsplit_tokens", _COUNT),
            ("parts", _JSON),
            ("quantities", _JSON),
            ("price_basis", _NAME),
            ("echo", _FLAG),
        )
    ]
    return [f'ALTER TABLE {table} ADD COLUMN IF NOT EXISTS "{name}" {type_}' for table, name, type_ in added]
