"""What Alembic runs: the steps, over the connection that whoever opens the database has, in their transaction."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
