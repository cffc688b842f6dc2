"""Incidents: runs of minutes in which most calls failed.

Slices of one minute without calls tell nothing and are passed over. Two bad ones in a row begin an incident, three good
ones in a row end it. An incident lasts from its first bad minute to the end of its last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Any, Final

from tokometer.judgement.declared import Fact, Inquiry, Judgement, Matter, Row, Standing, text
from tokometer.measures import Slices
from tokometer.records.units import COUNT, PERCENT, REQUESTS, SECONDS
from tokometer.settings import Settings

#: Bad slices in a row that begin an incident, good ones that end it.
OPENING: Final = 2
CLOSING: Final = 3
_MINUTE: Final = timedelta(minutes=1)
_PER_QUARTER: Final = 15
#: From which share of failed calls on an incident is how severe. In bad minutes it is above a half by itself.
SEVERITIES: Final = ((0.9, "critical"), (0.7, "major"), (0.0, "minor"))


@dataclass(slots=True)
class Incident:
    """A run of bad minutes. Times are UTC, in which differences are true."""

    start: datetime
    #: The end of the last bad minute so far.
    last: datetime
    ongoing: bool = True
    bad_minutes: int = 0
    #: Calls of the bad minutes. A quarter hour tells them for all its bad minutes together: where these are of several
    #: incidents, they are shared out by minutes.
    requests: Fraction = field(default_factory=Fraction)
    errors: Fraction = field(default_factory=Fraction)

    @property
    def end(self) -> datetime | None:
        """When it ended; None while it goes on."""
        return None if self.ongoing else self.last

    @property
    def failed(self) -> float:
        """The share of the calls in its bad minutes that failed."""
        return float(self.errors / self.requests) if self.requests else 0.0

    @property
    def severity(self) -> str:
        """In one word; see :data:`SEVERITIES`."""
        return next(word for least, word in SEVERITIES if self.failed >= least)

    @property
    def lasted(self) -> float:
        """Seconds from its start to the end of its last bad minute. What came after, without calls, nobody knows."""
        return (self.last - self.start).total_seconds()

    def add(self, minute: datetime, quarter: Mapping[str, Any]) -> None:
        """Count a bad minute of a quarter hour."""
        bad = quarter["bad"].bit_count()
        self.last = minute + _MINUTE
        self.bad_minutes += 1
        self.requests += Fraction(quarter["requests"], bad)
        self.errors += Fraction(quarter["errors"], bad)


class _Watch:
    """Goes through the minutes with calls in order."""

    def __init__(self) -> None:
        self.found: list[Incident] = []
        self._pending: list[tuple[datetime, Mapping[str, Any]]] = []
        self._good = 0

    def good(self, minutes: int) -> None:
        """So many minutes in a row in which at least half of the calls succeeded."""
        if not minutes:
            return
        self._pending.clear()
        self._good += minutes
        if self._good >= CLOSING and self.found:
            self.found[-1].ongoing = False

    def bad(self, minute: datetime, quarter: Mapping[str, Any]) -> None:
        """A minute in which fewer did."""
        self._good = 0
        if self.found and self.found[-1].ongoing:
            self.found[-1].add(minute, quarter)
            return
        self._pending.append((minute, quarter))
        if len(self._pending) == OPENING:
            incident = Incident(self._pending[0][0], minute)
            for one in self._pending:
                incident.add(*one)
            self.found.append(incident)
            self._pending.clear()


def incidents_in(quarters: Iterable[Mapping[str, Any]], active: int) -> list[Incident]:
    """The incidents of one provider, oldest first.

    Args:
        quarters: Its quarter hours with a bad minute, in order, as :class:`~tokometer.measures.Slices` gives them.
        active: The minutes with calls that the whole window has.
    """
    watch = _Watch()
    passed = 0
    for quarter in quarters:
        # Whatever had calls between two quarter hours with bad minutes was good.
        watch.good(quarter["seen"] - passed)
        begin = quarter["quarter"].astimezone(UTC)
        for place in range(_PER_QUARTER):
            bit = 1 << place
            if quarter["bad"] & bit:
                watch.bad(begin + place * _MINUTE, quarter)
            elif quarter["active"] & bit:
                watch.good(1)
        passed = quarter["seen"] + quarter["active"].bit_count()
    watch.good(active - passed)
    return watch.found


def incidents_of(
    slices: Sequence[Mapping[str, Any]], active: Sequence[Mapping[str, Any]], by: str
) -> dict[str, list[Incident]]:
    """The incidents of each provider (under '' those of all calls together), from rows of slices and active minutes."""
    minutes = {row[by] if by else "": row["active_minutes"] for row in active}
    quarters: dict[str, list[Mapping[str, Any]]] = {}
    for row in slices:
        quarters.setdefault(row["provider"] if by else "", []).append(row)
    return {name: incidents_in(rows, minutes.get(name, 0)) for name, rows in quarters.items()}


def slices_of(matter: Matter) -> Slices:
    """The question for the quarter hours with bad minutes."""
    return Slices(by=matter.by, where=matter.where, since=matter.since, until=matter.until, tz=matter.tz)


def _inquire(matter: Matter, _: Settings) -> Inquiry:
    slices, active = yield (slices_of(matter), matter.query("active_minutes"))
    found = incidents_of(slices.rows, active.rows, matter.by)
    rows = [
        _row(matter.by, name, incident, slices.meta.until.tzinfo)
        for name, incidents in found.items()
        for incident in incidents
    ]
    return sorted(rows, key=lambda row: row["start"], reverse=True)


def _row(by: str, name: str, incident: Incident, zone: tzinfo | None) -> Row:
    return {
        **({by: name} if by else {}),
        "incidents": incident.failed,
        "severity": incident.severity,
        "start": incident.start.astimezone(zone),
        "end": incident.end.astimezone(zone) if incident.end else None,
        "ongoing": incident.ongoing,
        "duration": incident.lasted,
        "bad_minutes": incident.bad_minutes,
        "requests": round(incident.requests),
        "errors": round(incident.errors),
    }


def _standing(row: Row, _: Settings) -> Standing:
    return "critical" if row["severity"] == "critical" else "warning"


INCIDENTS: Final = Judgement(
    name="incidents",
    title="Incidents",
    unit=PERCENT,
    better="lower",
    description=(
        "Stretches of time in which most calls of a provider failed, the newest first: one row each, with the share of "
        "the calls that failed in its bad minutes. One that began before the window is seen from its beginning on."
    ),
    formula=(
        "minutes with calls in a row: two in which fewer than half of the calls succeeded begin an incident, three in "
        "which at least half did end it; it lasts from its first bad minute to the end of its last one. The value is "
        "failed calls / calls of its bad minutes (where a quarter hour has bad minutes of several incidents, its calls "
        "are shared out by minutes)"
    ),
    by=("", "provider"),
    facts=(
        text("severity", "`critical` where at least 90 % of the calls failed, `major` from 70 %, else `minor`"),
        Fact("start", type="time", meaning="the beginning of the first bad minute"),
        Fact("end", type="time", meaning="the end of the last bad minute; unknown while it goes on"),
        Fact("ongoing", type="flag", meaning="three good minutes have not followed yet"),
        Fact("duration", SECONDS, meaning="from start to the end of the last bad minute, also while it goes on"),
        Fact("bad_minutes", COUNT, "integer", meaning="minutes in which most calls failed"),
        Fact("requests", REQUESTS, "integer", meaning="calls in those minutes"),
        Fact("errors", REQUESTS, "integer", meaning="failed calls in those minutes"),
    ),
    thresholds="critical where at least 90 % of the calls failed, warning otherwise",
    inquire=_inquire,
    standing=_standing,
)
