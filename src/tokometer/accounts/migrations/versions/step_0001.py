"""Saved views, notes, dashboards, links, and the record of changes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "saved_views",
        *_made(),
        sa.Column("page", sa.String(80), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.UniqueConstraint("workspace", "page", "name", name="saved_views_by_name"),
    )
    op.create_table(
        "notes",
        *_made(),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("signed", sa.String(80), nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
    )
    op.create_index("notes_by_time", "notes", ["workspace", "since"])
    op.create_table(
        "boards",
        *_made(),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("declared", sa.JSON, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_index("boards_by_title", "boards", ["workspace", "title"])
    op.create_table(
        "links",
        *_made(),
        sa.Column("shows", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("what", sa.JSON, nullable=False),
        sa.Column("expires", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("last_used", sa.BigInteger),
        sa.Column("origins", sa.JSON, nullable=False),
    )
    op.create_index("links_by_workspace", "links", ["workspace"])
    op.create_table(
        "changes",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String(320), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("did", sa.String(20), nullable=False),
        sa.Column("what", sa.JSON, nullable=False),
    )
    op.create_index("changes_by_time", "changes", ["workspace", "at"])


def _made() -> tuple[sa.Column[Any], ...]:
    """The columns of a thing that somebody makes."""
    return (
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("workspace", sa.String(128), nullable=False),
        sa.Column("author", sa.String(320), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
