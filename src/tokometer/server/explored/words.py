"""Records' values as the pages write them: for one viewer, in the zone of that viewer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request

from tokometer.dashboards import ScopeError, addresses
from tokometer.dashboards.names import source_titles
from tokometer.dashboards.scope import find_zone
from tokometer.explorer.facts import Told
from tokometer.explorer.lines import Line
from tokometer.measures import CUBES, Filter, Query
from tokometer.records import PROVIDERS, Record, to_datetime
from tokometer.records.units import MICROSECONDS, NOTHING, TOKENS, USD, Number, Unit, exact, show

_NANO: Final = Decimal(10**9)
#: What people call one record of each kind.
KINDS: Final[dict[str, str]] = {
    "calls": "Call",
    "tools": "Tool call",
    "runs": "Agent run",
    "steps": "Step",
    "jobs": "Job run",
    "samples": "Reading",
    "bills": "Bill",
    "reported": "Reported usage",
    "logs": "Log line",
    "scores": "Score",
    "models": "Model on offer",
    "knowledge_bases": "Knowledge base",
    "documents": "Document",
    "error_details": "Error details",
}
#: What the icon and colour of a status are; others have none.
_STATES: Final = {"ok": "good", "cancelled": "none", "running": "none", "warning": "warning", "skipped": "none"}
#: The window that a list of all records of some value opens with.
_SINCE: Final = "30d"


class Words:
    """Writes values for whoever asks: in the zone that the address names, else that of the viewer's cookie."""

    def __init__(self, request: Request) -> None:
        asked = request.query_params.get("tz") or request.cookies.get("tz", "UTC")
        try:
            self.zone: ZoneInfo = find_zone(asked)
        except ScopeError:
            self.zone = find_zone("UTC")
        self._sources = source_titles()

    def local(self, us: int) -> datetime:
        """A time in the viewer's zone."""
        return to_datetime(us).astimezone(self.zone)

    def time(self, us: int | None, *, day: bool = True) -> dict[str, str]:
        """A time to the second, and to the microsecond on hover."""
        if us is None:
            return {"text": NOTHING, "exact": ""}
        local = self.local(us)
        clock = f"{local:%H:%M:%S}"
        text = f"{local.day} {local:%b %Y, }{clock}" if day else clock
        return {"text": text, "exact": f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S.%f} {self.zone.key}"}

    def source(self, name: str) -> str:
        """What people call a source."""
        return self._sources.get(name, name)

    def fact(self, record: Record, told: Told) -> dict[str, Any]:
        """One fact of a record, with where it leads."""
        title, value = told.title, told.value
        if told.type == "time":
            return {"name": told.name, "title": title, "type": told.type, "href": "", **self.time(value)}
        if told.type == "flag":
            written = {"text": "yes", "exact": ""}
        elif told.type == "number" and told.unit is not None:
            number = value / _NANO if told.unit is USD else value
            written = figure(Decimal(number) if told.unit is USD else number, told.unit)
        else:
            written = {"text": self._named(told.name, str(value)), "exact": str(value)}
        return {
            "name": told.name,
            "title": title,
            "type": told.type,
            "href": self._leads_to(record, told.name, value),
            **written,
        }

    def line(self, line: Line, *, here: str = "", day: bool = False) -> dict[str, Any]:
        """One record in a list."""
        took = None if line.ended_at is None else line.ended_at - line.started_at
        return {
            "id": line.id,
            "cube": line.cube,
            "kind": KINDS[line.cube],
            "href": addresses.record(line.cube, line.id),
            "error": addresses.error(line.id) if line.counts and line.failed else "",
            "here": line.id == here,
            "at": self.time(line.started_at, day=day),
            "name": line.name or "(unnamed)",
            "detail": self._named("provider", line.detail) if line.cube == "calls" else line.detail,
            "subagent": line.subagent,
            "status": standing(line.status, failed=line.failed),
            "message": line.message,
            "attempt": line.attempt,
            "took": figure(took, MICROSECONDS),
            "prompt": figure(line.prompt, TOKENS),
            "tokens": figure(line.tokens, TOKENS),
            "cost": money(line.cost) if line.cube == "calls" else {"text": "", "exact": ""},
            "told": line.told,
        }

    def lines(self, lines: Sequence[Line], here: str = "") -> list[dict[str, Any]]:
        """Records in a list; with their days where they are of several."""
        days = {self.local(line.started_at).date() for line in lines}
        return [self.line(line, here=here, day=len(days) > 1) for line in lines]

    def _named(self, name: str, value: str) -> str:
        if name == "provider" and value in PROVIDERS:
            return PROVIDERS[value].name
        return self.source(value) if name == "source" else value

    def _leads_to(self, record: Record, name: str, value: Any) -> str:  # noqa: ANN401 - a field's value
        if name in ("session_id", "parent_session_id"):
            return addresses.session(value, record.source)
        if name == "trace_id":
            return addresses.trace(value, record.span_id)
        dimensions = CUBES[record.kind].dimensions.values()
        found = next(
            (one for one in dimensions if one.column == name and not (one.derive or one.only or one.sql)), None
        )
        if found is None or found.is_time or name == "status" or record.kind != "calls":
            return ""
        query = Query(measures=("calls.requests",), where=(Filter(found.name, "=", (str(value),)),), since=_SINCE)
        return addresses.records(query)


def money(nano: int | None, unit: Unit = USD) -> dict[str, str]:
    """Nano-US-dollars for people, exact on hover; unknown is not 0."""
    if nano is None:
        return {"text": "unpriced", "exact": "Nobody knows its price"}
    return figure(nano / _NANO, unit)


def figure(value: Number | None, unit: Unit) -> dict[str, str]:
    """A number for people, exact on hover."""
    return {"text": show(value, unit), "exact": "" if value is None else exact(value, unit)}


def standing(status: str, *, failed: bool) -> dict[str, str]:
    """A status as a word with a state, which has an icon and a colour."""
    return {"state": "critical" if failed else _STATES.get(status, ""), "word": status.replace("_", " ")}


def dollars(nano: int | None) -> str | None:
    """Nano-US-dollars as JSON has money: decimal US dollars with nine places."""
    return None if nano is None else f"{Decimal(nano) / _NANO:.9f}"


def instant(us: int | None) -> str | None:
    """A time as RFC 3339 has it, to the microsecond."""
    return None if us is None else to_datetime(us).isoformat().replace("+00:00", "Z")
