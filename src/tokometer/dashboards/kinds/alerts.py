"""The list of what is wrong, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from tokometer.accounts import Alert
from tokometer.dashboards.alarms import SEVERITIES, TOLD, Alarm, alarms
from tokometer.dashboards.answers import JUDGED, described
from tokometer.dashboards.context import Context
from tokometer.dashboards.drill import BETWEEN
from tokometer.dashboards.kinds.incidents import moment_text
from tokometer.dashboards.names import Names
from tokometer.dashboards.panel import Placed, Table, View
from tokometer.records.units import SECONDS, show

#: What stands for the judgement where a rule says so.
RULE: Final = "rule"
_STANDINGS: Final = {"critical": "critical", "warning": "warning", "over": "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts(Placed):
    """Everything that judgements find warning or critical now, and the incidents of the window that are over."""

    kind: ClassVar[str] = "alerts"
    #: The judgements, without `judgement.`.
    of: tuple[str, ...] = TOLD
    width: int = 12
    #: Lines at most; the others are in the CSV.
    most: int = 40

    @property
    def measures(self) -> tuple[str, ...]:
        """What it is computed from."""
        return tuple(JUDGED + name for name in self.of)

    def view(self, context: Context) -> View:
        """A line each."""
        window = context.window(self.window)
        found = sorted([*fired(context.firing()), *alarms(context, window, self.of)], key=_rank)
        names = {
            by: Names(by, context.colours, list(dict.fromkeys(one.name for one in found if one.by == by)))
            for by in dict.fromkeys(one.by for one in found if one.by)
        }
        now = context.scope.now
        shown = {
            "sub": _counted(found),
            "rows": [_row(one, names.get(one.by), now) for one in found[: self.most]],
            "beyond": max(0, len(found) - self.most),
            "zone": context.scope.zone.key,
        }
        columns = ("severity", "judgement", "by", "name", "value", "since", "headline", "detail")
        rows = [
            (
                one.severity,
                JUDGED + one.judgement if one.judgement else RULE,
                one.by,
                one.name,
                one.value,
                one.since,
                one.headline,
                one.detail,
            )
            for one in found
        ]
        return View(shown, Table(columns, rows), window, empty=not found)


def fired(alerts: Sequence[tuple[Alert, str]]) -> list[Alarm]:
    """What alert rules say, each with the dimension of its value; what is only for information is left out."""
    return [
        Alarm(
            severity="critical" if alert.severity == "critical" else "warning",
            judgement="",
            by=by,
            name=alert.value if by else "",
            headline=alert.title if by or not alert.value else f"{alert.title}: {alert.value}",
            detail=str(alert.measured.get("words", "")),
            value=alert.measured.get("last"),
            since=alert.fired,
        )
        for alert, by in alerts
        if alert.severity in ("critical", "warning")
    ]


def _rank(alarm: Alarm) -> int:
    return SEVERITIES.index(alarm.severity)


def _counted(found: Sequence[Alarm]) -> str:
    """How many there are of each severity: `2 critical · 5 warnings · 3 over`."""
    counts = Counter(one.severity for one in found)
    words = {"critical": "critical", "warning": "warning" if counts["warning"] == 1 else "warnings", "over": "over"}
    return " · ".join(f"{counts[name]} {words[name]}" for name in SEVERITIES if counts[name])


def _row(alarm: Alarm, names: Names | None, now: datetime) -> dict[str, Any]:
    since = alarm.since
    return {
        "severity": alarm.severity.capitalize(),
        "standing": _STANDINGS[alarm.severity],
        "headline": alarm.headline,
        "detail": alarm.detail,
        "by": alarm.by,
        "name": alarm.name,
        "label": names.label(alarm.name) if names else "Everything",
        "colour": names.colour(alarm.name) if names else "",
        "judgement": described(JUDGED + alarm.judgement).title if alarm.judgement else "An alert rule",
        "of": JUDGED + alarm.judgement if alarm.judgement else "",
        # An incident leads to the calls of its time.
        "within": BETWEEN.join(one.isoformat() for one in (since, alarm.until) if one)
        if alarm.judgement == "incidents"
        else "",
        "since": moment_text(since, now) if since else None,
        "ago": _ago(since, now) if since else "",
    }


def _ago(since: datetime, now: datetime) -> str:
    """How long ago, in the largest unit, whole minutes at least: what is shown changes once a minute, not each time."""
    passed = max(timedelta(), now - since) // timedelta(minutes=1)
    return f"{show(passed * 60, SECONDS)} ago" if passed else "just now"
