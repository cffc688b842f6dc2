"""A ledger of version 2 becomes one of version 3, on both engines."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from servers.ledgers import place
from tokometer.ledger import Statement
from tokometer.ledger.clickhouse import ClickHouseLedger
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.ledger.schema import RECORDS

TABLES = ("notices", "logs", "scores", "models", "knowledge_bases", "documents", "error_details")


def test_the_new_tables_are_those_of_a_new_ledger_on_duckdb(tmp_path: Path) -> None:
    """Column by column, whether the ledger is new or has been brought forward; run again it changes nothing."""
    DuckDBLedger(tmp_path / "new.duckdb").close()
    DuckDBLedger(tmp_path / "old.duckdb").close()
    for attempt in range(2):
        with duckdb.connect(str(tmp_path / "old.duckdb")) as connection:
            for table in TABLES if not attempt else ():
                connection.execute(f"DROP TABLE {table}")
            connection.execute("UPDATE meta SET value = '2' WHERE key = 'schema_version'")
        ledgers = [DuckDBLedger(tmp_path / f"{name}.duckdb") for name in ("new", "old")]
        for table in TABLES:
            new, old = (ledger.fetch(Statement(f"DESCRIBE {table}")) for ledger in ledgers)
            assert new == old
        for ledger in ledgers:
            ledger.close()


@pytest.mark.parametrize("attempts", [1, 2])
def test_the_new_tables_are_those_of_a_new_ledger_on_clickhouse(attempts: int) -> None:
    """Statement by statement, whether the ledger is new or has been brought forward; run again it changes nothing."""
    old, new = (ClickHouseLedger(place(f"beside_{name}_{attempts}")) for name in ("old", "new"))
    for table in TABLES:
        old.command(f"DROP TABLE {table}")
    for _ in range(attempts):
        old._write_version(2)
        again = ClickHouseLedger(place(f"beside_old_{attempts}"))
    for table in TABLES:
        shown = [
            ledger.fetch(Statement(f"SHOW CREATE TABLE {ledger.database}.{table}"))[0][0].replace(ledger.database, "")
            for ledger in (new, again)
        ]
        assert shown[0] == shown[1]
    assert set(TABLES[1:]) <= set(RECORDS)
