"""Keeping things of one kind in a table: list, get, add, change, remove, each change with a row that says so."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Row, Table, func, select
from sqlalchemy.exc import IntegrityError

from tokometer.accounts.database import reading, writing
from tokometer.accounts.errors import Invalid, NotThere, Outdated, Taken
from tokometer.accounts.tables import CHANGES
from tokometer.accounts.values import LOCAL, Change, Made
from tokometer.records import now_us, to_datetime
from tokometer.records.values import check_unicode

Thing = TypeVar("Thing", bound=Made)
_ID_BYTES: Final = 9
#: Characters of a value that the record of changes quotes.
_QUOTED: Final = 200
#: What nobody may change.
_FIXED: Final = ("id", "workspace", "created", "changed", "revision")


class Kept(Generic[Thing]):
    """The things of one kind. Thread-safe: each call is a transaction of its own."""

    def __init__(self, engine: Engine, table: Table, made: type[Thing], changed: Callable[[], None]) -> None:
        self._engine = engine
        self._table = table
        self._made = made
        self._changed = changed

    def all(self, workspace: str, *where: ColumnElement[bool], order: Sequence[Any] = (), most: int = 0) -> list[Thing]:
        """Those of a workspace for which conditions on the table's columns hold."""
        asked = select(self._table).where(self._table.c.workspace == workspace, *where)
        asked = asked.order_by(*(order or (self._table.c.created,)), self._table.c.id)
        with reading(self._engine) as connection:
            return [self._of(row) for row in connection.execute(asked.limit(most or None))]

    def get(self, workspace: str, id_: str) -> Thing:
        """One of them.

        Raises:
            NotThere: There is none, or it is another workspace's.
        """
        with reading(self._engine) as connection:
            return self._found(connection, workspace, id_)

    def add(self, thing: Thing, who: str = LOCAL) -> Thing:
        """Keep another one; what comes back has its id and times.

        Raises:
            Invalid: A text is missing or too long, or there are too many.
            Taken: There is one of that name.
        """
        self._check(thing)
        now = to_datetime(now_us())
        thing = replace(thing, id=secrets.token_urlsafe(_ID_BYTES), author=who, created=now, changed=now)
        with writing(self._engine) as connection:
            many = connection.execute(
                select(func.count()).select_from(self._table).where(self._table.c.workspace == thing.workspace)
            ).scalar_one()
            if many >= thing.most:
                raise Invalid(thing.kind, f"cannot be added: there are {many:,} already; remove some")
            self._run(connection, self._table.insert().values(**_row(thing)))
            self.record(connection, thing, who, "added", {})
        self._changed()
        return thing

    def change(self, workspace: str, id_: str, who: str = LOCAL, *, seen: int | None = None, **values: Any) -> Thing:  # noqa: ANN401
        """Give fields of one other values. `seen` is the revision that was changed, where the kind has them.

        Raises:
            NotThere: There is none.
            Outdated: Somebody else has changed it meanwhile.
            Invalid: A value cannot be kept.
            Taken: There is another one of that name.
        """
        fixed = [name for name in values if name in _FIXED]
        if fixed:
            raise Invalid(fixed[0], "cannot be changed")
        with writing(self._engine) as connection:
            before = self._found(connection, workspace, id_, for_change=True)
            revision = getattr(before, "revision", None)
            if seen is not None and revision is not None and seen != revision:
                raise Outdated(f"this {before.kind} has been changed by somebody else meanwhile: load it again")
            counted: dict[str, Any] = {} if revision is None else {"revision": revision + 1}
            after = replace(before, changed=to_datetime(now_us()), **values, **counted)
            self._check(after)
            of = self._table.c.workspace == workspace, self._table.c.id == id_
            self._run(connection, self._table.update().where(*of).values(**_row(after)))
            told = {name: _told(after, name) for name, value in values.items() if value != getattr(before, name)}
            self.record(connection, after, who, "changed", told)
        self._changed()
        return after

    def remove(self, workspace: str, id_: str, who: str = LOCAL) -> Thing:
        """Remove one, for good; what it was is given back.

        Raises:
            NotThere: There is none.
        """
        with writing(self._engine) as connection:
            thing = self._found(connection, workspace, id_, for_change=True)
            of = self._table.c.workspace == workspace, self._table.c.id == id_
            connection.execute(self._table.delete().where(*of))
            self._gone(connection, thing)
            told = {name: _told(thing, name) for name in thing.texts if name not in thing.hidden}
            self.record(connection, thing, who, "removed", told)
        self._changed()
        return thing

    def _gone(self, connection: Connection, thing: Thing) -> None:
        """Remove what hangs on one, in the same transaction."""

    def record(self, connection: Connection, thing: Made, who: str, did: str, what: Mapping[str, Any]) -> None:
        """Write down who did what."""
        now = to_datetime(now_us())
        change = Change(at=now, who=who, kind=thing.kind, id=thing.id, did=did, what=what)
        connection.execute(CHANGES.insert().values(workspace=thing.workspace, **asdict(change)))

    # -- rows ----------------------------------------------------------------------------------------------------------

    def _found(self, connection: Connection, workspace: str, id_: str, *, for_change: bool = False) -> Thing:
        asked = select(self._table).where(self._table.c.workspace == workspace, self._table.c.id == _clean(id_))
        row = connection.execute(asked.with_for_update() if for_change else asked).first()
        if row is None:
            raise NotThere(f"there is no such {self._made.kind}")
        return self._of(row)

    def _of(self, row: Row[Any]) -> Thing:
        return self._made(**{one.name: getattr(row, one.name) for one in fields(self._made)})

    def _run(self, connection: Connection, statement: Any) -> None:  # noqa: ANN401 - an insert or an update
        try:
            connection.execute(statement)
        except IntegrityError:
            raise Taken(f"there is a {self._made.kind} of that name already; give this one another name") from None

    @staticmethod
    def _check(thing: Made) -> None:
        for name, most in thing.texts.items():
            value = getattr(thing, name)
            if not isinstance(value, str):
                raise Invalid(name, "has to be text")
            try:
                check_unicode(value)
            except ValueError as error:
                raise Invalid(name, str(error)) from None
            if len(value) > most:
                raise Invalid(name, f"is longer than {most:,} characters")
            if name in thing.needed and not value.strip():
                raise Invalid(name, "is missing")


def _row(thing: Made) -> dict[str, Any]:
    return {one.name: getattr(thing, one.name) for one in fields(thing)}


def _clean(id_: str) -> str:
    """An id as it can be asked for: PostgreSQL takes no NUL."""
    return id_.encode("utf-8", "replace").decode().replace("\0", "")[:64]


def _told(thing: Made, name: str) -> Any:  # noqa: ANN401 - a field of any kind
    """A field as the record of changes has it."""
    return "…" if name in thing.hidden else _quoted(getattr(thing, name))


def _quoted(value: Any) -> Any:  # noqa: ANN401 - a field of any kind
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value if len(value) <= _QUOTED else f"{value[:_QUOTED]}…"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, list | dict):
        text = json.dumps(value, ensure_ascii=False, default=str)
        return value if len(text) <= _QUOTED else "…"
    return value if value is None or isinstance(value, bool | int | float) else "…"
