"""Empty ledgers that cost little: ClickHouse's engine stays, and its databases are emptied and lent again.

With its last connection the engine in this process ends, which takes a second, as its next start does. Making a
database takes three hundred statements, and each that stands there takes a hundredth of a core in the background.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import chdb

from tokometer.ledger import Ledger
from tokometer.ledger.clickhouse import ClickHouseLedger
from tokometer.ledger.clickhouse.beside import drop_what_is_left
from tokometer.ledger.duckdb import DuckDBLedger

_NUMBERS: Final = itertools.count()
#: Databases that nobody has, with what their tables are.
_FREE: Final[list[tuple[str, list[Any]]]] = []


#: Holds the engine.
_HELD: Final[list[Any]] = []
#: With the two threads that it takes by itself, what changes rows waits for one, half a second each time.
ENGINE: Final = ":memory:?background_pool_size=4"


class _Lent(ClickHouseLedger):
    """A ledger whose database goes back when it is closed."""

    def __init__(self, name: str, tables: list[Any] | None) -> None:
        super().__init__(place(name))
        self._tables = tables or self._declared()
        self._is_lent = True

    def close(self) -> None:
        """Close it, and empty its database for the next."""
        if self._is_lent:
            self._is_lent = False
            drop_what_is_left(self)
            if self._declared() == self._tables:
                self._empty()
                _FREE.append((self.database, self._tables))
            else:
                self._client.command(f"DROP DATABASE {self.database} SYNC")
        super().close()

    def _declared(self) -> list[Any]:
        """Its tables, each with its declaration, and the version that it says it has."""
        version = self._client.query("SELECT value FROM meta FINAL WHERE key = 'schema_version'")
        return [*self._tables_of("create_table_query"), *version.result_rows]

    def _tables_of(self, column: str) -> list[Any]:
        asked = f"SELECT name, {column} FROM system.tables WHERE database = '{self.database}' ORDER BY name"
        return [*self._client.query(asked).result_rows]

    def _empty(self) -> None:
        for name, rows in self._tables_of("total_rows"):
            if name != "meta" and rows != 0:
                self._client.command(f"TRUNCATE TABLE {name}")
            elif rows > 1:
                self._client.command(
                    "ALTER TABLE meta DELETE WHERE key <> 'schema_version' SETTINGS mutations_sync = 2"
                )


def place(database: str, folder: Path | None = None) -> str:
    """The address of a database on the engine within a process: in its memory, or kept in a folder."""
    at = ENGINE if folder is None else ENGINE.replace(":memory:", str(folder))
    return f"chdb://{'memory' if folder is None else 'disk'}/{database}?path={quote(at)}"


def clickhouse() -> ClickHouseLedger:
    """An empty ledger on the engine inside this process, until it is closed: its database is lent to others then."""
    if not _HELD:
        _HELD.append(chdb.connect(ENGINE))
    name, tables = _FREE.pop() if _FREE else (f"lent_{next(_NUMBERS)}", None)
    return _Lent(name, tables)


def empty(engine: str, folder: Path) -> Ledger:
    """An empty ledger of an engine; one of DuckDB is in a file of its own in the folder."""
    if engine == "clickhouse":
        return clickhouse()
    return DuckDBLedger(folder / f"ledger_{next(_NUMBERS)}.duckdb")


def at_rest(ledger: Ledger) -> None:
    """Settle it for good: nothing is added any more, so that no question needs to look whether there is anything new.

    On ClickHouse that looking is five statements, as much as a small question itself costs.
    """
    ledger.settle()
    ledger.settle = lambda: 0  # type: ignore[method-assign]
