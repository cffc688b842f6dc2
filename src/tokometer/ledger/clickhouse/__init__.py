"""The ledger on ClickHouse: for when one machine is not enough."""

from tokometer.ledger.clickhouse.ledger import ClickHouseLedger

__all__ = ["ClickHouseLedger"]
