"""The past, as rules would have seen it: for trying a rule before it is kept, and for what comes late (`again`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Final

from tokometer.accounts import Alert
from tokometer.alerting.condition import Reading, RuleError
from tokometer.alerting.evaluating import AskAsOf, Evaluated, evaluate
from tokometer.alerting.rule import AlertRule
from tokometer.alerting.situation import Situation
from tokometer.alerting.states import Step, step

#: With it windows move.
QUARTER: Final = timedelta(minutes=15)
#: Moments at which a rule is tried, and the time that all of them may take (seconds).
_MOST_MOMENTS: Final = 1_500
PATIENCE: Final = 8.0
_PROBES: Final = 3


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule would have done."""

    since: datetime
    until: datetime
    #: At which distance it was looked at.
    step: timedelta
    #: The times that it would have fired, in their order; the last one may go on.
    alerts: tuple[Alert, ...]


def try_on(rule: AlertRule, situation: Situation, ask: AskAsOf, days: int = 30, patience: float = PATIENCE) -> Tried:
    """What a rule would have done in the last so many days, looked at as often as some seconds allow.

    Raises:
        RuleError: It cannot be asked, or not of the past.
    """
    if not rule.terms.condition.past:
        raise RuleError("condition", "cannot be tried: how it stood in the past is not kept")
    until = quarter(situation.now)
    since = until - timedelta(days=days)
    took = _cost(rule, situation, ask, since, until)
    many = max(24, min(_MOST_MOMENTS, int(patience / max(took, 1e-4))))
    length = QUARTER * max(1, -(-(until - since) // (QUARTER * many)))
    moments = [until - length * back for back in range((until - since) // length, -1, -1)]
    seen = [_at(rule, situation, ask, moment) for moment in moments]
    found = [alert for alerts in fold(rule, seen).values() for alert in alerts]
    return Tried(since, until, length, tuple(sorted(found, key=lambda one: (one.since, one.value))))


def _cost(rule: AlertRule, situation: Situation, ask: AskAsOf, since: datetime, until: datetime) -> float:
    """How long one look takes (seconds)."""
    started = perf_counter()
    for place in range(_PROBES):
        _at(rule, situation, ask, since + (until - since) * (place + 1) / _PROBES)
    return (perf_counter() - started) / _PROBES


def _at(rule: AlertRule, situation: Situation, ask: AskAsOf, moment: datetime) -> Evaluated:
    found = evaluate((rule,), replace(situation, now=moment), ask)
    if rule.id in found.troubles:
        raise RuleError("condition", found.troubles[rule.id])
    return found


def quarter(moment: datetime) -> datetime:
    """The end of the last whole quarter of an hour."""
    stamp = int(moment.timestamp() // 900) * 900
    return datetime.fromtimestamp(stamp, UTC)


@dataclass(slots=True)
class Course:
    """How the alerts of a rule go, looked at moment after moment."""

    rule: AlertRule
    workspace: str = "default"
    #: Those that are not over, by value.
    open: dict[str, Alert] = field(default_factory=dict)
    _over: dict[str, list[Alert]] = field(default_factory=dict)

    def go_on(self, moment: datetime, readings: Mapping[str, Reading]) -> None:
        """What becomes of them at the next moment; where there is no reading of one, it is over."""
        for value, reading in with_gone(readings, self.open).items():
            made: Step = step(self.rule, self.open.pop(value, None), reading, moment, self.workspace)
            if made.alert is not None and made.alert.state == "resolved":
                self._over.setdefault(value, []).append(made.alert)
            elif made.alert is not None:
                self.open[value] = made.alert

    def fired(self, *, waiting: bool = False) -> dict[str, list[Alert]]:
        """Those that fired, by value, the earliest first, and those that are `waiting`; the last may not be over."""
        found = {value: list(alerts) for value, alerts in self._over.items()}
        for value, alert in self.open.items():
            if alert.fired is not None or waiting:
                found.setdefault(value, []).append(alert)
        return found


def fold(rule: AlertRule, seen: Iterable[Evaluated], workspace: str = "default") -> dict[str, list[Alert]]:
    """The alerts that fired, by value, had the rule been looked at at these moments, the earliest first."""
    course = Course(rule, workspace)
    for moment in seen:
        if rule.id in moment.readings:
            course.go_on(moment.now, moment.readings[rule.id])
    return course.fired()


def with_gone(readings: Mapping[str, Reading], values: Iterable[str]) -> Mapping[str, Reading]:
    """The readings of a rule, with one for each further value that it has none of: there it is over."""
    gone = Reading(holds=False, over=True, words="nothing is measured any more")
    return {value: replace(gone, value=value) for value in values} | dict(readings)


def length_of(window: str) -> timedelta:
    """About how long a window is; of one of its own, a day."""
    named = {"today": 1, "week": 7, "month": 31, "year": 366}
    if window in named:
        return timedelta(days=named[window])
    unit = window.lstrip("0123456789")
    if not unit:
        return timedelta(days=1)
    hours = {"m": 1 / 60, "h": 1.0, "d": 24.0, "w": 168.0, "mo": 744.0, "y": 8_784.0}[unit]
    return timedelta(hours=hours * int(window.removesuffix(unit)))
