"""The tables, as they are now. How they came to be: :mod:`tokometer.accounts.migrations`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from tokometer.records import to_datetime, to_us

METADATA: Final = MetaData()


class Moment(TypeDecorator[datetime]):
    """A time, in whole microseconds since 1970-01-01 UTC, as the ledger keeps it."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """To the database."""
        return None if value is None else to_us(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002
        """And back."""
        return None if value is None else to_datetime(value)


class Money(TypeDecorator[Decimal]):
    """An amount, as the digits that were given: neither database then rounds it."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To the database."""
        return None if value is None else str(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:  # noqa: ANN401, ARG002
        """And back."""
        return None if value is None else Decimal(value)


def made(*columns: Column[Any]) -> tuple[Column[Any], ...]:
    """The columns of a thing that somebody makes."""
    return (
        Column("id", String(32), primary_key=True),
        Column("workspace", String(128), nullable=False),
        Column("author", String(320), nullable=False),
        Column("created", Moment, nullable=False),
        Column("changed", Moment, nullable=False),
        *columns,
    )


SAVED_VIEWS: Final = Table(
    "saved_views",
    METADATA,
    *made(
        Column("page", String(80), nullable=False),
        Column("name", String(80), nullable=False),
        Column("query", Text, nullable=False),
        Column("is_default", Boolean, nullable=False),
    ),
    UniqueConstraint("workspace", "page", "name", name="saved_views_by_name"),
)
NOTES: Final = Table(
    "notes",
    METADATA,
    *made(
        Column("since", Moment, nullable=False),
        Column("until", Moment),
        Column("text", Text, nullable=False),
        Column("link", Text, nullable=False),
        Column("signed", String(80), nullable=False),
        Column("filters", JSON, nullable=False),
    ),
    Index("notes_by_time", "workspace", "since"),
)
BOARDS: Final = Table(
    "boards",
    METADATA,
    *made(
        Column("title", String(80), nullable=False),
        Column("declared", JSON, nullable=False),
        Column("revision", Integer, nullable=False),
    ),
    Index("boards_by_title", "workspace", "title"),
)
LINKS: Final = Table(
    "links",
    METADATA,
    *made(
        Column("shows", String(40), nullable=False),
        Column("name", String(200), nullable=False),
        Column("what", JSON, nullable=False),
        Column("expires", Moment),
        Column("revoked_at", Moment),
        Column("last_used", Moment),
        Column("origins", JSON, nullable=False),
    ),
    Index("links_by_workspace", "workspace"),
)
CHANGES: Final = Table(
    "changes",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("workspace", String(128), nullable=False),
    Column("at", Moment, nullable=False),
    Column("who", String(320), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("id", String(32), nullable=False),
    Column("did", String(20), nullable=False),
    Column("what", JSON, nullable=False),
    Index("changes_by_time", "workspace", "at"),
)
