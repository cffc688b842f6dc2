"""Alerts as they went, and up to when rules have been evaluated. The program keeps them itself, people answer them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, or_, select

from tokometer.accounts.database import lock, reading, writing
from tokometer.accounts.decided import Alert
from tokometer.accounts.errors import NotThere
from tokometer.accounts.tables import CHANGES
from tokometer.accounts.tables_decided import ALERTS, WATCHED
from tokometer.records import now_us, to_datetime

#: States in which an alert is not over.
OPEN: Final = ("pending", "firing", "closed")
#: What servers that share a database lock, so that their turns follow each other.
_TURN: Final = 7_420_012
#: Alerts that a list has.
_MOST: Final = 1_000


class Turn:
    """One transaction in which alerts are looked at and changed: all of it, or nothing."""

    def __init__(self, connection: Connection, workspace: str) -> None:
        #: For what has to be written together with the alerts.
        self.connection = connection
        self.workspace = workspace
        #: Whether an alert has been changed.
        self.changed = False

    def all(self, *where: ColumnElement[bool]) -> list[Alert]:
        """The alerts for which conditions hold, in the order in which they began."""
        asked = select(ALERTS).where(ALERTS.c.workspace == self.workspace, *where)
        return [_of(row) for row in self.connection.execute(asked.order_by(ALERTS.c.since, ALERTS.c.id))]

    def unresolved(self) -> list[Alert]:
        """Those that are not over."""
        return self.all(ALERTS.c.state.in_(OPEN))

    def within(self, since: datetime, until: datetime) -> list[Alert]:
        """Those that held at some time of a window, over or not."""
        return self.all(ALERTS.c.since < until, or_(ALERTS.c.resolved.is_(None), ALERTS.c.resolved >= since))

    def silenced(self, now: datetime) -> dict[tuple[str, str], datetime]:
        """Until when nothing is said, by rule and value, where somebody has silenced an alert of them."""
        found = self.all(ALERTS.c.silenced_until > now)
        return {(one.rule, one.value): one.silenced_until for one in found if one.silenced_until is not None}

    def get(self, id_: str) -> Alert:
        """One of them.

        Raises:
            NotThere: There is none.
        """
        found = self.all(ALERTS.c.id == id_[:64])
        if not found:
            raise NotThere("there is no such alert")
        return found[0]

    def put(self, alert: Alert, *, quiet: bool = False) -> None:
        """Keep an alert, instead of what was known of it; `quiet` where nobody who looks has to look again."""
        self.changed = self.changed or not quiet
        row = {one.name: getattr(alert, one.name) for one in fields(Alert)}
        of = and_(ALERTS.c.workspace == self.workspace, ALERTS.c.id == alert.id)
        if not self.connection.execute(ALERTS.update().where(of).values(**row)).rowcount:
            self.connection.execute(ALERTS.insert().values(**row))

    def drop(self, alert: Alert) -> None:
        """Forget one that never fired."""
        self.changed = True
        of = and_(ALERTS.c.workspace == self.workspace, ALERTS.c.id == alert.id)
        self.connection.execute(ALERTS.delete().where(of))

    def watched(self) -> tuple[datetime, Mapping[str, Any]] | None:
        """Up to when rules have been evaluated, and what was seen then; None where they never have been."""
        row = self.connection.execute(select(WATCHED).where(WATCHED.c.workspace == self.workspace)).first()
        return None if row is None else (row.at, row.seen)

    def watch(self, at: datetime, seen: Mapping[str, Any]) -> None:
        """Remember both."""
        values = {"at": at, "seen": dict(seen)}
        of = WATCHED.c.workspace == self.workspace
        if not self.connection.execute(WATCHED.update().where(of).values(**values)).rowcount:
            self.connection.execute(WATCHED.insert().values(workspace=self.workspace, **values))

    def record(self, alert: Alert, who: str, did: str, what: Mapping[str, Any]) -> None:
        """Write down what somebody did with an alert."""
        row = {"at": to_datetime(now_us()), "who": who, "kind": "alert", "id": alert.id, "did": did, "what": what}
        self.connection.execute(CHANGES.insert().values(workspace=self.workspace, **row))


class Alerts:
    """The alerts of all rules. Thread-safe."""

    def __init__(self, engine: Engine, changed: Callable[[], None]) -> None:
        self._engine = engine
        self._changed = changed

    @contextmanager
    def turn(self, workspace: str) -> Iterator[Turn]:
        """A transaction that may change alerts. Others that do wait for its end."""
        with writing(self._engine) as connection:
            lock(connection, _TURN)
            turn = Turn(connection, workspace)
            yield turn
        if turn.changed:
            self._changed()

    def unresolved(self, workspace: str) -> list[Alert]:
        """Those that are not over, the latest first."""
        return self._all(workspace, ALERTS.c.state.in_(OPEN))

    def history(self, workspace: str, most: int = _MOST, rule: str = "") -> list[Alert]:
        """Those that fired, the latest first; of one rule, if it is named."""
        of = (ALERTS.c.rule == rule,) if rule else ()
        return self._all(workspace, ALERTS.c.fired.is_not(None), *of, most=most)

    def within(self, workspace: str, since: datetime, until: datetime) -> list[Alert]:
        """Those that fired and were not over for some time of a window, the latest first; none that did not hold."""
        begun = ALERTS.c.fired < until
        found = self._all(workspace, begun, or_(ALERTS.c.resolved.is_(None), ALERTS.c.resolved >= since))
        return [one for one in found if not one.denied]

    def of_rule(self, workspace: str, rule: str) -> list[Alert]:
        """All that a rule had, the earliest first."""
        with reading(self._engine) as connection:
            return Turn(connection, workspace).all(ALERTS.c.rule == rule)

    def get(self, workspace: str, id_: str) -> Alert:
        """One of them.

        Raises:
            NotThere: There is none.
        """
        with reading(self._engine) as connection:
            return Turn(connection, workspace).get(id_)

    def watched(self, workspace: str) -> tuple[datetime, Mapping[str, Any]] | None:
        """Up to when rules have been evaluated, and what was seen then; None where they never have been."""
        with reading(self._engine) as connection:
            return Turn(connection, workspace).watched()

    def _all(self, workspace: str, *where: ColumnElement[bool], most: int = _MOST) -> list[Alert]:
        asked = select(ALERTS).where(ALERTS.c.workspace == workspace, *where)
        with reading(self._engine) as connection:
            rows = connection.execute(asked.order_by(ALERTS.c.since.desc(), ALERTS.c.id).limit(most))
            return [_of(row) for row in rows]


def _of(row: Row[Any]) -> Alert:
    return Alert(**{one.name: getattr(row, one.name) for one in fields(Alert)})
