"""Rules: their grammar, which is the same in `tokometer.toml`, over HTTP and in the form of the page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from tokometer.accounts import Rule
from tokometer.alerting.condition import CONDITIONS, Condition, Param, RuleError
from tokometer.judgement.catalogue import judgement_named
from tokometer.judgement.declared import PREFIX, Judgement
from tokometer.measures import CUBES, Filter, Measure, QueryError, dimension_named, measure_named
from tokometer.measures.errors import suggest
from tokometer.measures.made import MADE
from tokometer.measures.query import name_in
from tokometer.measures.zones import zone_info
from tokometer.records.units import Unit
from tokometer.settings import Settings, SettingsError

#: Severities, the least first.
SEVERITIES: Final = ("info", "warning", "critical")
#: What every rule may say beside what its condition takes.
KEYS: Final = ("condition", "measure", "where", "window", "tz", "each", "for_minutes")
#: The same of one in a file, which has no row to say the rest.
OUTSIDE: Final = ("title", "severity", "enabled")
_WINDOW: Final = re.compile(r"[1-9]\d{0,4}(mo|[mhdwy])|today|week|month|year")
_MOST_FILTERS: Final = 20
#: For how long a condition may have to hold.
FOR: Final = Param(
    name="for_minutes",
    title="For at least",
    meaning="it has to hold before anybody is told",
    form="whole",
    default=0,
    least=0,
    most=60 * 24 * 30,
    unit="minutes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a rule looks at, and when it holds."""

    condition: Condition
    #: `calls.cost`, `judgement.health_score`.
    measure: str
    where: tuple[Filter, ...] = ()
    #: In the words of queries.
    window: str = ""
    tz: str = "UTC"
    #: The dimension whose values are told apart, by its short name.
    each: str = ""
    #: For how long the condition has to hold.
    hold: timedelta = timedelta(0)
    #: What the condition takes.
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def judgement(self) -> Judgement | None:
        """The judgement that is measured, if it is one."""
        return judgement_named(self.measure) if self.measure.startswith(PREFIX) else None

    @property
    def cube(self) -> str:
        """The cube of what is measured."""
        return "calls" if self.measure.startswith(PREFIX) else self.measure.partition(".")[0]

    @property
    def unit(self) -> Unit:
        """The unit of what is measured."""
        return _measured(self.measure).unit

    @property
    def title(self) -> str:
        """What is measured, for people."""
        return _measured(self.measure).title

    @property
    def zone(self) -> ZoneInfo:
        """The zone of days, weeks and months."""
        return zone_info(self.tz)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """A rule, understood."""

    #: The row's id, or `file:NAME` for one of the settings.
    id: str
    title: str
    severity: str = "warning"
    terms: Terms
    enabled: bool = True
    silenced_until: datetime | None = None
    origin: Literal["page", "file"] = "page"


def understood(row: Rule) -> AlertRule:
    """A rule that somebody has made.

    Raises:
        RuleError: It means nothing any more: a dimension is gone, say.
    """
    return AlertRule(
        id=row.id,
        title=row.title,
        severity=row.severity,
        terms=_kept(row.declared),
        enabled=row.enabled,
        silenced_until=row.silenced_until,
    )


def declared(given: Mapping[str, Any]) -> AlertRule:
    """A rule of the settings: its title names it.

    Raises:
        RuleError: It cannot be understood.
    """
    title = given.get("title", "")
    if not isinstance(title, str) or not title.strip():
        raise RuleError("title", "is missing")
    severity, enabled = given.get("severity", "warning"), given.get("enabled", True)
    if severity not in SEVERITIES:
        raise RuleError("severity", f"has to be one of {', '.join(SEVERITIES)}")
    if not isinstance(enabled, bool):
        raise RuleError("enabled", "has to be true or false")
    terms = _kept({name: value for name, value in given.items() if name not in OUTSIDE})
    name = f"file:{title.strip()}"[:80]
    return AlertRule(id=name, title=title.strip(), severity=severity, terms=terms, enabled=enabled, origin="file")


def terms_of(given: Mapping[str, Any]) -> Terms:
    """What a rule says, understood.

    Raises:
        RuleError: It cannot be; the field and why.
    """
    condition = _condition(given.get("condition"))
    for name in given:
        if name not in KEYS and condition.param(name) is None:
            known = [*KEYS, *(one.name for one in condition.takes)]
            near = suggest(str(name), known) or f"; known are {', '.join(known)}"
            raise RuleError(str(name)[:60], f"is not known{near}")
    measure = _measure(condition, given.get("measure"))
    cube = "calls" if measure.startswith(PREFIX) else measure.partition(".")[0]
    return Terms(
        condition=condition,
        measure=measure,
        where=_where(condition, cube, given.get("where")),
        window=_window(condition, given.get("window")),
        tz=_zone(given.get("tz")),
        each=_each(condition, measure, cube, given.get("each")),
        hold=_hold(given.get("for_minutes")),
        given=_given(condition, given),
    )


def _kept(given: Mapping[str, Any]) -> Terms:
    """The same, understood once: every chart asks for the rules whose alerts it bears."""
    return _once(json.dumps(given, sort_keys=True, default=str), frozenset(MADE))


@lru_cache(maxsize=2_000)
def _once(text: str, _made: frozenset[str]) -> Terms:
    return terms_of(json.loads(text))


def told(terms: Terms) -> dict[str, Any]:
    """Terms as JSON; :func:`terms_of` gives them back."""
    found: dict[str, Any] = {"condition": terms.condition.name}
    if terms.condition.of:
        found["measure"] = terms.measure
    if terms.where:
        found["where"] = [str(one) for one in terms.where]
    if terms.condition.window:
        found["window"] = terms.window
    if terms.tz != "UTC":
        found["tz"] = terms.tz
    if terms.each and terms.condition.each == "any":
        found["each"] = terms.each
    if terms.hold:
        found["for_minutes"] = int(terms.hold.total_seconds() // 60)
    return found | {name: value for name, value in terms.given.items() if value is not None}


def _condition(given: object) -> Condition:
    name = given if isinstance(given, str) else ""
    found = CONDITIONS.get(name)
    if found is None:
        near = suggest(name, CONDITIONS) or f"; there are {', '.join(CONDITIONS)}"
        raise RuleError("condition", f"is none that there is{near}" if name else f"is missing{near}")
    return found


def _measured(name: str) -> Measure | Judgement:
    return judgement_named(name) if name.startswith(PREFIX) else measure_named(name)


def _measure(condition: Condition, given: object) -> str:
    if not condition.of:
        if given not in (None, "", condition.measure):
            raise RuleError("measure", f"is {condition.measure} for this condition, and cannot be chosen")
        return condition.measure
    if not isinstance(given, str) or not given:
        raise RuleError("measure", "is missing: name one, such as calls.cost")
    if condition.of == "measure" and given.startswith(PREFIX):
        raise RuleError("measure", "has to be a measure for this condition, not a judgement")
    try:
        _measured(given)
    except QueryError as error:
        raise RuleError("measure", error.reason) from None
    return given


def _where(condition: Condition, cube: str, given: object) -> tuple[Filter, ...]:
    if given in (None, "", [], ()):
        return ()
    if not condition.filtered:
        raise RuleError("where", "cannot be given for this condition")
    listed = [given] if isinstance(given, str | Mapping) else given
    if not isinstance(listed, list | tuple) or len(listed) > _MOST_FILTERS:
        raise RuleError("where", f'has to be a list of up to {_MOST_FILTERS} filters: ["calls.team = research"]')
    return tuple(_filter(cube, one) for one in listed)


def _filter(cube: str, given: object) -> Filter:
    try:
        if isinstance(given, str) and name_in(given).partition(".")[0] not in CUBES:
            given = f"{cube}.{given.strip()}"
        found = Filter.parse(given)
    except QueryError as error:
        raise RuleError("where", error.reason) from None
    if found.dimension.partition(".")[0] != cube:
        raise RuleError("where", f"{found.dimension} is not of the same cube as what is measured ({cube})")
    return found


def _window(condition: Condition, given: object) -> str:
    if not condition.window:
        if given not in (None, ""):
            raise RuleError("window", "cannot be chosen for this condition")
        return ""
    if given in (None, ""):
        return condition.window
    if not isinstance(given, str) or not _WINDOW.fullmatch(given.strip()):
        raise RuleError("window", "has to be 15m, 24h, 7d, 4w, 3mo, or one of today, week, month, year")
    return given.strip()


def _zone(given: object) -> str:
    if given in (None, ""):
        return "UTC"
    try:
        return zone_info(str(given)[:64]).key
    except QueryError as error:
        raise RuleError("tz", error.reason) from None


def _each(condition: Condition, measure: str, cube: str, given: object) -> str:
    if condition.each != "any":
        if given not in (None, "", condition.each):
            raise RuleError("each", "cannot be chosen for this condition")
        return condition.each
    if given in (None, ""):
        return ""
    name = str(given).removeprefix(f"{cube}.")[:200]
    known = judgement_named(measure).by if measure.startswith(PREFIX) else condition.dimensions
    if known and name not in known:
        raise RuleError("each", f"has to be one of {', '.join(one for one in known if one)}")
    try:
        found = dimension_named(f"{cube}.{name}")
    except QueryError as error:
        raise RuleError("each", error.reason) from None
    if found.is_time:
        raise RuleError("each", f"{name} is a time; it takes a dimension such as user or model")
    return found.short


def _hold(given: object) -> timedelta:
    if given in (None, ""):
        return timedelta(0)
    return timedelta(minutes=FOR.read(given))


def _given(condition: Condition, given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in condition.takes:
        value = given.get(one.name)
        if value is None or value == "":
            if one.required:
                raise RuleError(one.name, "is missing")
            found[one.name] = one.default
        else:
            found[one.name] = one.read(value)
    return found


def check(settings: Settings, path: Path) -> None:
    """See that the rules of a file can be understood.

    Raises:
        SettingsError: One cannot be.
    """
    for number, one in enumerate(settings.alerts, start=1):
        try:
            declared(one.told)
        except RuleError as error:
            raise SettingsError(path, f"alert[{number}].{error.field}", error.reason) from None
