"""Accounts with providers, what asking them came to, top-ups; prices, rate cards, subscriptions, rates, closings."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    _connected()
    _charged()


def _connected() -> None:
    op.create_table(
        "provider_accounts",
        *_made(),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("address", sa.String(400), nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("shown", sa.String(80), nullable=False),
        sa.Column("variable", sa.String(80), nullable=False),
        sa.Column("every", sa.Integer, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("workspace", "title", name="provider_accounts_by_title"),
    )
    op.create_table(
        "account_states",
        sa.Column("account", sa.String(32), primary_key=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("synced", sa.BigInteger),
        sa.Column("due", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("failing_since", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("held_until", sa.BigInteger),
        sa.Column("balance", sa.String(40)),
        sa.Column("balance_unit", sa.String(20), nullable=False),
        sa.Column("balance_at", sa.BigInteger),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("known", sa.JSON, nullable=False),
        sa.Column("holder", sa.String(80), nullable=False),
        sa.Column("holder_until", sa.BigInteger),
    )
    op.create_index("account_states_by_due", "account_states", ["workspace", "due"])
    op.create_table(
        "sync_runs",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("trigger", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("began", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("portions", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("new", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("withdrawn", sa.Integer, nullable=False),
        sa.Column("same", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("retries", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("reports", sa.JSON, nullable=False),
    )
    op.create_index("sync_runs_by_account", "sync_runs", ["workspace", "account", "began"])
    op.create_table(
        "statement_versions",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("record", sa.String(20), nullable=False),
        sa.Column("native_id", sa.String(1000), nullable=False),
        sa.Column("replaced", sa.BigInteger, nullable=False),
        sa.Column("was", sa.JSON, nullable=False),
        sa.Column("became", sa.JSON, nullable=False),
    )
    op.create_index("statement_versions_by_line", "statement_versions", ["workspace", "account", "native_id"])
    op.create_table(
        "top_ups",
        *_made(),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.String(40), nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("note", sa.String(400), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("top_ups_by_account", "top_ups", ["workspace", "account", "at"])


def _charged() -> None:
    op.create_table(
        "price_overrides",
        *_made(),
        sa.Column("provider", sa.String(200), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("declared", sa.JSON, nullable=False),
        sa.Column("since", sa.BigInteger),
        sa.Column("until", sa.BigInteger),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("price_overrides_by_model", "price_overrides", ["workspace", "provider", "model"])
    op.create_table(
        "recostings",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(320), nullable=False),
        sa.Column("since", sa.BigInteger),
        sa.Column("until", sa.BigInteger),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("before", sa.String(40), nullable=False),
        sa.Column("after", sa.String(40), nullable=False),
        sa.Column("models", sa.JSON, nullable=False),
        sa.Column("applied_at", sa.BigInteger),
        sa.Column("undone_at", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_index("recostings_by_time", "recostings", ["workspace", "at"])
    op.create_table(
        "rate_cards",
        *_made(),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("declared", sa.JSON, nullable=False),
        sa.Column("currency", sa.String(10), nullable=False),
        sa.Column("since", sa.Date),
        sa.Column("until", sa.Date),
        sa.Column("purpose", sa.String(12), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("rate_cards_by_value", "rate_cards", ["workspace", "by", "value"])
    op.create_table(
        "closings",
        *_made(),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("of", sa.String(200), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("closings_by_period", "closings", ["workspace", "what", "period"])
    op.create_table(
        "subscriptions",
        *_made(),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("provider", sa.String(200), nullable=False),
        sa.Column("plan", sa.String(80), nullable=False),
        sa.Column("price", sa.String(40), nullable=False),
        sa.Column("currency", sa.String(10), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("seats", sa.Integer, nullable=False),
        sa.Column("people", sa.JSON, nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("limits", sa.JSON, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("workspace", "title", name="subscriptions_by_title"),
    )
    op.create_table(
        "exchange_rates",
        *_made(),
        sa.Column("currency", sa.String(10), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("rate", sa.String(40), nullable=False),
        sa.Column("origin", sa.String(200), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("workspace", "currency", "day", name="exchange_rates_by_day"),
    )


def _made() -> tuple[sa.Column[Any], ...]:
    """The columns of a thing that somebody makes."""
    return (
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("author", sa.String(320), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
