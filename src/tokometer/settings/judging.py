"""Reading what judgements need: objectives, budgets, rate cards, devices, thresholds, refresh intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tokometer.settings.keys import Key, fields_of
from tokometer.settings.machines import Device, ModelFacts
from tokometer.settings.money import MOST_USD, WAYS, Amounts, Budget, BudgetOf, Filters, RateCard
from tokometer.settings.reader import MOST_ENTRIES, Reader
from tokometer.settings.targets import Health, Slo, SloOverride, Thresholds

#: The keys of tables below [budget], and of what their names are.
ALLOCATED: Final = {"models": "model", "providers": "provider", "teams": "team"}
_INTERVAL: Final = Key("seconds", least=1, most=3600)
_AMOUNT: Final = Key("USD", above=0, most=MOST_USD)
_LEVEL: Final = Key("a share", above=0, most=10)
#: Levels, dimensions and values that one budget may name.
MOST_LEVELS: Final = 10
MOST_FILTERS: Final = 20
MOST_VALUES: Final = 50


def read_slo(reader: Reader, given: Mapping[str, Any]) -> tuple[Slo, tuple[SloOverride, ...]]:
    """`[slo]` and `[[slo.override]]`."""
    slo = reader.section(Slo, "slo", given, beside=("override",))
    overrides = reader.entries(SloOverride, "slo.override", given.get("override", []))
    seen: dict[tuple[str, str], str] = {}
    for at, one in overrides:
        if not one.provider and not one.model:
            raise reader.error(at, "names neither a provider nor a model; what holds for all stands in [slo]")
        if all(getattr(one, name) is None for name in Slo.__struct_fields__):
            raise reader.error(at, f"overrides nothing; it takes {', '.join(Slo.__struct_fields__)}")
        _once(reader, seen, (one.provider, one.model), at)
    return slo, tuple(one for _, one in overrides)


def read_health(reader: Reader, given: object) -> Health:
    """`[health]`."""
    health = reader.section(Health, "health", given)
    if health.warning >= health.healthy:
        raise reader.error("health.warning", f"has to be below health.healthy, which is {health.healthy:g}")
    return health


def read_thresholds(reader: Reader, given: object) -> Thresholds:
    """`[thresholds]`."""
    found = reader.section(Thresholds, "thresholds", given)
    for low, high in (
        ("error_rate_warning", "error_rate_critical"),
        ("latency_warning", "latency_critical"),
        ("burn_rate_warning", "burn_rate_critical"),
        ("efficiency_critical", "efficiency_warning"),
    ):
        if getattr(found, low) >= getattr(found, high):
            raise reader.error(f"thresholds.{low}", f"has to be below {high}, which is {getattr(found, high):g}")
    return found


def read_budget(reader: Reader, given: Mapping[str, Any]) -> Budget:
    """`[budget]` with its tables."""
    amounts = {key: _amounts(reader, f"budget.{key}", given.get(key, {})) for key in ALLOCATED}
    of = tuple(_budgets_of(reader, given.get("of", [])))
    budget = reader.section(Budget, "budget", given, beside=(*ALLOCATED, "of"), **amounts, of=of)
    if budget.warning >= budget.critical:
        raise reader.error("budget.warning", f"has to be below budget.critical, which is {budget.critical:g}")
    return budget


def _budgets_of(reader: Reader, given: object) -> Iterator[BudgetOf]:
    """`[[budget.of]]`."""
    if not isinstance(given, list) or len(given) > MOST_ENTRIES:
        raise reader.error("budget.of", f"has to be a list of at most {MOST_ENTRIES:,} tables: write [[budget.of]]")
    seen: dict[tuple[str, str], str] = {}
    for number, one in enumerate(given, start=1):
        at = f"budget.of[{number}]"
        table = reader.table(at, one)
        more: dict[str, Any] = {"filters": _filters(reader, f"{at}.filters", table.get("filters", {}))}
        if "levels" in table:
            more["levels"] = _levels(reader, f"{at}.levels", table["levels"])
        if "stops" in table:
            if not isinstance(table["stops"], bool):
                raise reader.error(f"{at}.stops", f"has to be true or false, not {table['stops']!r}")
            more["stops"] = table["stops"]
        budget = reader.section(BudgetOf, at, table, beside=("filters", "levels", "stops"), **more)
        _known_zone(reader, f"{at}.tz", budget.tz)
        _once(reader, seen, (budget.period + budget.tz, repr(budget.filters)), at)
        yield budget


def _filters(reader: Reader, at: str, given: object) -> Filters:
    table = reader.table(at, given)
    if len(table) > MOST_FILTERS:
        raise reader.error(at, f"at most {MOST_FILTERS} dimensions, not {len(table)}")
    found = []
    for name, told in sorted(table.items()):
        values = reader.texts(f"{at}.{name}", [told] if isinstance(told, str) else told, MOST_VALUES, 1)
        found.append((name, tuple(sorted(values))))
    return tuple(found)


def _levels(reader: Reader, at: str, given: object) -> tuple[float, ...]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST_LEVELS:
        raise reader.error(at, f"has to be a list of one to {MOST_LEVELS} shares: [0.5, 0.8, 1.0]")
    levels = [reader.number(f"{at}[{number}]", one) for number, one in enumerate(given, start=1)]
    for number, one in enumerate(levels, start=1):
        if not _LEVEL.takes(one):
            raise reader.error(f"{at}[{number}]", f"has to be {_LEVEL.bounds}, not {one}")
    return tuple(sorted({float(one) for one in levels}))


def _known_zone(reader: Reader, at: str, name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise reader.error(at, f"is no time zone that is known: {name!r}; as in Europe/Berlin") from None


def read_rate_cards(reader: Reader, given: object) -> tuple[RateCard, ...]:
    """`[[rate_card]]`."""
    cards = reader.entries(RateCard, "rate_card", given)
    seen: dict[tuple[str, str], str] = {}
    for at, card in cards:
        ways = [way for way in WAYS if any(getattr(card, name) is not None for name in way)]
        if len(ways) != 1:
            choices = ", ".join(" with ".join(way) for way in WAYS)
            raise reader.error(at, f"has {len(ways) or 'no'} ways to charge; it takes one of {choices}")
        missing = [name for name in ways[0] if getattr(card, name) is None]
        if missing:
            raise reader.error(f"{at}.{missing[0]}", f"is missing; {' and '.join(ways[0])} go together")
        _once(reader, seen, (card.team, card.model), at)
    return tuple(card for _, card in cards)


def read_devices(reader: Reader, given: object) -> tuple[Device, ...]:
    """`[[device]]`."""
    return _matched(reader, Device, "device", given)


def read_models(reader: Reader, given: object) -> tuple[ModelFacts, ...]:
    """`[[model]]`."""
    return _matched(reader, ModelFacts, "model", given)


def read_refresh(reader: Reader, given: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """`[refresh]`: a dashboard, or a panel as `"executive.cost" = 10` or in a table [refresh.executive]."""
    found: dict[str, float] = {}
    for name, told in given.items():
        panels = told if isinstance(told, dict) else {"": told}
        for panel, seconds in panels.items():
            at = f"{name}.{panel}" if panel else name
            number = reader.number(f"refresh.{at}", seconds)
            if not _INTERVAL.takes(number):
                raise reader.error(f"refresh.{at}", f"has to be {_INTERVAL.bounds} seconds, not {number}")
            reader.given.add(f"refresh.{at}")
            found[at] = float(number)
    if len(found) > MOST_ENTRIES:
        raise reader.error("refresh", f"at most {MOST_ENTRIES:,}, not {len(found):,}")
    return tuple(found.items())


def _amounts(reader: Reader, at: str, given: object) -> Amounts:
    table = reader.table(at, given)
    if len(table) > MOST_ENTRIES:
        raise reader.error(at, f"at most {MOST_ENTRIES:,}, not {len(table):,}")
    found = []
    for name, told in table.items():
        if not name.strip():
            raise reader.error(f'{at}.""', "is no name")
        if isinstance(told, dict):
            raise reader.error(
                f"{at}.{name}", f'a name with a point stands in quotes: "{name}.{next(iter(told), "")}" = …'
            )
        amount = reader.number(f"{at}.{name}", told)
        if not _AMOUNT.takes(amount):
            raise reader.error(f"{at}.{name}", f"has to be {_AMOUNT.bounds}, not {amount}")
        reader.given.add(f"{at}.{name}")
        found.append((name, Decimal(amount)))
    return tuple(found)


def _matched(reader: Reader, kind: Any, at: str, given: object) -> tuple[Any, ...]:  # noqa: ANN401 - one of two
    """Entries that say something about whatever they match."""
    entries = reader.entries(kind, at, given)
    seen: dict[tuple[str, str], str] = {}
    for key, one in entries:
        told = [name for name in fields_of(kind) if name != "match"]
        if all(getattr(one, name) is None for name in told):
            raise reader.error(key, f"says nothing; it takes {', '.join(told)}")
        _once(reader, seen, (one.match.casefold(), ""), key)
    return tuple(one for _, one in entries)


def _once(reader: Reader, seen: dict[tuple[str, str], str], name: tuple[str, str], at: str) -> None:
    if name in seen:
        raise reader.error(at, f"is about the same as {seen[name]}")
    seen[name] = at
