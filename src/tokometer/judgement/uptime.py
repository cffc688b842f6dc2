"""Uptime: the share of minutes that were good, and for how long nothing has happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, by_name
from tokometer.judgement.incidents import Incident, incidents_of, slices_of
from tokometer.judgement.slo import target_of
from tokometer.records.units import COUNT, PERCENT, SECONDS
from tokometer.settings import Settings

#: How far back from the end of the window the last incident is looked for.
LOOK_BACK: Final = "90d"
_LOOK_BACK: Final = timedelta(days=90)
_DAY: Final = timedelta(days=1)


def _inquire(matter: Matter, settings: Settings) -> Inquiry:
    (within,) = yield (matter.query("availability", "active_minutes", "bad_minutes"),)
    # In UTC differences are true, whatever the clocks of the asker's zone do.
    now = matter.now.astimezone(UTC)
    window = (within.meta.since.astimezone(UTC), min(within.meta.until.astimezone(UTC), now))
    past, lately = _looked_at(matter, *window)
    slices, active, daily = yield (
        slices_of(past),
        past.query("active_minutes"),
        lately.query("requests", grain="day"),
    )
    incidents = incidents_of(slices.rows, active.rows, matter.by)
    begun = _first_days(daily.rows, matter.by)
    rows = []
    for name, measured in by_name(within, matter.by).items():
        row = {
            **({matter.by: name} if matter.by else {}),
            "uptime": measured["availability"],
            "active_minutes": measured["active_minutes"],
            "bad_minutes": measured["bad_minutes"],
            **_history(incidents.get(name, []), begun.get(name), window),
        }
        rows.append(row | {"target": target_of(settings, matter, name).availability})
    return rows


def _looked_at(matter: Matter, since: datetime, until: datetime) -> tuple[Matter, Matter]:
    """Where incidents are looked for: in all of the window, and as long before its end as the last one is told of."""
    begin = until - _LOOK_BACK
    # What ends now is asked for in words, as others ask for it.
    lately = matter.over(LOOK_BACK) if until >= matter.now else matter.over(begin.isoformat(), until.isoformat())
    return (matter if since < begin else lately), lately


def _first_days(rows: Sequence[Mapping[str, Any]], by: str) -> dict[str, datetime]:
    """The first day with calls, by name."""
    found: dict[str, datetime] = {}
    for row in rows:
        if row["requests"]:
            found.setdefault(row[by] if by else "", row["time"].astimezone(UTC))
    return found


def _history(incidents: Sequence[Incident], begun: datetime | None, window: tuple[datetime, datetime]) -> Row:
    """What is told of incidents, as of the end of the window: of one that is over it stays the same."""
    since, until = window
    inside = [one for one in incidents if one.start < until and one.last > since]
    last = incidents[-1] if incidents and incidents[-1].last > until - _LOOK_BACK else None
    # Without an incident, from the first calls on.
    quiet_from = begun if last is None else until if last.ongoing else last.last
    return {
        "quiet": None if quiet_from is None else max(0.0, (until - quiet_from).total_seconds()),
        "quiet_days": None if quiet_from is None else max(0.0, (until - quiet_from) / _DAY),
        "last_incident": None if last is None else last.start,
        "ongoing": last is not None and last.ongoing,
        "incidents": len(inside),
        "downtime": sum((min(one.last, until) - max(one.start, since)).total_seconds() for one in inside),
    }


def _standing(row: Row, _: Settings) -> Standing:
    if row["uptime"] is None:
        return "none"
    if row["ongoing"]:
        return "critical"
    return "good" if row["uptime"] >= row["target"] else "warning"


UPTIME: Final = Judgement(
    name="uptime",
    title="Uptime",
    unit=PERCENT,
    better="higher",
    description=(
        "The share of the minutes with calls that were good, how many incidents the window had and how long they took, "
        "and for how many days there had been none at its end."
    ),
    formula=(
        "1 − bad minutes / minutes with calls; a bad minute is one in which fewer than half of the calls succeeded. "
        "Quiet days are counted to the end of the window, from the end of the last incident of the 90 days before, "
        "without one from the first day of calls in them"
    ),
    by=("", "provider"),
    facts=(
        Fact("target", PERCENT, meaning="the objective for availability"),
        Fact("quiet", SECONDS, meaning="time since the last incident, or since the first calls of the 90 days"),
        Fact("quiet_days", COUNT, meaning="days since the last incident, or since the first calls of the 90 days"),
        Fact("last_incident", type="time", meaning="when the last incident of the 90 days before the end began"),
        Fact("ongoing", type="flag", meaning="an incident goes on at the end of the window"),
        Fact("incidents", COUNT, "integer", meaning="incidents in the window"),
        Fact("downtime", SECONDS, meaning="how long they took within the window"),
        Fact("active_minutes", COUNT, "integer", meaning="minutes with calls"),
        Fact("bad_minutes", COUNT, "integer", meaning="minutes in which most calls failed"),
    ),
    thresholds="critical during an incident, warning below the objective for availability",
    inquire=_inquire,
    standing=_standing,
)
