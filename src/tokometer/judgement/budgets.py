"""All budgets and objectives that hold: what `tokometer.toml` says, and what people have made, in one view.

Whoever has the settings as they are in force (`Runtime.settings`, or :func:`merged` elsewhere) needs nothing else:
`lines(settings)` are all budgets. A line is read-only where its origin is the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from msgspec import convert
from msgspec.structs import replace

from tokometer.accounts import Budget, Objective
from tokometer.measures import QueryError, dimension_named
from tokometer.records.providers import value_name
from tokometer.settings import BudgetLine, Settings, SettingsError, Slo, SloOverride
from tokometer.settings.money import Filters, Period

#: The tables of [budget] and the dimension of each.
_TABLES: Final = (("models", "model"), ("providers", "provider"), ("teams", "team"))
_ID_BYTES: Final = 6


def lines(settings: Settings, budgets: Iterable[Budget] = ()) -> tuple[BudgetLine, ...]:
    """All budgets: the file's, those of the page that the settings already know, and further ones of the page."""
    return (*_known(settings), *(line_of(one) for one in budgets))


def merged(settings: Settings, budgets: Iterable[Budget], objectives: Iterable[Objective]) -> Settings:
    """The settings of a file, with what people have made beside it."""
    return replace(
        settings,
        own_budgets=tuple(line_of(one) for one in budgets),
        own_objectives=tuple(objective_of(one) for one in objectives),
    )


def line_of(budget: Budget) -> BudgetLine:
    """A budget that somebody made, as a line."""
    return BudgetLine(
        id=budget.id,
        title=budget.title,
        amount=budget.amount,
        period=cast("Period", budget.period),
        tz=budget.tz,
        filters=filters_of(budget.filters),
        levels=tuple(sorted(float(level) for level in budget.levels)),
        stops=budget.stops,
        origin="page",
        revision=budget.revision,
    )


def objective_of(objective: Objective) -> SloOverride:
    """An objective that somebody made, as the settings have them; what it says that is not known is left out."""
    told = {name: value for name, value in objective.declared.items() if name in Slo.__struct_fields__}
    return convert(told | {"provider": objective.provider, "model": objective.model}, SloOverride)


def filters_of(given: Mapping[str, Iterable[str]]) -> Filters:
    """Filters in the order in which two that mean the same are equal."""
    return tuple(sorted((name, tuple(sorted(set(values)))) for name, values in given.items()))


def scope_words(filters: Filters) -> str:
    """Whose spending it is, in words: `team research, model gpt-5`."""
    said = (f"{name} {' or '.join(value_name(name, one) for one in values)}" for name, values in filters)
    return ", ".join(said) or "all calls"


def limit_of(settings: Settings, dimension: str = "", value: str = "") -> Decimal | None:
    """What may be spent in a calendar month (USD) by exactly one value of a dimension, or by all; None: no budget.

    Of several that are for the same, the tightest.
    """
    return _tightest(settings).get((dimension, value))


def limited(settings: Settings, dimension: str) -> list[str]:
    """The values of a dimension that have a budget of a calendar month of their own."""
    return [value for name, value in _tightest(settings) if name == dimension]


def check(settings: Settings, path: Path) -> None:
    """See that the file's budgets are for what there is.

    Raises:
        SettingsError: One names a dimension that calls do not have.
    """
    for number, one in enumerate(settings.budget.of, start=1):
        for name, _ in one.filters:
            try:
                known_dimension(name)
            except QueryError as error:
                raise SettingsError(path, f"budget.of[{number}].filters.{name}", error.reason) from None


def known_dimension(name: str) -> str:
    """The short name of a dimension of calls that budgets can be for.

    Raises:
        QueryError: There is none of that name, or its values are no texts.
    """
    found: Any = dimension_named(f"calls.{name}")
    if found.type != "text":
        raise QueryError("filters", f"{name} is no dimension that budgets can be for: its values are no texts")
    return name


@lru_cache(8)
def _known(settings: Settings) -> tuple[BudgetLine, ...]:
    return (*_of_file(settings), *settings.own_budgets)


@lru_cache(8)
def _tightest(settings: Settings) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for line in lines(settings):
        if line.period != "month" or len(line.filters) > 1:
            continue
        name, values = line.filters[0] if line.filters else ("", ("",))
        if len(values) == 1:
            key = name, values[0]
            found[key] = min(line.amount, found.get(key, line.amount))
    return found


def _of_file(settings: Settings) -> Iterator[BudgetLine]:
    given = settings.budget
    levels = (given.warning, given.critical)
    if given.monthly is not None:
        yield _line("All calls", given.monthly, levels=levels)
    for table, name in _TABLES:
        for value, amount in getattr(given, table):
            yield _line(value_name(name, value), amount, filters=((name, (value,)),), levels=levels)
    for one in given.of:
        words = scope_words(one.filters)
        title = one.title or f"{words[:1].upper()}{words[1:]}"
        yield _line(
            title, one.amount, period=one.period, tz=one.tz, filters=one.filters, levels=one.levels, stops=one.stops
        )


def _line(title: str, amount: Decimal, **more: Any) -> BudgetLine:  # noqa: ANN401 - fields of a line
    line = BudgetLine(id="", title=title, amount=amount, **more)
    about = repr((line.period, line.tz, line.filters)).encode("utf-8", "surrogatepass")
    return replace(line, id=f"file:{hashlib.blake2b(about, digest_size=_ID_BYTES).hexdigest()}")
