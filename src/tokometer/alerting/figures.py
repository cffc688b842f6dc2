"""What a rule measures, by value of its dimension, whether it is a measure or a judgement."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from tokometer.alerting.rule import Terms
from tokometer.alerting.situation import Situation
from tokometer.measures import CUBES, Query, Question, Result
from tokometer.measures.kinds import Count
from tokometer.measures.run import PREVIOUS


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, and that of the period before where it was asked for; None where unknown."""

    now: float | None
    before: float | None = None
    #: How many records it rests on, where that was asked for.
    records: float | None = None


#: Yields questions, and returns figures by value.
Asking = Generator[tuple[Question, ...], tuple[Result, ...], dict[str, Figure]]


def question(
    terms: Terms, *measures: str, since: str = "", until: str = "", grain: str = "", compare: str = ""
) -> Query:
    """The question of a rule's records; its own measure, over its own window, unless others are named."""
    return Query(
        measures=measures or (terms.measure,),
        by=(f"{terms.cube}.{terms.each}",) if terms.each else (),
        where=terms.where,
        since=since or terms.window,
        until=until,
        tz=terms.tz,
        grain=grain,
        compare=compare,
    )


def figures(terms: Terms, situation: Situation, *, compare: bool = False, counted: bool = False) -> Asking:
    """What is measured over the rule's window, with what it was before (`compare`), and of how many records."""
    judgement = terms.judgement
    if judgement is None:
        count = counting(terms.cube)
        names = dict.fromkeys((terms.measure, count) if counted else (terms.measure,))
        [result] = yield (question(terms, *names, compare="previous" if compare else ""),)
        short, records = (name.partition(".")[2] for name in (terms.measure, count))
        return {
            named(row, terms.each): Figure(
                number(row[short]), number(row.get(f"{short}{PREVIOUS}")), number(row.get(records)) if counted else None
            )
            for row in result.rows
        }
    matter = situation.matter(terms.each, terms.where, terms.window, terms.tz)
    if judgement.window and not judgement.movable:
        matter = matter.over(judgement.window)
    rows = yield from judgement.inquire(matter, situation.settings)
    worst = min if judgement.better == "higher" else max
    found: dict[str, list[float]] = {}
    for row in rows:
        value = number(row.get(judgement.name))
        found.setdefault(named(row, terms.each), []).extend([] if value is None else [value])
    return {name: Figure(worst(values) if values else None) for name, values in found.items()}


def counting(cube: str) -> str:
    """The measure that counts the records of a cube."""
    return next(one.name for one in CUBES[cube].measures.values() if isinstance(one, Count) and not one.where)


def named(row: Any, each: str) -> str:  # noqa: ANN401 - a row of a result
    """Which value a row is about."""
    return str(row[each] if row[each] is not None else "") if each else ""


def number(value: Any) -> float | None:  # noqa: ANN401 - a cell of a number
    """A cell as a number; None where it is unknown, or no number."""
    return None if value is None or isinstance(value, str) else float(value)
