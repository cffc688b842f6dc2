"""What the business counts, by day: points that are idempotent, of which the latest word counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, tuple_

from tokometer.accounts.database import reading, writing
from tokometer.accounts.decided import Series
from tokometer.accounts.errors import Invalid
from tokometer.accounts.keeping import Kept
from tokometer.accounts.tables_decided import POINTS, SERIES
from tokometer.accounts.values import LOCAL
from tokometer.records import now_us, to_datetime

#: Days that a series may have.
MOST_POINTS: Final = 20_000
_AT_ONCE: Final = 500


class SeriesKept(Kept[Series]):
    """Series and their points."""

    def put(self, workspace: str, id_: str, points: Mapping[date, float], who: str = LOCAL) -> tuple[int, int]:
        """Keep the values of days; a day that is there already has another value from now on.

        Returns how many days were new, and how many have changed.

        Raises:
            NotThere: There is no such series.
            Invalid: It would have too many days.
        """
        with writing(self._engine) as connection:
            series = self._found(connection, workspace, id_, for_change=True)
            known = _points(connection, id_)
            added = {day: value for day, value in points.items() if day not in known}
            changed = {day: value for day, value in points.items() if day in known and known[day] != value}
            if len(known) + len(added) > MOST_POINTS:
                raise Invalid("points", f"a series has at most {MOST_POINTS:,} days")
            gone = [(id_, day.isoformat()) for day in changed]
            for at in range(0, len(gone), _AT_ONCE):
                where = tuple_(POINTS.c.series, POINTS.c.day).in_(gone[at : at + _AT_ONCE])
                connection.execute(delete(POINTS).where(where))
            rows = [
                {"series": id_, "day": day.isoformat(), "value": value} for day, value in {**added, **changed}.items()
            ]
            if rows:
                connection.execute(insert(POINTS), rows)
                after = replace(series, changed=to_datetime(now_us()), revision=series.revision + 1)
                of = SERIES.c.workspace == workspace, SERIES.c.id == id_
                connection.execute(SERIES.update().where(*of).values(changed=after.changed, revision=after.revision))
                told = {"days added": len(added), "days changed": len(changed)}
                self.record(connection, after, who, "changed", told)
        if rows:
            self._changed()
        return len(added), len(changed)

    def points(self, id_: str) -> dict[date, float]:
        """The values of a series by day, in their order."""
        with reading(self._engine) as connection:
            return _points(connection, id_)

    def counts(self) -> dict[str, int]:
        """How many days each series has."""
        with reading(self._engine) as connection:
            asked = select(POINTS.c.series, func.count()).group_by(POINTS.c.series)
            return {row[0]: row[1] for row in connection.execute(asked)}

    def _gone(self, connection: Connection, thing: Series) -> None:
        connection.execute(delete(POINTS).where(POINTS.c.series == thing.id))


def _points(connection: Connection, id_: str) -> dict[date, float]:
    asked = select(POINTS.c.day, POINTS.c.value).where(POINTS.c.series == id_).order_by(POINTS.c.day)
    return {date.fromisoformat(row.day): row.value for row in connection.execute(asked)}
