"""Version 2 of the schema, labels: sets of them, each kept once; samples had theirs as JSON in each row.

The sets that were there get ids by what SQL can hash. One of the same content that comes later has another id: two
rows that say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tokometer.ledger.protocol import Engine
from tokometer.ledger.tables import Table, columns_of

TABLES: Final = (
    Table(
        "label_sets",
        columns_of("int: id\nname: workspace\nnames: label_keys label_values\nint: rolled"),
        ("id",),
    ),
)
_DUCKDB_ID: Final = "CAST(md5_number_upper(workspace || chr(31) || labels) >> 1 AS BIGINT)"
_CLICKHOUSE_ID: Final = "reinterpretAsInt64(substring(MD5(concat(workspace, char(31), labels)), 1, 8))"
_HAS_SOME: Final = "labels NOT IN ('', '{}')"


def statements(engine: Engine) -> Sequence[str]:
    """The SQL of the step; on ClickHouse each statement can be run again."""
    return _DUCKDB if engine == "duckdb" else _CLICKHOUSE


_DUCKDB: Final = (
    f"INSERT INTO label_sets SELECT DISTINCT {_DUCKDB_ID}, workspace, map_keys(found), map_values(found), 0 FROM "
    f"(SELECT workspace, labels, CAST(CAST(labels AS JSON) AS MAP(VARCHAR, VARCHAR)) AS found FROM samples "
    f"WHERE {_HAS_SOME})",
    f"UPDATE samples SET label_set = {_DUCKDB_ID} WHERE {_HAS_SOME}",
    "UPDATE samples SET machine = host WHERE machine = ''",
    "ALTER TABLE samples DROP COLUMN labels",
)
# The column stays: what has been moved must be found again, should the step be cut off and begin anew.
_CLICKHOUSE: Final = (
    "INSERT INTO label_sets (id, workspace, label_keys, label_values, rolled, version) "
    f"SELECT DISTINCT {_CLICKHOUSE_ID}, workspace, tupleElement(JSONExtractKeysAndValues(labels, 'String'), 1), "
    f"tupleElement(JSONExtractKeysAndValues(labels, 'String'), 2), 0, 1 FROM samples WHERE {_HAS_SOME}",
    f"ALTER TABLE samples UPDATE label_set = {_CLICKHOUSE_ID} WHERE {_HAS_SOME} SETTINGS mutations_sync = 2",
    "ALTER TABLE samples UPDATE machine = host WHERE machine = '' SETTINGS mutations_sync = 2",
)
