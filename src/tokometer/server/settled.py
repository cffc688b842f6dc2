"""The settings as people read them: every section with its values, where they come from and how to change them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final

from msgspec import Struct

from tokometer.dashboards import DASHBOARDS
from tokometer.judgement.budgets import scope_words
from tokometer.records.providers import PROVIDERS
from tokometer.records.units import USD, exact, show
from tokometer.settings import Settings
from tokometer.settings.facts import DEVICES, MODELS
from tokometer.settings.keys import Field, fields_of
from tokometer.settings.section import Section
from tokometer.settings.sections import SECTIONS

#: What stands where nothing is settled and there is no default.
NONE: Final = "not configured"


@dataclass(frozen=True, slots=True)
class Row:
    """One value: its key in the file, how it is read, whether the file names it, what it means."""

    key: str
    text: str
    exact: str
    given: bool
    meaning: str
    takes: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of entries as a table: headings, and a text with its exact value for each cell."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[tuple[str, str], ...], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A section of the Settings page."""

    section: Section
    rows: tuple[Row, ...]
    entries: Listed | None
    #: Facts that are known without being settled.
    built_in: Listed | None
    #: What the file would say for things to be as they are.
    toml: str
    notes: tuple[str, ...] = ()


def shown(settings: Settings, started_with: Settings) -> tuple[Shown, ...]:
    """Every section; `started_with` are the settings that what only a start takes into use goes by."""
    return tuple(
        Shown(
            section,
            tuple(_rows(section, settings)),
            _listed("", section.values(settings), section) if section.many else None,
            _built_in(section),
            section.toml(settings),
            tuple(_notes(section, settings, started_with)),
        )
        for section in SECTIONS
    )


def refresh_rates(settings: Settings) -> dict[str, dict[str, float]]:
    """By dashboard and panel: after how many seconds it is asked anew."""
    return {
        dashboard.id: {
            panel.id: settings.every(dashboard.id, panel.id, float(panel.every)) for panel in dashboard.panels
        }
        for dashboard in DASHBOARDS.values()
    }


def unknown_refresh(settings: Settings) -> dict[str, str]:
    """What [refresh] names and does not exist, with the nearest that does ("" where none is near)."""
    known = [*DASHBOARDS, *(panel.id for dashboard in DASHBOARDS.values() for panel in dashboard.panels)]
    return {
        name: next(iter(get_close_matches(name, known, 1)), "") for name, _ in settings.refresh if name not in known
    }


def _rows(section: Section, settings: Settings) -> Iterator[Row]:
    if section.name == "refresh":
        yield from _refresh(settings)
    elif section.name == "labels":
        yield from _labels(settings)
    elif section.name == "embed":
        meaning = "pages that may show badges and frame what signed links open"
        origins = ", ".join(settings.embed.origins) or "none"
        yield Row("embed.origins", origins, "", "embed.origins" in settings.given, meaning)
    elif section.name == "dimension.NAME":
        for made in settings.dimensions:
            rules = f"{len(made.rules)} rule{'s' if len(made.rules) > 1 else ''}"
            yield Row(f"dimension.{made.name}", rules, "", given=True, meaning=made.title or made.name)
    elif section.kind is not None and not section.many:
        [value] = section.values(settings)
        for name, field in fields_of(section.kind).items():
            told = getattr(value, name)
            key = f"{section.name}.{name}"
            yield Row(key, *_written(field, told), key in settings.given, field.key.meaning, field.takes)
        if section.name == "budget":
            yield from _allocations(settings)


def _allocations(settings: Settings) -> Iterator[Row]:
    for what in ("models", "providers", "teams"):
        for name, amount in getattr(settings.budget, what):
            yield Row(
                f"budget.{what}.{name}",
                show(amount, USD),
                exact(amount, USD),
                given=True,
                meaning=f"what {name} may cost a month",
            )
    for one in settings.budget.of:
        meaning = f"what {scope_words(one.filters)} may cost a {one.period}"
        yield Row("budget.of", show(one.amount, USD), exact(one.amount, USD), given=True, meaning=meaning)


def _refresh(settings: Settings) -> Iterator[Row]:
    for dashboard in DASHBOARDS.values():
        every = sorted({settings.every(dashboard.id, panel.id, float(panel.every)) for panel in dashboard.panels})
        text = " to ".join(f"{seconds:g}" for seconds in dict.fromkeys((every[0], every[-1]))) if every else "–"
        given = any(name.partition(".")[0] == dashboard.id for name, _ in settings.refresh)
        yield Row(f"refresh.{dashboard.id}", f"{text} s", "", given, f"panels of {dashboard.title}")
    for name, seconds in settings.refresh:
        if "." in name:
            yield Row(f"refresh.{name}", f"{seconds:g} s", "", given=True, meaning="this panel")


def _labels(settings: Settings) -> Iterator[Row]:
    values: Mapping[str, Any] = {
        "otlp": ", ".join(settings.labels.otlp) or "none",
        "otlp_known": "yes" if settings.labels.otlp_known else "no",
        "rollup": ", ".join(settings.labels.rollup) or "none",
    }
    for one in next(section for section in SECTIONS if section.name == "labels").more:
        key = f"labels.{one.name}"
        yield Row(key, values[one.name], "", key in settings.given, one.meaning, one.takes)


def _listed(title: str, values: tuple[Struct, ...], section: Section, beside: tuple[str, ...] = ()) -> Listed | None:
    """Entries with the columns that any of them fills."""
    if not values or section.kind is None:
        return None
    declared = fields_of(section.kind)
    used = [name for name in declared if any(getattr(value, name) not in (None, "") for value in values)]
    return Listed(
        title,
        tuple(name.replace("_", " ").replace("mtok", "Mtok").removesuffix(" ms") for name in (*used, *beside)),
        tuple(
            tuple(
                [_cell(declared[name], getattr(value, name)) for name in used]
                + [(getattr(value, name), "") for name in beside]
            )
            for value in values
        ),
    )


def _built_in(section: Section) -> Listed | None:
    known: dict[str, tuple[str, tuple[Struct, ...]]] = {
        "device": (f"{len(DEVICES)} kinds of device are known", DEVICES),
        "model": (f"{len(MODELS)} open models are known", MODELS),
    }
    if section.name not in known:
        return None
    title, facts = known[section.name]
    return _listed(title, facts, section, ("source", "checked"))


def _notes(section: Section, settings: Settings, started_with: Settings) -> Iterator[str]:
    if section.name == "labels" and settings.labels != started_with.labels:
        yield "Labels have changed since the server was started: they are taken into use when it starts again."
    if section.name == "budget" and not settings.budget.configured:
        yield "No budget is configured."
    if section.name == "rate_card" and not settings.rate_cards:
        yield "No rate card is configured: only calls that carry a revenue of their own have one."
    if section.name == "slo.override" and not settings.slo_overrides:
        yield "None: the objectives hold for every provider and model."
    if section.name == "dimension.NAME" and not settings.dimensions:
        yield "None."
    yield from _unknown_providers(section, settings)
    if section.name == "refresh":
        for name, near in unknown_refresh(settings).items():
            yield f"There is no dashboard or panel {name}{f'; did you mean {near}?' if near else '.'}"


def _unknown_providers(section: Section, settings: Settings) -> Iterator[str]:
    """Providers that nobody knows: a slip of the pen, or a gateway of the user's own."""
    named = {
        "slo.override": [one.provider for one in settings.slo_overrides],
        "budget": [name for name, _ in settings.budget.providers],
    }.get(section.name, [])
    for name in dict.fromkeys(named):
        if name and name not in PROVIDERS:
            near = next(iter(get_close_matches(name, PROVIDERS, 1)), "")
            yield f"{name} is no provider that is known by itself{f'; did you mean {near}?' if near else '.'}"


def _cell(field: Field, value: Any) -> tuple[str, str]:  # noqa: ANN401 - whatever a key takes
    return ("–", "") if value in (None, "") else _written(field, value)


def _written(field: Field, value: Any) -> tuple[str, str]:  # noqa: ANN401 - whatever a key takes
    """A value as it is read, and with every digit."""
    if value is None:
        return NONE, ""
    unit = field.key.unit
    if unit is None or isinstance(value, str):
        return str(value), ""
    number = Decimal(str(value)) * field.key.times
    return show(number, unit), exact(number, unit)
