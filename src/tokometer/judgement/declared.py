"""What a judgement is: a name, words, and a pure coroutine that asks the ledger and is sent the answers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import perf_counter
from typing import Any, Final, Literal, TypeVar

from tokometer.measures import CUBES, Column, Dimension, Filter, Meta, Query, QueryError, Question, Result
from tokometer.measures.errors import suggest
from tokometer.measures.result import ColumnType
from tokometer.prices import PriceBook
from tokometer.records.units import PERCENT, Unit
from tokometer.settings import Settings

Standing = Literal["good", "warning", "critical", "none"]
Row = dict[str, Any]
#: Yields what it wants to know, is sent the answers in the same order, and returns rows.
Inquiry = Generator[tuple[Question, ...], tuple[Result, ...], list[Row]]
Made = TypeVar("Made")
#: Puts a question to the ledger; whoever asks the same shares the answer.
Ask = Callable[[Question], Result]

#: What the names of judgements begin with where they stand beside those of measures.
PREFIX: Final = "judgement."
STANDING: Final = "standing"
_CALLS: Final = "calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What is to be judged: which calls (`where`, of the cube calls), by which dimension of theirs, over which time.

    `since` and `until` are in the words of queries. A judgement that has a window of its own keeps to it, unless it is
    `movable` and the asker `insists`.
    """

    by: str = ""
    where: tuple[Filter, ...] = ()
    since: str = "24h"
    until: str = ""
    tz: str = "UTC"
    now: datetime
    insists: bool = False
    #: The prices, for what would have cost otherwise; without them nothing is said of it.
    book: PriceBook | None = field(default=None, compare=False, repr=False)
    #: What accounts tell of the statements of providers, values of `reconciliation.Stated` by provider.
    stated: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def over(self, since: str, until: str = "") -> Matter:
        """The same in another window."""
        return replace(self, since=since, until=until)

    def query(
        self,
        *measures: str,
        by: Sequence[str] | None = None,
        where: Sequence[Filter] = (),
        since: str = "",
        until: str = "",
        grain: str = "",
        compare: str = "",
    ) -> Query:
        """A query about these calls, by this matter's dimension unless others are named (short, without their cube).

        The window is this matter's unless another one begins at `since`.
        """
        names = ((self.by,) if self.by else ()) if by is None else by
        return Query(
            measures=tuple(f"{_CALLS}.{name}" for name in measures),
            by=tuple(f"{_CALLS}.{name}" for name in names),
            where=(*self.where, *where),
            since=since or self.since,
            until=until if since else self.until,
            tz=self.tz,
            grain=grain,
            compare=compare,
        )

    def only(self, dimension: str) -> str:
        """The one value of a dimension that all of these calls have, as far as the filters tell; else empty."""
        name = f"{_CALLS}.{dimension}"
        values = [given.values for given in self.where if given.dimension == name and given.op in ("=", "in")]
        return values[0][0] if len(values) == 1 and len(values[0]) == 1 else ""

    def where_in(self, cube: str) -> tuple[Filter, ...] | None:
        """The filters as another cube has them; None where it lacks a dimension, so that nothing of it can be told."""
        known = CUBES[cube].dimensions
        names = [given.dimension.partition(".")[2] for given in self.where]
        if not all(name in known for name in names):
            return None
        return tuple(
            Filter(f"{cube}.{name}", given.op, given.values) for name, given in zip(names, self.where, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Fact:
    """A further column of a judgement's rows."""

    name: str
    #: None for what is no number.
    unit: Unit | None = None
    type: ColumnType = "number"
    title: str = ""
    meaning: str = ""

    @property
    def column(self) -> Column:
        """The column as results have it."""
        title = self.title or self.name.replace("_", " ").capitalize()
        return Column(self.name, self.unit.key if self.unit else "", self.type, title)


def text(name: str, meaning: str = "", title: str = "") -> Fact:
    """A fact in words."""
    return Fact(name, type="text", title=title, meaning=meaning)


def share(name: str, meaning: str = "", title: str = "") -> Fact:
    """A fact that is a ratio, shown in per cent."""
    return Fact(name, PERCENT, title=title, meaning=meaning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A figure that says what measured numbers mean, declared once: panels, API, CSV and documentation derive from it.

    `inquire` is a pure coroutine: it yields tuples of questions, is sent the answers in the same order, and returns
    rows with the dimension's value (under its short name), the judgement's value (under its own name) and its facts;
    what is not known is None. `standing` grades a row.
    """

    name: str
    title: str
    unit: Unit
    better: str
    description: str
    #: How the value comes about, in words.
    formula: str
    #: Short names of the dimensions of calls that it can be asked by; empty for all calls together.
    by: tuple[str, ...]
    facts: tuple[Fact, ...]
    #: The window that it is about whatever the asker's is: `15m`. Empty: the asker's.
    window: str = ""
    #: Whether it can be about another window than its own.
    movable: bool = False
    type: ColumnType = "number"
    #: The cube of what it rests on, where these are no calls: filters that it has no dimension for leave it unknown.
    cube: str = _CALLS
    #: What its standings mean, in words.
    thresholds: str = ""
    inquire: Callable[[Matter, Settings], Inquiry] = field(repr=False)
    standing: Callable[[Row, Settings], Standing] = field(repr=False)

    @property
    def full_name(self) -> str:
        """The name as it stands beside those of measures: `judgement.health_score`."""
        return f"{PREFIX}{self.name}"

    def columns(self, by: str) -> list[Column]:
        """The columns of its results: the dimension, the value, the facts, the standing."""
        grouped = [_column(CUBES[_CALLS].dimensions[by])] if by else []
        unit = "" if self.type in ("text", "flag") else self.unit.key
        value = Column(self.name, unit, self.type, self.title, self.full_name, self.better)
        return [*grouped, value, *(fact.column for fact in self.facts), Column(STANDING, "", "text", "Standing")]


def judge(judgement: Judgement, matter: Matter, settings: Settings, ask: Ask) -> Result:
    """Put a judgement's questions to the ledger and grade the rows that it makes of the answers.

    Raises:
        QueryError: It cannot be asked by this dimension, or one of its questions cannot be answered.
    """
    if matter.by not in judgement.by:
        known = [name or "(nothing)" for name in judgement.by]
        close = suggest(matter.by, judgement.by)
        raise QueryError("by", f"{judgement.full_name} is not asked by {matter.by!r}{close}; by {', '.join(known)}")
    started = perf_counter()
    if judgement.window and not (matter.insists and judgement.movable):
        matter = matter.over(judgement.window)
    rows, answers = drive(judgement.inquire(matter, settings), ask)
    judged = [{**row, STANDING: judgement.standing(row, settings)} for row in rows]
    columns = judgement.columns(matter.by)
    names = [column.name for column in columns]
    words = {fact.name for fact in judgement.facts if fact.type == "text"}
    # Words that say nothing are as unknown as a number that nobody knows.
    complete = [{name: row.get(name) or (None if name in words else row.get(name)) for name in names} for row in judged]
    return Result(columns, complete, _meta(matter, answers, len(complete), (perf_counter() - started) * 1000))


def drive(inquiry: Generator[tuple[Question, ...], tuple[Result, ...], Made], ask: Ask) -> tuple[Made, list[Result]]:
    """What an inquiry comes to, and every answer that it was sent."""
    answers: list[Result] = []
    try:
        questions = next(inquiry)
        while True:
            sent = tuple(ask(question) for question in questions)
            answers += sent
            questions = inquiry.send(sent)
    except StopIteration as done:
        made: Made = done.value
        return made, answers


def _meta(matter: Matter, answers: Sequence[Result], rows: int, elapsed_ms: float) -> Meta:
    """How the answer came about; the window is that of the first question."""
    first = answers[0].meta if answers else Meta(matter.now, matter.now, matter.tz)
    tables = tuple(dict.fromkeys(table for answer in answers for table in answer.meta.tables))
    missing = tuple(dict.fromkeys(words for answer in answers for words in answer.meta.missing))
    return Meta(
        first.since, first.until, matter.tz, tables=tables, total_rows=rows, missing=missing, elapsed_ms=elapsed_ms
    )


def _column(dimension: Dimension) -> Column:
    return Column(dimension.short, "", dimension.type, dimension.title, dimension.name)


def by_name(result: Result, name: str) -> dict[Any, Mapping[str, Any]]:
    """A result's rows by their value of a dimension; of a result without it, the one row under ''."""
    return {row[name] if name else "": row for row in result.rows}
