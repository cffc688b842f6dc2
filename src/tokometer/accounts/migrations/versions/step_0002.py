"""Budgets, objectives, alert rules, alerts, channels, deliveries, digests, answers, machines, series."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "budgets",
        *_made(),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("amount", sa.String(40), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("tz", sa.String(64), nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("levels", sa.JSON, nullable=False),
        sa.Column("stops", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("budgets_by_title", "budgets", ["workspace", "title"])
    op.create_table(
        "objectives",
        *_made(),
        sa.Column("provider", sa.String(200), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("declared", sa.JSON, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("workspace", "provider", "model", name="objectives_by_name"),
    )
    op.create_table(
        "rules",
        *_made(),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("declared", sa.JSON, nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("silenced_until", sa.BigInteger),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("rules_by_title", "rules", ["workspace", "title"])
    op.create_table(
        "channels",
        *_made(),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("shown", sa.String(200), nullable=False),
        sa.Column("wants", sa.JSON, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("workspace", "title", name="channels_by_title"),
    )
    op.create_table(
        "digests",
        *_made(),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("board", sa.String(80), nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("every", sa.String(10), nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("weekday", sa.Integer, nullable=False),
        sa.Column("tz", sa.String(64), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("last", sa.BigInteger),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("digests_by_workspace", "digests", ["workspace"])
    op.create_table(
        "answers",
        *_made(),
        sa.Column("key", sa.String(400), nullable=False),
        sa.Column("did", sa.String(12), nullable=False),
        sa.Column("title", sa.String(400), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("promised", sa.String(40)),
        sa.Column("before", sa.JSON, nullable=False),
        sa.UniqueConstraint("workspace", "key", name="answers_by_key"),
    )
    op.create_table(
        "hardware",
        *_made(),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("match", sa.String(200), nullable=False),
        sa.Column("price", sa.String(40), nullable=False),
        sa.Column("bought", sa.BigInteger, nullable=False),
        sa.Column("amortisation_months", sa.Integer, nullable=False),
        sa.Column("power_price", sa.String(40), nullable=False),
        sa.Column("watts", sa.Float),
        sa.Column("compared", sa.JSON, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("workspace", "title", name="hardware_by_title"),
    )
    op.create_table(
        "series",
        *_made(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("tz", sa.String(64), nullable=False),
        sa.Column("adds", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("workspace", "name", name="series_by_name"),
    )
    op.create_table(
        "points",
        sa.Column("series", sa.String(32), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("value", sa.Float, nullable=False),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("rule", sa.String(80), nullable=False),
        sa.Column("value", sa.String(400), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("fired", sa.BigInteger),
        sa.Column("resolved", sa.BigInteger),
        sa.Column("acknowledged", sa.BigInteger),
        sa.Column("acknowledged_by", sa.String(320), nullable=False),
        sa.Column("measured", sa.JSON, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("told", sa.Boolean, nullable=False),
        sa.Column("silenced_until", sa.BigInteger),
        sa.Column("changed", sa.BigInteger),
        sa.UniqueConstraint("workspace", "rule", "value", "since", name="alerts_once"),
    )
    op.create_index("alerts_by_state", "alerts", ["workspace", "state"])
    op.create_index("alerts_by_time", "alerts", ["workspace", "fired"])
    op.create_table(
        "watched",
        sa.Column("workspace", sa.String(128), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("seen", sa.JSON, nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("about", sa.String(200), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("sent", sa.BigInteger),
        sa.UniqueConstraint("workspace", "channel", "about", name="deliveries_once"),
    )
    op.create_index("deliveries_by_due", "deliveries", ["state", "due"])


def _made() -> tuple[sa.Column[Any], ...]:
    """The columns of a thing that somebody makes."""
    return (
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("author", sa.String(320), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
