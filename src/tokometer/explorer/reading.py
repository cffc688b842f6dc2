"""Reading records themselves: whole, or some of their columns, of the workspaces that the asker may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from tokometer.ledger import LedgerUnavailable, Readable, Statement
from tokometer.ledger.rows import LABEL_SET, record_of
from tokometer.ledger.schema import RECORDS, TOLD, TOLD_TOOLS
from tokometer.ledger.stored import neutral
from tokometer.ledger.tables import Table
from tokometer.measures.dialect import DIALECTS
from tokometer.records import Record, now_us, quarter_of

#: Records are looked for among those of so many days first: most that anybody looks at are recent, and what is older
#: need then not be read.
_RECENT_QUARTERS: Final = 8 * 96
_ID: Final = "CAST(id AS VARCHAR)"
#: Tables of what was told of something that another record counts as, by the table of that.
TELLINGS: Final[dict[str, Table]] = {"calls": TOLD, "tools": TOLD_TOOLS}
#: Which quarter hours to look in, first and last; None is all.
Quarters = tuple[int, int] | None


class Stored(NamedTuple):
    """A record as the ledger has it."""

    #: Its id in the ledger, as UUIDs are written.
    id: str
    record: Record
    #: Whether it tells again what another record counts as (:mod:`tokometer.ledger.told`), and is in no sum.
    told: bool = False


class Reading:
    """Asks the records of some workspaces. Every statement of this package is made here."""

    def __init__(self, ledger: Readable, workspaces: Sequence[str]) -> None:
        if not workspaces:
            raise ValueError("nobody may see nothing: name at least one workspace")
        self._ledger = ledger
        self._workspaces = tuple(workspaces)
        self.dialect = DIALECTS[ledger.engine]

    def rows(
        self,
        columns: Sequence[str],
        table: str,
        where: str,
        values: Mapping[str, Any],
        *,
        quarters: Quarters = None,
        then: str = "",
    ) -> list[tuple[Any, ...]]:
        """Rows of a table that fulfil a condition; `then` is what follows it (GROUP BY, ORDER BY, LIMIT)."""
        bound = {f"w{number}": workspace for number, workspace in enumerate(self._workspaces)}
        within = f" AND quarter BETWEEN {quarters[0]:d} AND {quarters[1]:d}" if quarters else ""
        seen = ", ".join(f"${name}" for name in bound)
        sql = f"SELECT {', '.join(columns)} FROM {table} WHERE workspace IN ({seen}){within} AND ({where}) {then}"
        return self._ledger.fetch(Statement(sql, {**bound, **values}))

    def records(
        self,
        table: Table,
        where: str,
        values: Mapping[str, Any],
        *,
        quarters: Quarters = None,
        then: str = "ORDER BY started_at, source, native_id",
    ) -> list[Stored]:
        """The same as whole records, the earliest first."""
        columns = [_ID, *(f'"{column.name}"' for column in table.columns[1:])]
        rows = self.rows(columns, table.name, where, values, quarters=quarters, then=then)
        labels = self._labels({row[LABEL_SET[table.name]] for row in rows} - {None})
        return [
            Stored(str(row[0]), record_of(table, neutral(table.columns, row), labels), told=table in TELLINGS.values())
            for row in rows
        ]

    def record(self, cube: str, record_id: str) -> Stored | None:
        """The record of an id, as it is known now; None where there is none."""
        found = _uuid(record_id)
        if found is None or cube not in RECORDS:
            return None
        for table in (RECORDS[cube], TELLINGS.get(cube)):
            for quarters in self.recent_first() if table else ():
                assert table is not None
                for stored in self.records(table, "id = CAST($id AS UUID)", {"id": found}, quarters=quarters):
                    return stored
        return None

    def recent_first(self) -> tuple[Quarters, Quarters]:
        """The quarter hours in which most of what is looked for is, and those before."""
        edge = quarter_of(now_us()) - _RECENT_QUARTERS
        return (edge, 2**31 - 1), (0, edge - 1)

    def settle(self) -> bool:
        """Bring the rollups up to date; whether they are."""
        try:
            self._ledger.settle()
        except LedgerUnavailable:
            return False
        return True

    def _labels(self, sets: Iterable[int]) -> dict[int, dict[str, str]]:
        wanted = sorted(sets)
        if not wanted:
            return {}
        where = " OR ".join(f"id = {one:d}" for one in wanted)
        rows = self.rows(["id", "label_keys", "label_values"], "label_sets", where, {})
        return {id_: dict(zip(keys, values, strict=True)) for id_, keys, values in rows}


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
