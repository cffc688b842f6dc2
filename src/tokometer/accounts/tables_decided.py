"""The tables of what people decide, and of what was said to them, as they are now."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from tokometer.accounts.tables import METADATA, Moment, Money, made

BUDGETS: Final = Table(
    "budgets",
    METADATA,
    *made(
        Column("title", String(80), nullable=False),
        Column("amount", Money, nullable=False),
        Column("period", String(10), nullable=False),
        Column("tz", String(64), nullable=False),
        Column("filters", JSON, nullable=False),
        Column("levels", JSON, nullable=False),
        Column("stops", Boolean, nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    Index("budgets_by_title", "workspace", "title"),
)
OBJECTIVES: Final = Table(
    "objectives",
    METADATA,
    *made(
        Column("provider", String(200), nullable=False),
        Column("model", String(200), nullable=False),
        Column("declared", JSON, nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    UniqueConstraint("workspace", "provider", "model", name="objectives_by_name"),
)
RULES: Final = Table(
    "rules",
    METADATA,
    *made(
        Column("title", String(120), nullable=False),
        Column("declared", JSON, nullable=False),
        Column("severity", String(10), nullable=False),
        Column("enabled", Boolean, nullable=False),
        Column("silenced_until", Moment),
        Column("revision", Integer, nullable=False),
    ),
    Index("rules_by_title", "workspace", "title"),
)
CHANNELS: Final = Table(
    "channels",
    METADATA,
    *made(
        Column("title", String(80), nullable=False),
        Column("sealed", Text, nullable=False),
        Column("shown", String(200), nullable=False),
        Column("wants", JSON, nullable=False),
        Column("enabled", Boolean, nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    UniqueConstraint("workspace", "title", name="channels_by_title"),
)
DIGESTS: Final = Table(
    "digests",
    METADATA,
    *made(
        Column("title", String(80), nullable=False),
        Column("channel", String(32), nullable=False),
        Column("board", String(80), nullable=False),
        Column("query", Text, nullable=False),
        Column("every", String(10), nullable=False),
        Column("hour", Integer, nullable=False),
        Column("weekday", Integer, nullable=False),
        Column("tz", String(64), nullable=False),
        Column("enabled", Boolean, nullable=False),
        Column("last", Moment),
        Column("revision", Integer, nullable=False),
    ),
    Index("digests_by_workspace", "workspace"),
)
ANSWERS: Final = Table(
    "answers",
    METADATA,
    *made(
        Column("key", String(400), nullable=False),
        Column("did", String(12), nullable=False),
        Column("title", String(400), nullable=False),
        Column("why", Text, nullable=False),
        Column("promised", Money),
        Column("before", JSON, nullable=False),
    ),
    UniqueConstraint("workspace", "key", name="answers_by_key"),
)
HARDWARE: Final = Table(
    "hardware",
    METADATA,
    *made(
        Column("title", String(80), nullable=False),
        Column("match", String(200), nullable=False),
        Column("price", Money, nullable=False),
        Column("bought", Moment, nullable=False),
        Column("amortisation_months", Integer, nullable=False),
        Column("power_price", Money, nullable=False),
        Column("watts", Float),
        Column("compared", JSON, nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    UniqueConstraint("workspace", "title", name="hardware_by_title"),
)
SERIES: Final = Table(
    "series",
    METADATA,
    *made(
        Column("name", String(80), nullable=False),
        Column("title", String(80), nullable=False),
        Column("unit", String(40), nullable=False),
        Column("tz", String(64), nullable=False),
        Column("adds", Boolean, nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    UniqueConstraint("workspace", "name", name="series_by_name"),
)
POINTS: Final = Table(
    "points",
    METADATA,
    Column("series", String(32), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("value", Float, nullable=False),
)
ALERTS: Final = Table(
    "alerts",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("workspace", String(128), nullable=False),
    Column("rule", String(80), nullable=False),
    Column("value", String(400), nullable=False),
    Column("title", Text, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("since", Moment, nullable=False),
    Column("fired", Moment),
    Column("resolved", Moment),
    Column("acknowledged", Moment),
    Column("acknowledged_by", String(320), nullable=False),
    Column("measured", JSON, nullable=False),
    Column("link", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("told", Boolean, nullable=False),
    Column("silenced_until", Moment),
    Column("changed", Moment),
    UniqueConstraint("workspace", "rule", "value", "since", name="alerts_once"),
    Index("alerts_by_state", "workspace", "state"),
    Index("alerts_by_time", "workspace", "fired"),
)
#: Up to when rules have been evaluated, and what there was then of each hour, so that what comes late is noticed.
WATCHED: Final = Table(
    "watched",
    METADATA,
    Column("workspace", String(128), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("seen", JSON, nullable=False),
)
DELIVERIES: Final = Table(
    "deliveries",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("workspace", String(128), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("about", String(200), nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("made", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("sent", Moment),
    UniqueConstraint("workspace", "channel", "about", name="deliveries_once"),
    Index("deliveries_by_due", "state", "due"),
)
