"""Schema versions: how a ledger that an older Tokometer wrote becomes one that this one reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tokometer.ledger import migration_room as room
from tokometer.ledger import migration_tellings as tellings
from tokometer.ledger.protocol import Engine, LedgerError


@dataclass(frozen=True, slots=True)
class Migration:
    """One step forward.

    `statements` gives the SQL for an engine; they run in order, in one transaction where the engine has them, and must
    be safe to run again after a crash where it has not.
    """

    version: int
    title: str
    statements: Callable[[Engine], Iterable[str]]


#: The schema's version when it was first released; older ledgers do not exist.
FIRST_VERSION: Final = 1

#: Steps from each version to the next, oldest first. A ledger made today starts at the last one's version.
MIGRATIONS: Final[tuple[Migration, ...]] = (
    Migration(2, "labels, machine, account, region; parts, quantities; how sure a price is", room.statements),
    Migration(3, "calls told by several spans; steps of traces", statements=tellings.statements),
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
