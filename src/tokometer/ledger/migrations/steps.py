"""Schema versions: how a ledger that an older Tokometer wrote becomes one that this one reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from tokometer.ledger.migrations import (
    availability,
    beside,
    billed,
    context,
    labels,
    outcomes,
    room,
    tellings,
    waiting,
    ways,
)
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
    #: What fills new columns: SQL that runs in transactions of its own, before that, and can be run again.
    pieces: Callable[[Engine], Iterable[str]] = lambda _: ()
    #: Tables that are new (rollups only without money, which is wider there, and where SQL of its own fills them).
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
    Migration(3, "what no rule understood; logs, scores, models, knowledge, details of errors", tables=beside.TABLES),
    Migration(4, "calls told by several spans; steps of traces", tellings.statements, tables=tellings.TABLES),
    Migration(5, "availability by the minute", availability.statements, tables=availability.TABLES),
    Migration(6, "records that wait for their time; rollups that could not be built", tables=waiting.TABLES),
    Migration(
        7,
        "one call by several ways in: names of answers and of uses of tools, and what else told of them",
        ways.statements,
        ways.pieces,
        tables=ways.TABLES,
        columns=ways.COLUMNS,
    ),
    Migration(
        8,
        "what fills prompts: conversations, sizes of results, compactions; commits and changes",
        columns=context.COLUMNS,
        tables=outcomes.TABLES,
    ),
    Migration(
        9,
        "reports of usage by providers; bills in other currencies, by key, person and tier",
        billed.statements,
        columns=billed.COLUMNS,
        tables=billed.TABLES,
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


def additions_of(migration: Migration, engine: Engine) -> Iterator[str]:
    """The SQL of the tables and columns that a step adds, and fills. Each statement can be run again."""
    tables = _tables(engine)
    yield from map(tables.create, migration.tables)
    for table, columns in (migration.columns or {}).items():
        for column in columns:
            yield from tables.add(table, column)
    yield from migration.pieces(engine)


def rest_of(migration: Migration, needed: Sequence[Migration], engine: Engine) -> Iterator[str]:
    """The SQL of the rest of a step; in one transaction with the new version's number, where the engine has them.

    The last step of all that are `needed` that wants rollups made anew does that, as they are declared today.
    """
    yield from migration.statements(engine)
    if migration.rebuild and migration is [one for one in needed if one.rebuild][-1]:
        yield from _tables(engine).remake(ROLLUPS)


def _tables(engine: Engine) -> Any:  # noqa: ANN401 - one of two modules with the same functions
    return import_module(f"tokometer.ledger.{engine}.tables")
