"""Everything that can be asked of a ledger: a :class:`Query`, the records themselves, a spread, or slices of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr

from tokometer.measures.catalogue import CUBES
from tokometer.measures.comparisons import Comparison
from tokometer.measures.errors import QueryError, suggest, told
from tokometer.measures.facts import FACTS, SHOWN
from tokometer.measures.outcomes import ATTRIBUTED
from tokometer.measures.query import FIELDS, Filter, Query, dimension_named

#: The most records that one feed shows.
MOST_RECORDS: Final = 100_000
#: How long a text can be searched for.
LONGEST: Final = 200
OF: Final = ("latency", "ttft")
S = TypeVar("S", bound=Struct)
#: A provider, a model, and whole pico-dollars for a token of its input, of what it reads from a cache, of what it
#: writes to one for five minutes and for an hour, and of its output.
Rate = tuple[str, str, int, int, int, int, int]
#: The same of a model that no price list knows: in the proportions that most have.
DEFAULT_RATE: Final = (3_000_000, 300_000, 3_750_000, 6_000_000, 15_000_000)


class Feed(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Records themselves, the newest first.

    `columns` are short names (`provider`) of the cube's dimensions and of its facts (:mod:`tokometer.measures.facts`);
    none are those that are mostly looked at.

    Raises:
        QueryError: a name is unknown, or two parts of the question do not fit together.
    """

    cube: str = "calls"
    columns: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    since: str = "24h"
    until: str = ""
    tz: str = "UTC"
    #: How many at most, from 1 to :data:`MOST_RECORDS`.
    limit: int = 100
    #: False for the oldest first.
    newest: bool = True

    def __post_init__(self) -> None:
        _check(self)
        if not 1 <= self.limit <= MOST_RECORDS:
            raise QueryError("limit", f"a feed shows 1 to {MOST_RECORDS:,} records, not {self.limit}")

    @classmethod
    def parse(cls, given: object) -> Feed:
        """A feed from its JSON object."""
        return _parsed(cls, given)

    def to_json(self) -> dict[str, Any]:
        """The question as a JSON object; :meth:`parse` gives it back."""
        return _built(self)


class Listing(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A page of records in any order, whose answer says what asks for the next page.

    Raises:
        QueryError: a name is unknown, or two parts of the question do not fit together.
    """

    cube: str = "calls"
    columns: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    #: Only records whose numbers are above, or below, some.
    compared: tuple[Comparison, ...] = ()
    since: str = "24h"
    until: str = ""
    tz: str = "UTC"
    #: The short name of a column, with a minus in front for the largest, or newest, first. What is unknown comes last.
    sort: str = "-at"
    #: Text that a message has, whatever the case, or an id; see :mod:`tokometer.measures.search`.
    search: str = ""
    #: What the page before gave as its `after`; empty for the first page.
    after: str = ""
    limit: int = 100

    def __post_init__(self) -> None:
        _check(self)
        force_setattr(self, "compared", tuple(Comparison.parse(one, self.cube) for one in self.compared))
        sign, name = ("-" if self.sort.startswith("-") else ""), self.sort.lstrip("+-")
        name = _column(self.cube, name or "at", "sort")
        force_setattr(self, "sort", sign + name)
        if not sortable(self.cube, name):
            raise QueryError("sort", f"{name} is told by other records, which the list cannot be sorted by")
        if len(self.search) > LONGEST:
            raise QueryError("search", f"it takes at most {LONGEST} characters")
        if not 1 <= self.limit <= MOST_RECORDS:
            raise QueryError("limit", f"a page has 1 to {MOST_RECORDS:,} records, not {self.limit}")

    @classmethod
    def parse(cls, given: object) -> Listing:
        """A listing from its JSON object."""
        return _parsed(cls, given)

    def to_json(self) -> dict[str, Any]:
        """The question as a JSON object; :meth:`parse` gives it back."""
        return _built(self)


class Spread(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a duration of calls is spread: how many calls are in each log bucket (:mod:`tokometer.records.histogram`).

    Raises:
        QueryError: a name is unknown, or two parts of the question do not fit together.
    """

    of: Literal["latency", "ttft"] = "latency"
    by: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    since: str = "30d"
    until: str = ""
    tz: str = "UTC"
    #: Only the so many values of the first dimension that have most calls; the others together as Other.
    top: int = 0
    other: bool = True

    def __post_init__(self) -> None:
        if self.of not in OF:
            meant = suggest(str(self.of), OF) or f"; it is one of {', '.join(OF)}"
            raise QueryError("of", f"there is no duration {told(self.of, 80)!r}{meant}")
        force_setattr(self, "by", tuple(dimension_named(str(name)).name for name in self.by))
        force_setattr(self, "where", _filters(self.where, "calls"))
        # What the two have in common is checked there.
        self.as_query()

    def as_query(self) -> Query:
        """The question for the median of the same calls."""
        return Query(
            measures=(f"calls.p50_{self.of}",),
            by=self.by,
            where=self.where,
            since=self.since,
            until=self.until,
            tz=self.tz,
            top=self.top,
            other=self.other,
        )

    @classmethod
    def parse(cls, given: object) -> Spread:
        """A spread from its JSON object."""
        return _parsed(cls, given)

    def to_json(self) -> dict[str, Any]:
        """The question as a JSON object; :meth:`parse` gives it back."""
        return _built(self)


class Slices(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The quarter hours that have a bad minute: what incidents are made of.

    Raises:
        QueryError: a name is unknown, or two parts of the question do not fit together.
    """

    #: `provider`: each provider for itself; empty: all calls together.
    by: str = ""
    where: tuple[Filter, ...] = ()
    since: str = "24h"
    until: str = ""
    tz: str = "UTC"

    def __post_init__(self) -> None:
        by = self.by.removeprefix("calls.")
        if by not in ("", "provider"):
            raise QueryError("by", f"slices are told by provider or of all calls, not by {told(by, 80)!r}")
        force_setattr(self, "by", by)
        force_setattr(self, "where", _filters(self.where, "calls"))

    def as_query(self) -> Query:
        """The question for the number of bad minutes of the same calls."""
        by = (f"calls.{self.by}",) if self.by else ()
        return Query(
            measures=("calls.bad_minutes",), by=by, where=self.where, since=self.since, until=self.until, tz=self.tz
        )

    @classmethod
    def parse(cls, given: object) -> Slices:
        """Slices from their JSON object."""
        return _parsed(cls, given)

    def to_json(self) -> dict[str, Any]:
        """The question as a JSON object; :meth:`parse` gives it back."""
        return _built(self)


class Prompts(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What fills prompts, and what becomes of what is written to caches: see :mod:`tokometer.measures.prompts`.

    Raises:
        QueryError: a name is unknown, or two parts of the question do not fit together.
    """

    of: Literal["parts", "writes", "breaks"] = "parts"
    #: A dimension of calls, for `writes` and `breaks`; empty: all together.
    by: str = ""
    #: Dimensions of calls that are texts, for the same: by each of them, and all together, for the price of one.
    each: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    since: str = "30d"
    until: str = ""
    tz: str = "UTC"
    #: What tokens cost, by which the cost of a call is shared out among its parts; models that are not there have
    #: :data:`DEFAULT_RATE`.
    rates: tuple[Rate, ...] = ()
    #: How many rows at most.
    limit: int = 1_000

    def __post_init__(self) -> None:
        if self.of == "parts" and (self.by or self.each):
            raise QueryError("by", "what fills prompts is told of all calls in question together")
        force_setattr(self, "by", _of_calls(self.by) if self.by else "")
        force_setattr(self, "each", _each(self.each, self.by))
        force_setattr(self, "where", _filters(self.where, "calls"))
        if not 1 <= self.limit <= MOST_RECORDS:
            raise QueryError("limit", f"an answer has 1 to {MOST_RECORDS:,} rows, not {self.limit}")

    @property
    def told_by(self) -> tuple[str, ...]:
        """The dimensions by which it is told."""
        return self.each or ((self.by,) if self.by else ())

    def as_query(self) -> Query:
        """The question for the number of the same calls."""
        by = tuple(f"calls.{name}" for name in self.told_by)
        return Query(
            measures=("calls.requests",), by=by, where=self.where, since=self.since, until=self.until, tz=self.tz
        )


class Wasted(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What was paid for nothing: see :mod:`tokometer.measures.wasted`.

    Raises:
        QueryError: a name is unknown, or two parts of the question do not fit together.
    """

    #: One of :data:`tokometer.measures.compile_wasted.KINDS`; `known`: what sources tell at all.
    of: str = "retries"
    #: A dimension of calls; empty: all together.
    by: str = ""
    #: Dimensions of calls that are texts, instead of one: by each of them, for the price of one.
    each: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    since: str = "30d"
    until: str = ""
    tz: str = "UTC"
    #: As of :class:`Prompts`.
    rates: tuple[Rate, ...] = ()
    #: How many rows at most.
    limit: int = 1_000

    def __post_init__(self) -> None:
        by = dimension_named(f"calls.{self.by.removeprefix('calls.')}") if self.by else None
        if by is not None and by.is_time:
            raise QueryError("by", "what was wasted is not told by time")
        force_setattr(self, "by", by.short if by else "")
        force_setattr(self, "each", _each(self.each, self.by))
        force_setattr(self, "where", _filters(self.where, "calls"))
        if not 1 <= self.limit <= MOST_RECORDS:
            raise QueryError("limit", f"an answer has 1 to {MOST_RECORDS:,} rows, not {self.limit}")

    def as_query(self) -> Query:
        """The question for the number of the same calls."""
        by = tuple(f"calls.{name}" for name in self.each or ((self.by,) if self.by else ()))
        return Query(
            measures=("calls.requests",), by=by, where=self.where, since=self.since, until=self.until, tz=self.tz
        )


def sortable(cube: str, column: str) -> bool:
    """Whether a list can be sorted by a column: not by what details of errors, or the changes that there are, tell."""
    fact = FACTS[cube].get(column)
    if fact is not None:
        return fact.sql != "''"
    return cube != "calls" or dimension_named(f"{cube}.{column}").column not in ATTRIBUTED


#: What :func:`tokometer.measures.answer` takes.
Question = Query | Feed | Listing | Spread | Slices | Prompts | Wasted

_READERS: Final[dict[str, Callable[[Any, str], Any]]] = {
    **FIELDS,
    "cube": FIELDS["since"],
    "columns": FIELDS["by"],
    "newest": FIELDS["other"],
    "sort": FIELDS["since"],
    "search": FIELDS["since"],
    "after": FIELDS["since"],
    "compared": lambda value, _: tuple(value) if isinstance(value, list | tuple) else (value,),
    "of": FIELDS["since"],
}


def _parsed(kind: type[S], given: object) -> S:
    what = kind.__name__.lower()
    if not isinstance(given, Mapping):
        raise QueryError(what, f"it is an object, not {type(given).__name__}")
    read = {**_READERS, "by": FIELDS["since"]} if kind is Slices else _READERS
    fields = kind.__struct_fields__
    for name in given:
        if name not in fields:
            meant = suggest(str(name), fields)
            raise QueryError(told(name, 60), f"there is no such field{meant}; there are {', '.join(fields)}")
    return kind(**{name: read[name](value, name) for name, value in given.items() if value is not None})


def _built(question: Struct) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(question)
    return built


def _check(question: Feed | Listing) -> None:
    """Looks up a list's cube, columns and filters, and puts their short names into it."""
    if question.cube not in CUBES:
        meant = suggest(question.cube, CUBES) or f"; there are {', '.join(CUBES)}"
        raise QueryError("cube", f"there is no cube {told(question.cube, 80)!r}{meant}")
    columns = question.columns or SHOWN[question.cube]
    force_setattr(question, "columns", tuple(_column(question.cube, str(name)) for name in columns))
    if len(set(question.columns)) < len(question.columns):
        raise QueryError("columns", "a name is there twice")
    force_setattr(question, "where", _filters(question.where, question.cube))


def _column(cube: str, name: str, field: str = "columns") -> str:
    """A column's short name."""
    short = name.removeprefix(f"{cube}.")
    if short in FACTS[cube]:
        return short
    try:
        return dimension_named(f"{cube}.{short}").short
    except QueryError:
        known = [*FACTS[cube], *CUBES[cube].dimensions]
        meant = suggest(short, known) or f"; there are {', '.join(known)}"
        raise QueryError(field, f"{cube} have no column {told(name, 80)!r}{meant}") from None


def _of_calls(name: str) -> str:
    return dimension_named(f"calls.{name.removeprefix('calls.')}").short


def _each(given: tuple[str, ...], by: str) -> tuple[str, ...]:
    """Dimensions by each of which something is told at once."""
    if by and given:
        raise QueryError("each", "is asked instead of `by`")
    names = tuple(map(_of_calls, given))
    if other := next((name for name in names if dimension_named(f"calls.{name}").type != "text"), ""):
        raise QueryError("each", f"{other} is no text: ask by it alone")
    return names


def _filters(given: tuple[Filter, ...], cube: str) -> tuple[Filter, ...]:
    filters = tuple(Filter.parse(one) for one in given)
    for one in filters:
        if one.dimension.partition(".")[0] != cube:
            raise QueryError("where", f"{one.dimension} is no dimension of {cube}")
    return filters
