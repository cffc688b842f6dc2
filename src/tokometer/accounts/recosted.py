"""The record of re-costings: what history would cost at other prices, and whether it was made to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Engine, Row, select, update

from tokometer.accounts.charged import Recosting
from tokometer.accounts.database import reading, writing
from tokometer.accounts.errors import NotThere
from tokometer.accounts.tables_charged import RECOSTINGS


class Recosted:
    """The re-costings of workspaces. Thread-safe."""

    def __init__(self, engine: Engine, changed: Callable[[], None]) -> None:
        self._engine = engine
        self._changed = changed

    def all(self, workspace: str, most: int = 20) -> list[Recosting]:
        """The latest first."""
        asked = select(RECOSTINGS).where(RECOSTINGS.c.workspace == workspace).order_by(RECOSTINGS.c.at.desc())
        with reading(self._engine) as connection:
            return [_of(row) for row in connection.execute(asked.limit(most))]

    def get(self, workspace: str, id_: str) -> Recosting:
        """One of them.

        Raises:
            NotThere: There is none.
        """
        asked = select(RECOSTINGS).where(RECOSTINGS.c.workspace == workspace, RECOSTINGS.c.id == id_)
        with reading(self._engine) as connection:
            row = connection.execute(asked).first()
        if row is None:
            raise NotThere("there is no such re-costing")
        return _of(row)

    def put(self, recosting: Recosting) -> Recosting:
        """Keep one as it is now, whether it was known or not."""
        values = asdict(recosting)
        with writing(self._engine) as connection:
            changed = connection.execute(update(RECOSTINGS).where(RECOSTINGS.c.id == recosting.id).values(**values))
            if not changed.rowcount:
                connection.execute(RECOSTINGS.insert().values(**values))
        self._changed()
        return recosting


def _of(row: Row[Any]) -> Recosting:
    return replace(Recosting(id=row.id, at=row.at, who=row.who), **dict(row._mapping))  # noqa: SLF001 - its public name
