"""Measures and judgements under one roof: what a name means, and rows of both by one dimension."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tokometer.dashboards.calendar import Window
from tokometer.dashboards.context import Context
from tokometer.judgement import declared
from tokometer.judgement.catalogue import JUDGEMENTS
from tokometer.judgement.declared import PREFIX, Judgement
from tokometer.measures import CUBES, Filter, Measure, Query
from tokometer.measures.atoms import Minute
from tokometer.measures.kinds import Count, Sum, Throughput
from tokometer.measures.result import ColumnType
from tokometer.measures.run import PREVIOUS
from tokometer.records.units import COUNT, Unit

#: What the names of judgements begin with.
JUDGED: Final = PREFIX
STANDING: Final = f".{declared.STANDING}"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Described:
    """What a figure is, whether it is measured or judged."""

    name: str
    title: str
    unit: Unit
    better: str
    description: str
    formula: str
    type: ColumnType = "number"


def described(name: str) -> Described:
    """The measure (`calls.cost`), judgement (`judgement.health_score`) or fact of one (`judgement.compute.mfu`)."""
    if name.startswith(JUDGED):
        judged, fact = judgement_of(name)
        if fact:
            found = next(one for one in judged.facts if one.name == fact)
            title, meaning = found.column.title, found.meaning or judged.description
            text = f"{meaning[:1].upper()}{meaning[1:].removesuffix('.')}."
            return Described(name, title, found.unit or COUNT, "", text, judged.formula, found.type)
        return Described(
            name, judged.title, judged.unit, judged.better, judged.description, judged.formula, judged.type
        )
    measure = measured(name)
    return Described(name, measure.title, measure.unit, measure.better, measure.description, measure.formula())


def judgement_of(name: str) -> tuple[Judgement, str]:
    """The judgement that a name begins with, and the fact of it that it ends with; '' for the judgement's value."""
    judged, _, fact = name.removeprefix(JUDGED).partition(".")
    return JUDGEMENTS[judged], fact


def measured(name: str) -> Measure:
    """The declaration behind `calls.cost`."""
    cube, _, short = name.partition(".")
    return CUBES[cube].measures[short]


def adds_up(name: str) -> bool:
    """True where the sum over names is the value of all of them together."""
    return not name.startswith(JUDGED) and isinstance(measured(name), Sum | Count)


def stacks(name: str) -> bool:
    """True where the sum over names in one period is the value of all of them: of what adds up, and of throughputs."""
    return adds_up(name) or (not name.startswith(JUDGED) and isinstance(measured(name), Throughput))


def merges(name: str) -> bool:
    """False for what only the calls tell of several names together: a line of all the others would cost too much."""
    return name.startswith(JUDGED) or not any(isinstance(atom, Minute) for atom in measured(name).atoms())


def begun(context: Context) -> datetime:
    """The midnight before the first call of all, whatever is filtered by, in the viewer's zone; now, without any."""
    everything = Query(measures=("calls.requests",), since="all", tz=context.scope.zone.key)
    return context.ask(everything).meta.since.astimezone(context.scope.zone)


def rows_of(
    context: Context,
    names: Sequence[str],
    *,
    window: Window | None,
    by: str = "",
    grain: str = "",
    compare: bool = False,
    top: int = 0,
    rank: str = "",
    where: Sequence[Filter] = (),
    other: bool = True,
) -> list[Row]:
    """Rows of measures and judgements side by side, one a value of `by` (and a period of `grain`: then measures only).

    A row has the dimension's value under its short name, the period's start under `time`, and what was asked under
    full names: `calls.cost`, `calls.cost.previous`, `judgement.health_score`, `judgement.health_score.standing`, and a
    judgement's further facts: `judgement.health_score.success`. What only some of the questions know of is absent
    in the rows of the others.
    """
    found: dict[Any, Row] = {}
    for cube, asked in _by_cube(name for name in names if not name.startswith(JUDGED)).items():
        result = context.query(
            window,
            *asked,
            by=(by,) if by else (),
            grain=grain,
            compare=compare,
            top=top,
            rank=rank if rank.startswith(f"{cube}.") else "",
            where=[given for given in where if given.dimension.startswith(f"{cube}.")],
            other=other,
        )
        for row in result.rows:
            into = found.setdefault((row.get("time"), row.get(by)), _place(row, by))
            for name in asked:
                short = name.partition(".")[2]
                into[name] = row[short]
                if short + PREVIOUS in row:
                    into[name + PREVIOUS] = row[short + PREVIOUS]
    if window is not None and not grain:
        judged = (judgement_of(name)[0].name for name in names if name.startswith(JUDGED))
        for name in dict.fromkeys(judged):
            _join(found, context, name, by, window)
    return list(found.values())


def _join(found: dict[Any, Row], context: Context, short: str, by: str, window: Window) -> None:
    name = JUDGED + short
    for row in context.judge(short, window, by).rows:
        into = found.setdefault((None, row.get(by)), _place(row, by))
        into |= {name if key == short else f"{name}.{key}": value for key, value in row.items() if key != by}


def _place(row: Any, by: str) -> Row:  # noqa: ANN401 - a row of either
    place = {by: row[by]} if by else {}
    return place | ({"time": row["time"]} if "time" in row else {})


def _by_cube(names: Iterable[str]) -> dict[str, list[str]]:
    cubes: dict[str, list[str]] = {}
    for name in names:
        cubes.setdefault(name.partition(".")[0], []).append(name)
    return cubes
