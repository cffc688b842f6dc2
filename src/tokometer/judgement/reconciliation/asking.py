"""What a reconciliation asks the ledger."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from tokometer.judgement.declared import Matter
from tokometer.judgement.reconciliation.names import meeting
from tokometer.measures import CUBES, Filter, Query, Question, Result
from tokometer.measures.zones import zone_info

_METERED: Final = (
    *("requests", "cost", "total_tokens", "priced_tokens", "unsplit_tokens", "input_tokens", "cache_read_tokens"),
    *("cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens"),
)
_REPORTED: Final = (
    *("lines", "requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"),
    *("cache_write_unknown_tokens", "output_tokens", "unsplit_tokens", "estimated_cost"),
)
_BILLED: Final = ("lines", "amount", "listed", "credits", "unconverted", "quantity")
_CUBES: Final = ("calls", "reported", "bills")
_MODEL: Final = "model"
#: Lines that say what is to be paid.
_TYPES: Final = ("usage", "adjustment", "credit")
_MONTHS: Final = "month"
Coroutine = Generator[tuple[Question, ...], tuple[Result, ...], Any]


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days of UTC."""

    first: date
    end: date

    @property
    def window(self) -> tuple[str, str]:
        """In the words of queries."""
        begin, end = (datetime.combine(day, time(), UTC).isoformat() for day in (self.first, self.end))
        return begin, end


@dataclass(frozen=True, slots=True)
class Answers:
    """What the ledger says of a span."""

    span: Span
    metered: Sequence[Mapping[str, Any]]
    reported: Sequence[Mapping[str, Any]]
    billed: Sequence[Mapping[str, Any]]
    #: The first and the last month with a line of each provider, whatever the span; and which of them have bills.
    months: Mapping[str, tuple[date, date]]
    billing: frozenset[str]
    #: All answers, by which whoever asks the same again is known.
    results: tuple[Result, ...]
    #: Dimensions of the filters that statements do not have: then nothing can be said.
    untold: tuple[str, ...] = ()


def span_of(since: datetime, until: datetime, zone: str) -> Span:
    """The days of a window as days of UTC: the viewer's 1st of October is the provider's."""
    local = zone_info(zone)
    begin, end = since.astimezone(local), until.astimezone(local)
    last = end.date() if end.time() == time() else end.date() + timedelta(days=1)
    return Span(begin.date(), max(last, begin.date() + timedelta(days=1)))


def asked(matter: Matter, of: str = "") -> Generator[tuple[Question, ...], tuple[Result, ...], Answers]:
    """The rows of the three sides, by provider, day, model and (with `of`) a further dimension that all have."""
    names = [given.dimension.partition(".")[2] for given in matter.where]
    untold = tuple(name for name in names if any(name not in CUBES[cube].dimensions for cube in _CUBES))
    [first] = yield (matter.query("requests", by=()),)
    span = span_of(first.meta.since, first.meta.until, matter.tz)
    if untold:
        return Answers(span, (), (), (), {}, frozenset(), (), untold)
    more = (of,) if of else ()
    by = ("provider", _MODEL, "service_tier", *more)
    questions = (
        _query("calls", _METERED, by, matter, span),
        _query("reported", _REPORTED, by, matter, span),
        _query(
            "bills",
            _BILLED,
            (*by, "type", "token_type", "currency", "invoice", "quantity_unit"),
            matter,
            span,
            Filter("bills.type", "in", _TYPES),
        ),
        *(
            Query(measures=(f"{cube}.lines",), by=(f"{cube}.provider", f"{cube}.{_MONTHS}"), where=where, since="all")
            for cube, where in (("bills", (Filter("bills.type", "in", _TYPES),)), ("reported", ()))
        ),
    )
    results = yield questions
    metered, reported, billed, *months = results
    listed: dict[str, tuple[date, date]] = {}
    for result in months:
        for row in result.rows:
            if row["lines"]:
                month = _day(row[_MONTHS])
                earliest, latest = listed.get(row["provider"], (month, month))
                listed[row["provider"]] = min(earliest, month), max(latest, month)
    keep = _chosen(matter)
    called, stated, lines = (
        tuple(row for row in side.rows if row[count] and keep(row))
        for side, count in ((metered, "requests"), (reported, "lines"), (billed, "lines"))
    )
    billing = frozenset(row["provider"] for row in months[0].rows if row["lines"])
    return Answers(span, called, stated, lines, listed, billing, tuple(results))


def _query(cube: str, measures: Sequence[str], by: Sequence[str], matter: Matter, span: Span, *more: Filter) -> Query:
    since, until = span.window
    where = [
        Filter(f"{cube}.{given.dimension.partition('.')[2]}", given.op, given.values)
        for given in matter.where
        if given.dimension != f"calls.{_MODEL}"
    ]
    return Query(
        measures=tuple(f"{cube}.{name}" for name in measures),
        # A course would have a row for each day of everything, and almost all of them empty.
        by=tuple(f"{cube}.{name}" for name in (*by, "day")),
        where=(*where, *more),
        since=since,
        until=until,
        tz="UTC",
    )


def _chosen(matter: Matter) -> Any:  # noqa: ANN401 - a function of a row
    """Whether a row is of a model that is asked for, under whichever of its names."""
    filters = [given for given in matter.where if given.dimension == f"calls.{_MODEL}"]

    def keep(row: Mapping[str, Any]) -> bool:
        return all(_fits(given, row[_MODEL] or "", row["provider"] or "") for given in filters)

    return keep


def _fits(given: Filter, model: str, provider: str) -> bool:
    name = meeting(model, provider) if model else ""
    if given.op in ("contains", "prefix"):
        words = [value.casefold() for value in given.values]
        text = model.casefold()
        return any(word in text if given.op == "contains" else text.startswith(word) for word in words)
    met = name in {meeting(value, provider) if value else "" for value in given.values}
    return met == (given.op in ("=", "in"))


def _day(value: object) -> date:
    return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else date.max
