"""One question for many: what several rules ask is asked once, and put together where one answer tells all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from tokometer.measures import Filter, Query, Question, Result, measure_named
from tokometer.measures.atoms import Facts
from tokometer.measures.query import MOST_NAMES, MOST_VALUES

#: Puts a question to the ledger.
Ask = Callable[[Question], Result]
#: Of so few questions that differ in one value each is asked by itself.
_FEW: Final = 2
#: What an answer calls all names that it does not tell apart.
_OTHER: Final = "Other"


@dataclass(slots=True)
class Plan:
    """What is asked, and which part of which answer each question gets."""

    #: Each question with the one that is asked for it, and the filter by whose value its row is found.
    instead: dict[Question, tuple[Question, Filter | None]] = field(default_factory=dict)

    @property
    def asked(self) -> list[Question]:
        """What is asked, each once."""
        return list(dict.fromkeys(question for question, _ in self.instead.values()))

    def answers(self, ask: Ask) -> dict[Question, Result | Exception]:
        """The answers; an error where a question cannot be answered, so that the others can."""
        found: dict[Question, Result | Exception] = {}
        for question in self.asked:
            try:
                found[question] = ask(question)
            except ValueError as error:
                found[question] = error
        return {question: _part(question, *instead, found) for question, instead in self.instead.items()}


def plan(questions: Iterable[Question]) -> Plan:
    """A plan for these questions: equal ones once; measures of one question together; one value of many in one.

    `calls.team = a` and `calls.team = b` become one question by team, whose rows are the same figures.
    """
    unique = list(dict.fromkeys(questions))
    found = Plan({question: (question, None) for question in unique})
    whole = {_bare(one) for one in unique if isinstance(one, Query) and one.by}
    for group in _grouped(unique):
        _widen(group, found, whole)
    _together(found)
    return found


def _grouped(unique: Sequence[Question]) -> list[list[tuple[Query, Filter]]]:
    """Questions that differ in the value of one filter alone."""
    groups: dict[object, list[tuple[Query, Filter]]] = {}
    for question in unique:
        given = _narrow(question)
        if given is not None and isinstance(question, Query):
            key = (
                given.dimension,
                _rest(question, given),
                question.cube.name,
                question.since,
                question.until,
                question.tz,
            )
            groups.setdefault(key, []).append((question, given))
    return [group for group in groups.values() if len({given.values for _, given in group}) >= _FEW]


def _narrow(question: Question) -> Filter | None:
    """The filter by whose dimension a question could be asked of many values at once; None where it could not."""
    if not isinstance(question, Query) or question.by or question.grain or question.compare or question.top:
        return None
    found = [one for one in question.where if one.op in ("=", "in") and len(one.values) == 1]
    only = found[-1] if found else None
    return only if only is not None and only.values[0] not in ("", _OTHER) else None


def _widen(group: list[tuple[Query, Filter]], found: Plan, whole: set[Query]) -> None:
    """Ask one question for a group: one of all values, where that is asked anyway, else of the group's."""
    question, given = group[0]
    of_all = _bare(replace(question, by=(given.dimension,), where=_rest(question, given)))
    if of_all in whole:
        for question, given in group:
            wide = replace(question, by=(given.dimension,), where=_rest(question, given))
            found.instead[question] = wide, given
        return
    values = list(dict.fromkeys(given.values[0] for _, given in group))
    for begin in range(0, len(values), MOST_VALUES):
        some = values[begin : begin + MOST_VALUES]
        for question, given in group:
            if given.values[0] in some:
                only = Filter(given.dimension, "in", tuple(some))
                wide = replace(question, by=(given.dimension,), where=(*_rest(question, given), only))
                found.instead[question] = wide, given


def _together(found: Plan) -> None:
    """Ask for the measures of questions that are the same otherwise at once."""
    groups: dict[object, list[Query]] = {}
    for question in found.asked:
        if isinstance(question, Query) and not (question.order or question.limit or question.top):
            groups.setdefault(_bare(question), []).append(question)
    for group in groups.values():
        names = tuple(dict.fromkeys(name for question in group for name in question.measures))
        if len(group) < _FEW or len(names) > MOST_NAMES:
            continue
        whole = replace(group[0], measures=names)
        for question, (asked, given) in list(found.instead.items()):
            if asked in group:
                found.instead[question] = whole, given


def _rest(question: Query, given: Filter) -> tuple[Filter, ...]:
    """The filters of a question beside one."""
    return tuple(one for one in question.where if one is not given)


def _bare(question: Query) -> Query:
    """A question as all are that differ from it in their measures alone."""
    return replace(question, measures=(next(iter(question.cube.measures.values())).name,))


def _part(
    question: Question, asked: Question, given: Filter | None, found: dict[Question, Result | Exception]
) -> Result | Exception:
    """What a question gets of the answer to the one that was asked for it."""
    answer = found[asked]
    if given is None or isinstance(answer, Exception) or not isinstance(question, Query):
        return answer
    short = given.dimension.partition(".")[2]
    rows = [row for row in answer.rows if row[short] == given.values[0]]
    if not rows:
        nothing = Facts({}, lambda: 1.0)
        rows = [{one.short: one.value(nothing) for one in map(measure_named, question.measures)}]
    return Result(answer.columns, rows, answer.meta)
