"""Reading what judgements need: objectives, budgets, rate cards, devices, thresholds, refresh intervals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tokometer.settings.keys import Key, fields_of
from tokometer.settings.machines import Device, ModelFacts
from tokometer.settings.money import MOST_USD, WAYS, Amounts, Budget, RateCard
from tokometer.settings.reader import MOST_ENTRIES, Reader
from tokometer.settings.targets import Health, Slo, SloOverride, Thresholds

#: The keys of tables below [budget], and of what their names are.
ALLOCATED: Final = {"models": "model", "providers": "provider", "teams": "team"}
_INTERVAL: Final = Key("seconds", least=1, most=3600)
_AMOUNT: Final = Key("USD", above=0, most=MOST_USD)


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
    budget = reader.section(Budget, "budget", given, beside=ALLOCATED, **amounts)
    if budget.warning >= budget.critical:
        raise reader.error("budget.warning", f"has to be below budget.critical, which is {budget.critical:g}")
    return budget


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
