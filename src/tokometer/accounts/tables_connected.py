"""The tables of accounts with providers, and of what asking them came to, as they are now."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from tokometer.accounts.tables import METADATA, Moment, Money, made

PROVIDER_ACCOUNTS: Final = Table(
    "provider_accounts",
    METADATA,
    *made(
        Column("type", String(40), nullable=False),
        Column("title", String(80), nullable=False),
        Column("address", String(400), nullable=False),
        Column("options", JSON, nullable=False),
        Column("sealed", Text, nullable=False),
        Column("shown", String(80), nullable=False),
        Column("variable", String(80), nullable=False),
        Column("every", Integer, nullable=False),
        Column("paused", Boolean, nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    UniqueConstraint("workspace", "title", name="provider_accounts_by_title"),
)
ACCOUNT_STATES: Final = Table(
    "account_states",
    METADATA,
    Column("account", String(32), primary_key=True),
    Column("workspace", String(128), nullable=False),
    Column("synced", Moment),
    Column("due", Moment),
    Column("error", Text, nullable=False),
    Column("failing_since", Moment),
    Column("failures", Integer, nullable=False),
    Column("held_until", Moment),
    Column("balance", Money),
    Column("balance_unit", String(20), nullable=False),
    Column("balance_at", Moment),
    Column("facts", JSON, nullable=False),
    Column("known", JSON, nullable=False),
    Column("holder", String(80), nullable=False),
    Column("holder_until", Moment),
    Index("account_states_by_due", "workspace", "due"),
)
SYNC_RUNS: Final = Table(
    "sync_runs",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("workspace", String(128), nullable=False),
    Column("account", String(32), nullable=False),
    Column("trigger", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("began", Moment, nullable=False),
    Column("ended", Moment),
    Column("portions", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("withdrawn", Integer, nullable=False),
    Column("same", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("reports", JSON, nullable=False),
    Index("sync_runs_by_account", "workspace", "account", "began"),
)
STATEMENT_VERSIONS: Final = Table(
    "statement_versions",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("workspace", String(128), nullable=False),
    Column("account", String(32), nullable=False),
    Column("record", String(20), nullable=False),
    Column("native_id", String(1000), nullable=False),
    Column("replaced", Moment, nullable=False),
    Column("was", JSON, nullable=False),
    Column("became", JSON, nullable=False),
    Index("statement_versions_by_line", "workspace", "account", "native_id"),
)
TOP_UPS: Final = Table(
    "top_ups",
    METADATA,
    *made(
        Column("account", String(32), nullable=False),
        Column("at", Moment, nullable=False),
        Column("amount", Money, nullable=False),
        Column("counted", Boolean, nullable=False),
        Column("unit", String(10), nullable=False),
        Column("note", String(400), nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    Index("top_ups_by_account", "workspace", "account", "at"),
)
