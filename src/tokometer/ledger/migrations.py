"""Schema versions: how a ledger that an older Tokometer wrote becomes one that this one reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tokometer.ledger import migration_labels as labels
from tokometer.ledger import migration_room as room
from tokometer.ledger.protocol import Engine, LedgerError
from tokometer.ledger.schema import ROLLUPS
from tokometer.ledger.tables import Column, Table


@dataclass(frozen=True, slots=True)
class Migration:
    """One step forward: tables that are new, columns that tables get, and whatever else takes SQL of its own.

    It names its tables and columns itself: what the code declares today is not what it declared then.
    """

    version: int
    title: str
    #: SQL for an engine, after what is declared below. The statements run in order, in one transaction where the engine
    #: has them, and must be safe to run again after a crash where it has not.
    statements: Callable[[Engine], Iterable[str]] = lambda _: ()
    #: Tables that are new (not rollups: those are remade).
    tables: Sequence[Table] = ()
    #: Columns that tables of records get, at their end.
    columns: Mapping[str, Sequence[Column]] | None = None
    #: True where rollups hold something else than before: they are made again, and rebuilt by the next settle.
    rebuild: bool = False


#: The schema's version when it was first released; older ledgers do not exist.
FIRST_VERSION: Final = 1

#: Steps from each version to the next, oldest first. A ledger made today starts at the last one's version.
MIGRATIONS: Final[tuple[Migration, ...]] = (
    Migration(
        2,
        "labels, machine, account, region; parts, quantities; how sure a price is",
        statements=room.statements,
        columns=room.COLUMNS,
        tables=labels.TABLES,
        rebuild=True,
    ),
)


def current_version(migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """The version that this code reads and writes."""
    return migrations[-1].version if migrations else FIRST_VERSION


def pending(stored: int, migrations: Sequence[Migration] = MIGRATIONS) -> list[Migration]:
    """The steps that a ledger at version `stored` still needs.

    Raises:
        LedgerError: the ledger was written by a newer Tokometer.
    """
    current = current_version(migrations)
    if stored > current:
        raise LedgerError(
            f"this ledger has schema version {stored}, which is newer than this Tokometer's {current}: "
            "upgrade Tokometer, or point --data at another folder"
        )
    return [migration for migration in migrations if migration.version > stored]


def sql_of(migrations: Sequence[Migration], engine: Engine) -> Iterator[str]:
    """All SQL that these steps are, in order. The new version is to be written once all of it is done."""
    if engine == "duckdb":
        from tokometer.ledger import duckdb_tables as tables
    else:
        from tokometer.ledger import clickhouse_tables as tables  # type: ignore[no-redef]
    for migration in migrations:
        yield from map(tables.create, migration.tables)
        for table, columns in (migration.columns or {}).items():
            for column in columns:
                yield from tables.add(table, column)
        yield from migration.statements(engine)
    if any(migration.rebuild for migration in migrations):
        # Once, from what is declared today.
        yield from tables.remake(ROLLUPS)
