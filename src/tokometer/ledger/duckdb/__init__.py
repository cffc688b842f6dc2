"""The embedded ledger: one DuckDB file, opened by one process."""

from tokometer.ledger.duckdb.ledger import FILE_NAME, DuckDBLedger

__all__ = ["FILE_NAME", "DuckDBLedger"]
