"""Version 5 of the schema: availability by the minute, filled from the calls.

A migration names its tables and columns itself: what the code declares today is not what it declared then. Quarter
hours that are marked are left to the next settle, which rebuilds them anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tokometer.ledger.protocol import Engine
from tokometer.ledger.tables import Table, columns_of

TABLES: Final = (
    Table(
        "availability",
        columns_of("name: workspace\nsmall: quarter\nname: scope provider\nsmall: active bad\nint: requests errors"),
        ("workspace", "quarter", "scope", "provider"),
    ),
)
#: The bit of the minute of its quarter hour in which a call began.
_BIT: Final[dict[Engine, str]] = {
    "duckdb": "(1 << CAST(epoch_us(started_at) // 60000000 % 15 AS INTEGER))",
    "clickhouse": "bitShiftLeft(toInt32(1), intDiv(toUnixTimestamp64Micro(started_at), 60000000) % 15)",
}
_INT: Final[dict[Engine, str]] = {"duckdb": "BIGINT", "clickhouse": "Int64"}
_SMALL: Final[dict[Engine, str]] = {"duckdb": "INTEGER", "clickhouse": "Int32"}
_NAMES: Final = "workspace, quarter, scope, provider, active, bad, requests, errors"


def statements(engine: Engine) -> Iterator[str]:
    """The rest of the step; on ClickHouse it can be run again: of two rows with one key the newer counts."""
    bit, whole, small = _BIT[engine], _INT[engine], _SMALL[engine]
    minutes = (
        f"SELECT workspace, quarter, provider AS served, {bit} AS bit, count(*) AS called, "
        "count(*) FILTER (WHERE status NOT IN ('ok', 'cancelled')) AS failed FROM calls "
        "WHERE quarter NOT IN (SELECT quarter FROM dirty_quarters) "
        f"GROUP BY workspace, quarter, provider, {bit}"
    )
    scoped = (
        "SELECT workspace, quarter, scope, CASE WHEN scope = 'provider' THEN served ELSE '' END AS whose, bit, "
        f"sum(called) AS called, sum(failed) AS failed FROM ({minutes}) AS minutes "
        "CROSS JOIN (SELECT 'all' AS scope UNION ALL SELECT 'provider') AS scopes "
        "GROUP BY workspace, quarter, scope, whose, bit"
    )
    if engine == "duckdb":
        yield "DELETE FROM availability"
    version = ", toUInt64(toUnixTimestamp64Nano(now64(9)))" if engine == "clickhouse" else ""
    yield (
        f"INSERT INTO availability ({_NAMES}{', version' if version else ''}) "
        f"SELECT workspace, quarter, scope, whose, CAST(sum(bit) AS {small}), "
        f"CAST(sum(CASE WHEN 2 * failed > called THEN bit ELSE 0 END) AS {small}), "
        f"CAST(sum(CASE WHEN 2 * failed > called THEN called ELSE 0 END) AS {whole}), "
        f"CAST(sum(CASE WHEN 2 * failed > called THEN failed ELSE 0 END) AS {whole}){version} "
        f"FROM ({scoped}) AS scoped GROUP BY workspace, quarter, scope, whose"
    )
