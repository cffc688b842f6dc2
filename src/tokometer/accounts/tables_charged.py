"""The tables of what is charged and paid, as they are now."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Column, Date, Index, Integer, String, Table, Text, UniqueConstraint

from tokometer.accounts.tables import METADATA, Moment, Money, made

PRICE_OVERRIDES: Final = Table(
    "price_overrides",
    METADATA,
    *made(
        Column("provider", String(200), nullable=False),
        Column("model", String(200), nullable=False),
        Column("declared", JSON, nullable=False),
        Column("since", Moment),
        Column("until", Moment),
        Column("note", Text, nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    Index("price_overrides_by_model", "workspace", "provider", "model"),
)
RECOSTINGS: Final = Table(
    "recostings",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("workspace", String(128), nullable=False),
    Column("at", Moment, nullable=False),
    Column("who", String(320), nullable=False),
    Column("since", Moment),
    Column("until", Moment),
    Column("filters", JSON, nullable=False),
    Column("state", String(12), nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("before", Money, nullable=False),
    Column("after", Money, nullable=False),
    Column("models", JSON, nullable=False),
    Column("applied_at", Moment),
    Column("undone_at", Moment),
    Column("error", Text, nullable=False),
    Index("recostings_by_time", "workspace", "at"),
)
RATE_CARDS: Final = Table(
    "rate_cards",
    METADATA,
    *made(
        Column("title", String(80), nullable=False),
        Column("by", String(80), nullable=False),
        Column("value", String(200), nullable=False),
        Column("declared", JSON, nullable=False),
        Column("currency", String(10), nullable=False),
        Column("since", Date),
        Column("until", Date),
        Column("purpose", String(12), nullable=False),
        Column("note", Text, nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    Index("rate_cards_by_value", "workspace", "by", "value"),
)
CLOSINGS: Final = Table(
    "closings",
    METADATA,
    *made(
        Column("what", String(20), nullable=False),
        Column("of", String(200), nullable=False),
        Column("period", String(10), nullable=False),
        Column("title", String(200), nullable=False),
        Column("body", JSON, nullable=False),
        Column("digest", String(64), nullable=False),
        Column("note", Text, nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    Index("closings_by_period", "workspace", "what", "period"),
)
SUBSCRIPTIONS: Final = Table(
    "subscriptions",
    METADATA,
    *made(
        Column("title", String(80), nullable=False),
        Column("provider", String(200), nullable=False),
        Column("plan", String(80), nullable=False),
        Column("price", Money, nullable=False),
        Column("currency", String(10), nullable=False),
        Column("period", String(10), nullable=False),
        Column("seats", Integer, nullable=False),
        Column("people", JSON, nullable=False),
        Column("filters", JSON, nullable=False),
        Column("limits", JSON, nullable=False),
        Column("since", Date, nullable=False),
        Column("until", Date),
        Column("note", Text, nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    UniqueConstraint("workspace", "title", name="subscriptions_by_title"),
)
EXCHANGE_RATES: Final = Table(
    "exchange_rates",
    METADATA,
    *made(
        Column("currency", String(10), nullable=False),
        Column("day", Date, nullable=False),
        Column("rate", Money, nullable=False),
        Column("origin", String(200), nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    UniqueConstraint("workspace", "currency", "day", name="exchange_rates_by_day"),
)
