"""Asking for the fields of an answer: as few questions as there are windows, for all names at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from tokometer.dashboards.answers import JUDGED, measured
from tokometer.dashboards.context import Context
from tokometer.measures import Filter
from tokometer.measures.atoms import Facts
from tokometer.measures.run import PREVIOUS
from tokometer.server.endpoints.declared import Answer, Block, Field, Key


class Values(dict[Key, Any]):
    """What was gathered of one name. What nothing was asked of reads as the measures have it of no records."""

    def __missing__(self, key: Key) -> Any:  # noqa: ANN401 - as measured
        return _of_nothing(key)


@cache
def _of_nothing(key: Key) -> Any:  # noqa: ANN401 - as measured
    """A measure of no records: sums are 0, rates are unknown; a judgement of nothing is unknown."""
    source, _, change = key
    if change or source.startswith(JUDGED):
        return None
    return measured(source).value(Facts({}, lambda: 1.0))


@dataclass(slots=True)
class Gathered:
    """Values by name, in the order in which they were met first."""

    names: dict[Any, Values] = field(default_factory=dict)
    #: What cannot be told of the calls that filters choose, as its records lack their dimensions.
    unheard: Values = field(default_factory=Values)

    def of(self, name: Any) -> Values:  # noqa: ANN401 - a dimension's value, or several
        """The values of one name; those of no records where it had none."""
        return Values({**self.names.get(name, {}), **self.unheard})

    def into(self, name: Any) -> Values:  # noqa: ANN401 - a dimension's value, or several
        """The values of one name, to be added to."""
        return self.names.setdefault(name, Values())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.names)


def gather(
    context: Context,
    fields: Iterable[Field] | Answer,
    by: str | Sequence[str] = "",
    *,
    grain: str = "",
    where: Sequence[Filter] = (),
) -> Gathered:
    """Ask for fields, by a dimension of calls, or several (then names are tuples); with `grain`, names are times.

    One question for each window and cube, and one for each judgement.
    """
    if isinstance(fields, Block):
        fields = fields.fields()
    dimensions = ((by,) if by else ()) if isinstance(by, str) else tuple(by)
    found = Gathered()
    if not dimensions and not grain:
        found.into("")
    measures: dict[tuple[str, str], list[Field]] = {}
    judgements: dict[tuple[str, str], list[Field]] = {}
    for one in fields:  # type: ignore[union-attr]
        if one.source.startswith(JUDGED):
            name = one.source.removeprefix(JUDGED).partition(".")[0]
            judgements.setdefault((one.window, name), []).append(one)
        else:
            measures.setdefault((one.window, one.source.partition(".")[0]), []).append(one)
    for (window, _), asked in measures.items():
        _measure(found, context, window, asked, dimensions, grain, where)
    for (window, name), asked in judgements.items():
        _judge(found, context, window, name, asked, dimensions)
    return found


def _measure(
    found: Gathered,
    context: Context,
    window: str,
    asked: Sequence[Field],
    dimensions: Sequence[str],
    grain: str,
    where: Sequence[Filter],
) -> None:
    names = dict.fromkeys(one.source for one in asked)
    cube = asked[0].source.partition(".")[0]
    if context.unheard(cube):
        found.unheard.update((one.key, None) for one in asked)
        return
    result = context.query(
        context.window(window),
        *names,
        by=dimensions,
        grain=grain,
        compare=any(one.change for one in asked),
        where=[one for one in where if one.dimension.startswith(f"{cube}.")],
    )
    keys = (*(("time",) if grain else ()), *dimensions)
    for row in result.rows:
        values = found.into(_named(row, keys))
        for one in asked:
            short = one.source.partition(".")[2]
            values[one.key] = change(row[short], row.get(short + PREVIOUS)) if one.change else row[short]


def _judge(
    found: Gathered, context: Context, window: str, name: str, asked: Sequence[Field], dimensions: Sequence[str]
) -> None:
    by = dimensions[0] if dimensions else ""
    for row in context.judge(name, context.window(window), by).rows:
        values = found.into(row[by] if by else "")
        for one in asked:
            fact = one.source.removeprefix(f"{JUDGED}{name}").removeprefix(".")
            values[one.key] = row[fact or name]


def _named(row: Mapping[str, Any], keys: Sequence[str]) -> Any:  # noqa: ANN401 - a dimension's value, or several
    if not keys:
        return ""
    return row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys)


def change(now: Any, before: Any) -> Any:  # noqa: ANN401 - int, float or Decimal
    """How much more than before, as a ratio; None where there was nothing before."""
    if now is None or not before:
        return None
    if isinstance(now, Decimal) or isinstance(before, Decimal):
        return float((Decimal(now) - Decimal(before)) / abs(Decimal(before)))
    return (now - before) / abs(before)
