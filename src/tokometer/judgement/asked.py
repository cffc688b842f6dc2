"""A question from outside, for measures or for a judgement: `{"measures": ["judgement.health_score"], …}`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from tokometer.judgement.declared import PREFIX, Ask, Judgement, Matter, judge
from tokometer.measures import CUBES, Query, QueryError, Result
from tokometer.measures.errors import suggest
from tokometer.measures.query import given_by
from tokometer.prices import PriceBook
from tokometer.settings import Settings

_TAKES: Final = ("measures", "by", "where", "since", "until", "tz", "order", "limit")
_CALLS: Final = "calls."


@dataclass(frozen=True, slots=True)
class Asked:
    """One judgement, as it was asked for."""

    judgement: Judgement
    #: The same question about measures: it has read the filters, the window and the zone.
    query: Query
    by: str
    #: Whether a window was named, which then holds even for a judgement that has one of its own.
    insists: bool
    order: tuple[str, ...] = ()

    def answer(
        self,
        settings: Settings,
        now: datetime,
        ask: Ask,
        book: PriceBook | None = None,
        stated: Mapping[str, Any] | None = None,
    ) -> Result:
        """Judge, sort and cut.

        Raises:
            QueryError: It cannot be asked like this; the message says what would be right.
        """
        query = self.query
        matter = Matter(
            by=self.by,
            where=query.where,
            since=query.since,
            until=query.until,
            tz=query.tz,
            now=now,
            insists=self.insists,
            book=book,
            stated=stated or {},
        )
        result = judge(self.judgement, matter, settings, ask)
        rows = list(result.rows)
        for name in reversed(self.order):
            rows = _sorted(rows, name, result)
        return replace(result, rows=rows[: query.limit] if query.limit else rows)


def parse(given: object) -> Query | Asked:
    """A question from its JSON object: a :class:`Query`, or a judgement where it names one.

    Raises:
        QueryError: The question is wrong; the message says where, and what would be right.
    """
    names = _names(given)
    if not isinstance(given, Mapping) or not any(_is_judgement(name) for name in names):
        return Query.parse(given)
    # Imported where one is asked for: all of them take longer than most queries.
    from tokometer.judgement.catalogue import judgement_named

    if len(names) > 1:
        raise QueryError("measures", f"a judgement stands alone; ask for {' and '.join(names)[:200]} one by one")
    judgement = judgement_named(names[0])
    for name in given:
        if name not in _TAKES and given[name] is not None:
            raise QueryError(
                str(name)[:60],
                f"a judgement takes no such field{suggest(str(name), _TAKES)}; it takes {', '.join(_TAKES)}",
            )
    if given.get("since") and judgement.window and not judgement.movable:
        raise QueryError("since", f"{judgement.full_name} is always about its own window ({judgement.window})")
    order = _texts(given.get("order"))
    rest = {name: value for name, value in given.items() if name not in ("measures", "by", "order")}
    query = Query.parse({**rest, "measures": ["calls.requests"]})
    return Asked(judgement, query, _by(judgement, _texts(given.get("by"))), bool(given.get("since")), tuple(order))


def parse_params(params: Iterable[tuple[str, str]]) -> Query | Asked:
    """The same from URL parameters; see :meth:`Query.from_params`."""
    return parse(given_by(params))


def _names(given: object) -> list[str]:
    return _texts(given.get("measures")) if isinstance(given, Mapping) else []


def _texts(given: Any) -> list[str]:  # noqa: ANN401 - whatever JSON has
    listed = given if isinstance(given, list | tuple) else [given]
    return [one for one in listed if isinstance(one, str)]


def _is_judgement(name: str) -> bool:
    """Whether a name is meant for a judgement: by its prefix, or the whole of it where no measure has that name."""
    if name.startswith(PREFIX[:4]):
        return True
    if "." in name or name in CUBES["calls"].measures:
        return False
    from tokometer.judgement.catalogue import JUDGEMENTS

    return name in JUDGEMENTS


def _by(judgement: Judgement, names: list[str]) -> str:
    if len(names) > 1:
        raise QueryError("by", f"{judgement.full_name} is asked by one dimension, not {len(names)}")
    return names[0].removeprefix(_CALLS) if names else ""


def _sorted(rows: list[Mapping[str, Any]], name: str, result: Result) -> list[Mapping[str, Any]]:
    """By one column, the largest first with a minus in front; what is unknown comes last."""
    bare = name.lstrip("+-").removeprefix(PREFIX).removeprefix(_CALLS)
    known = [column.name for column in result.columns]
    if bare not in known:
        raise QueryError(
            "order", f"{bare[:80]!r} is not in the result{suggest(bare, known)}; it has {', '.join(known)}"
        )
    told = [row for row in rows if row[bare] is not None]
    told.sort(key=lambda row: row[bare], reverse=name.startswith("-"))
    return told + [row for row in rows if row[bare] is None]
