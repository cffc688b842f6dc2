"""Answering a :class:`Listing`: a page of records in any order, and what asks for the next page.

Newest first is as :mod:`tokometer.measures.feed` finds it, in windows that grow from where the page begins. By any
other column, the values of the page are found first, of that column alone, and then the records that have them: so a
page far down takes no longer than the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from time import perf_counter
from typing import Any, Final

import msgspec

from tokometer.ledger import Readable, Statement
from tokometer.measures.ask import Ask
from tokometer.measures.catalogue import CUBES
from tokometer.measures.definite import definite
from tokometer.measures.details import KEYS, Details
from tokometer.measures.dialect import DIALECTS
from tokometer.measures.facts import FACTS
from tokometer.measures.feed import TRIED, columns_of, counting, makers, windows, with_details
from tokometer.measures.questions import Listing
from tokometer.measures.result import Result
from tokometer.measures.run import meta
from tokometer.measures.scope import Scope
from tokometer.measures.search import Searched, searched
from tokometer.measures.sorting import Order, Place, place_of, placed, token
from tokometer.measures.tables import STORED
from tokometer.measures.whereabouts import holding
from tokometer.measures.windows import Window

#: What says where a record is in the list: its value comes first.
_PLACED: Final = ("started_at", "source", "native_id", "workspace")
_WIDTH: Final = 1 + len(_PLACED)
Row = tuple[Any, ...]
#: Conditions on a table's rows, made when it is known which values are bound.
More = Callable[[Scope], list[str]]


def listing(
    ledger: Readable, question: Listing, workspaces: Sequence[str], now: int | datetime | None = None
) -> Result:
    """A page of the records; see :func:`tokometer.measures.answer`."""
    started = perf_counter()
    facts = FACTS[question.cube]
    dimensions = [f"{question.cube}.{name}" for name in question.columns if name not in facts]
    ask = definite(ledger, counting(question, dimensions), workspaces, now, listed=True)
    order = Order(question.cube, question.sort.lstrip("-"), question.sort.startswith("-"))
    digest = _digest(question, workspaces)
    place: Place | None = None
    if question.after:
        window, place = placed(digest, question.after, order.kind)
        ask = ask.over(window)
    shown = [facts[name] for name in question.columns if name in facts]
    details = Details(ledger, ask) if any(fact.detail for fact in shown) else None
    selected = [fact.sql for fact in shown] + list(KEYS if details else ())
    search = _narrowed(ledger, ask, question)
    pages = _Pages(ledger, ask, question, order, selected, search)
    found = pages.rows(place)
    rows = [row[_WIDTH:] for row in found[: question.limit]]
    width = len(ask.keys) + len(shown)
    tables = [CUBES[question.cube].table]
    if details:
        told = details.of([row[width:] for row in rows])
        rows = [with_details(row, len(ask.keys), shown, one) for row, one in zip(rows, told, strict=True)]
        tables.append("error_details")
    made = makers(ask, shown)
    cells = [{name: make(value) for (name, make), value in zip(made.items(), row, strict=True)} for row in rows]
    columns = columns_of(ask, question.cube, shown)
    after = ""
    if len(found) > question.limit:
        after = token(digest, ask.window, place_of(found[question.limit - 1], order.kind))
    about = meta(ask, tuple(tables), None, started)
    return Result(
        [columns[name] for name in question.columns],
        [{name: row[name] for name in question.columns} for row in cells],
        replace(about, missing=(*about.missing, *search.missing)),
        after,
    )


def count(ledger: Readable, question: Listing, workspaces: Sequence[str], now: int | datetime | None = None) -> int:
    """How many records the list has in all, on every page of it."""
    ask = definite(ledger, counting(question, ()), workspaces, now, listed=True)
    search = _narrowed(ledger, ask, question)
    scope = Scope(ask, STORED[question.cube][-1], DIALECTS[ledger.engine])
    where = " AND ".join([*scope.conditions(), *search.conditions(scope)])
    [(number,)] = ledger.fetch(Statement(f"SELECT count(*) FROM {scope.rows()} WHERE {where}", scope.values))
    return int(number)


def _narrowed(ledger: Readable, ask: Ask, question: Listing) -> Searched:
    """What is searched for and compared: conditions that no rollup knows."""
    search = searched(ledger, ask, question.search)
    if not question.compared:
        return search

    def conditions(scope: Scope) -> list[str]:
        return [*search.conditions(scope), *(one.condition(scope, question.cube) for one in question.compared)]

    return replace(search, conditions=conditions)


def _digest(question: Listing, workspaces: Sequence[str]) -> str:
    """What a place in the list is bound to: all that decides which records it has, and in which order."""
    bound = msgspec.structs.replace(question, after="", limit=1, columns=("at",))
    return blake2b(msgspec.json.encode([bound, list(workspaces)]), digest_size=8).hexdigest()


class _Pages:
    """The statements of one page. Rows begin with the value that is sorted by, and what says where they are."""

    def __init__(
        self, ledger: Readable, ask: Ask, question: Listing, order: Order, selected: Sequence[str], search: Searched
    ) -> None:
        self._ledger = ledger
        self._ask = ask
        self._question = question
        self._order = order
        self._selected = selected
        self._search = search
        self._direction = " DESC" if order.descending else ""

    def rows(self, place: Place | None) -> list[Row]:
        """The rows after a place, one more than are shown where there are more."""
        wanted = self._question.limit + 1
        if self._order.by_time:
            return self._timed(place, wanted, newest=self._order.descending)
        rows: list[Row] = []
        if place is not None:
            # What has the same value as the last one of the page before.
            rows = self._timed(place, wanted, value=(place.value,)) if self._tied(place) else []
            if place.value is None or len(rows) >= wanted:
                return rows
        rows += self._beyond(place, wanted - len(rows))
        if len(rows) < wanted:
            rows += self._timed(None, wanted - len(rows), value=(None,))
        return rows

    def _tied(self, place: Place) -> bool:
        """Whether there are more records of the same value after a place; mostly there are none."""
        scope = self._scope(self._ask)
        sql = self._order.sql(scope)
        same = f"{sql} IS NULL" if place.value is None else f"{sql} = {self._order.value(scope, place.value)}"
        where = [*scope.conditions(), *self._search.conditions(scope), same, *place.later(scope, newest=True)]
        statement = f"SELECT 1 FROM {scope.rows()} WHERE {' AND '.join(where)} LIMIT 1"
        return bool(self._ledger.fetch(Statement(statement, scope.values)))

    def _beyond(self, place: Place | None, wanted: int) -> list[Row]:
        """The rows whose value is known and comes after that of the place."""
        values = self._values(place, wanted)
        if not values:
            return []
        last = values[-1]
        many = len(values) == wanted and values.count(last) > 1
        rows: list[Row] = []
        if not many or values[0] != last:
            rows = self._between(place, last, wanted, with_last=not many)
        if many and len(rows) < wanted:
            rows += self._timed(None, wanted - len(rows), value=(last,))
        return rows

    def _values(self, place: Place | None, wanted: int) -> list[Any]:
        """The values of the page, in order."""
        scope = self._scope(self._ask)
        sql = self._order.sql(scope)
        where = [*scope.conditions(), *self._search.conditions(scope), f"{sql} IS NOT NULL"]
        where += self._after(scope, place)
        statement = (
            f"SELECT {sql} AS s FROM {scope.rows()} WHERE {' AND '.join(where)} "
            f"ORDER BY s{self._direction} LIMIT {wanted:d}"
        )
        return [value for (value,) in self._ledger.fetch(Statement(statement, scope.values))]

    def _after(self, scope: Scope, place: Place | None) -> list[str]:
        if place is None:
            return []
        than = "<" if self._order.descending else ">"
        return [f"{self._order.sql(scope)} {than} {self._order.value(scope, place.value)}"]

    def _between(self, place: Place | None, last: Any, wanted: int, *, with_last: bool) -> list[Row]:  # noqa: ANN401
        """The rows from the place to a value."""
        than = (">" if self._order.descending else "<") + ("=" if with_last else "")

        def more(scope: Scope) -> list[str]:
            to = f"{self._order.sql(scope)} {than} {self._order.value(scope, last)}"
            return [*self._after(scope, place), to]

        return self._fetch(self._ask, more, wanted, newest=True)

    def _timed(
        self, place: Place | None, wanted: int, *, newest: bool = True, value: tuple[Any, ...] = ()
    ) -> list[Row]:
        """The rows after a place by their time; of those that have a value, where one is given."""

        def more(scope: Scope) -> list[str]:
            later = place.later(scope, newest=newest) if place else []
            if not value:
                return later
            sql = self._order.sql(scope)
            return [*later, f"{sql} IS NULL" if value[0] is None else f"{sql} = {self._order.value(scope, value[0])}"]

        window = self._ask.window
        if place is not None:
            window = (
                replace(window, until=min(window.until, place.at + 1))
                if newest
                else replace(window, since=max(window.since, place.at))
            )
            if window.since >= window.until:
                return []
        rows: list[Row] = []
        for number, part in enumerate(windows(window, newest=newest)):
            found = None
            if number == TRIED and not value and not self._question.search and not self._question.compared:
                found = self._holding(window, part, wanted - len(rows), newest=newest)
            for one in (part,) if found is None else found:
                rows += self._fetch(self._ask.over(one), more, wanted - len(rows), newest=newest)
            if len(rows) >= wanted or found is not None:
                break
        return rows

    def _holding(self, window: Window, part: Window, wanted: int, *, newest: bool) -> tuple[Window, ...] | None:
        """Where the rest is, as the rollups tell: if they can."""
        rest = replace(part, since=window.since) if newest else replace(part, until=window.until)
        return holding(self._ledger, self._ask.over(rest), wanted, newest=newest)

    def _fetch(self, ask: Ask, more: More, limit: int, *, newest: bool) -> list[Row]:
        scope = self._scope(ask)
        sorted_by = "" if self._order.by_time else self._order.sql(scope)
        selected = [sorted_by or "0", *_PLACED, *(scope.key(key) for key in ask.keys)]
        selected += [scope.spelt(sql) for sql in self._selected]
        columns = ", ".join(f"{sql} AS c{i}" for i, sql in enumerate(selected))
        where = " AND ".join([*scope.conditions(), *self._search.conditions(scope), *more(scope)])
        by = [] if self._order.by_time else [f"c0{self._direction}"]
        by += [f"{name}{' DESC' if newest else ''}" for name in _PLACED]
        sql = f"SELECT {columns} FROM {scope.rows()} WHERE {where} ORDER BY {', '.join(by)} LIMIT {limit:d}"
        return self._ledger.fetch(Statement(sql, scope.values))

    def _scope(self, ask: Ask) -> Scope:
        return Scope(ask, STORED[self._question.cube][-1], DIALECTS[self._ledger.engine])
