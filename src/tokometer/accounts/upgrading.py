"""Bringing a database to the tables of today, by one process at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy import column as column_
from sqlalchemy import table as table_

from tokometer.accounts.database import lock, reading, writing
from tokometer.accounts.errors import AccountsNewer

#: The last step. A database that has it needs nothing, and Alembic is not loaded.
HEAD: Final = "0003"
_STEPS: Final = Path(__file__).with_name("migrations")
_VERSION: Final = table_("alembic_version", column_("version_num"))
#: The lock of PostgreSQL's under which the tables are changed: a number of our own.
_LOCK: Final = 0x746F6B6F


def upgrade(engine: Engine) -> None:
    """Run the steps that a database lacks. Whoever opens it at the same time waits, and finds it done.

    Raises:
        AccountsNewer: It has steps that this program does not know.
        AccountsError: It cannot be read or changed.
    """
    with reading(engine) as connection:
        if _version(connection) == HEAD:
            return
    with writing(engine) as connection:
        lock(connection, _LOCK)
        version = _version(connection)
        if version != HEAD:
            _run(connection, version)


def _version(connection: Connection) -> str:
    """The last step that it has; '' where it has none."""
    if not inspect(connection).has_table(_VERSION.name):
        return ""
    return str(connection.execute(select(_VERSION.c.version_num)).scalar() or "")


def _run(connection: Connection, version: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if version and version not in known:
        raise AccountsNewer(
            f"what people make was last written by a newer Tokometer (step {version[:40]}, this one knows {HEAD}): "
            "install that version, or restore a copy from before"
        )
    command.upgrade(config, "head")
