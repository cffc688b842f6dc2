"""What an answer is about, and what to say of one that has nothing in it: remarks for stderr."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tokometer.cli.options import DEFAULT_SINCE

if TYPE_CHECKING:
    from tokometer.cli.doors import Door

#: What one question lists of the values that a dimension has.
_MOST_VALUES: Final = 100_000


def window_words(meta: Mapping[str, Any], since: str, until: str | None = None) -> str:
    """`1 Aug 2026 to now, in UTC`: the window of an answer, from its `meta`; `since` and `until` as they were asked."""
    begin, end = datetime.fromisoformat(meta["since"]), datetime.fromisoformat(meta["until"])
    whole, till_midnight = _is_midnight(begin), _is_midnight(end)
    first = _moment(begin, whole=whole or since == "all")
    last = _moment(end - timedelta(days=1) if till_midnight else end, whole=till_midnight)
    if until is None and end > datetime.now(UTC):
        last = "now"
    every = "all time, from " if since == "all" else ""
    span = first if whole and first == last else f"{first} to {last}"
    return f"{every}{span}, in {meta['tz']}"


def day_words(day: str) -> str:
    """A date as ISO 8601 has it, as people write it: `1 Aug 2026`."""
    return _moment(datetime.fromisoformat(day), whole=True)


def last_use_words(day: str, since: str | None) -> str:
    """When there was something last, and how to see it, for whoever asked `since`."""
    return f"Last use: {day_words(day)}{'' if since in (DEFAULT_SINCE, '') else f'; --since {DEFAULT_SINCE} shows it'}."


def last_use(door: Door, tz: str, where: tuple[str, ...] = (), cube: str = "calls") -> str | None:
    """The last day (ISO 8601) with records under these filters, whenever that was; None where there are none."""
    question = {
        "measures": [_counting(cube)],
        "by": [f"{cube}.day"],
        "where": list(where),
        "since": "all",
        "tz": tz,
        "order": [f"-{cube}.day"],
        "limit": 1,
    }
    rows = door.ask(question)["rows"]
    return str(rows[0]["day"]) if rows else None


def nothing_found(door: Door, question: Mapping[str, Any], cube: str = "calls") -> str:
    """Why an answer is empty: a value that nothing has, with its nearest one; or when there was something last.

    Nothing where the window of the question has records, so that what they add up to is an answer.
    """
    from tokometer.measures import QueryError
    from tokometer.measures.query import Filter

    where, tz = tuple(question.get("where", ())), question["tz"]
    asked = {name: question[name] for name in ("where", "since", "until", "tz") if name in question}
    if door.ask({"measures": [_counting(cube)], "by": [f"{cube}.source"], **asked})["rows"]:
        return ""
    for text in where:
        try:
            given = Filter.parse(text)
        except QueryError:
            continue
        unknown = _unknown(door, given)
        if unknown:
            return unknown
    day = last_use(door, tz, where, cube)
    what = " with these filters" if where else ""
    if day is None:
        return f"There is nothing{what}." if where else "The ledger holds nothing of this yet."
    return f"There is nothing{what} in this window. {last_use_words(day, question.get('since', ''))}"


def _unknown(door: Door, given: Any) -> str:  # noqa: ANN401 - a measures.query.Filter, imported only where one is
    """That nothing has a filter's value, and which one may have been meant; nothing where something has it."""
    from tokometer.measures.errors import suggest

    if given.op not in ("=", "in"):
        return ""
    cube, _, short = given.dimension.partition(".")
    known = {
        str(row[short])
        for row in door.ask(
            {"measures": [_counting(cube)], "by": [given.dimension], "since": "all", "limit": _MOST_VALUES}
        )["rows"]
    }
    if known & set(given.values):
        return ""
    value = given.values[0]
    near = suggest(value, known - {""})
    if not near:
        few = sorted(known - {""})[:5]
        near = f"; there are {', '.join(few)}" + (", …" if len(known) > len(few) else "") if few else ""
    return f"Nothing has {given.dimension} {value!r}{near}{'' if near.endswith('?') else '.'}"


def _counting(cube: str) -> str:
    """The measure that counts a cube's records."""
    from tokometer.measures import CUBES
    from tokometer.measures.kinds import Count

    return next(one.name for one in CUBES[cube].measures.values() if type(one) is Count and not one.where)


def _is_midnight(moment: datetime) -> bool:
    return (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)


def _moment(moment: datetime, *, whole: bool) -> str:
    day = f"{moment.day} {moment:%b %Y}"
    return day if whole else f"{day} {moment:%H:%M}"
