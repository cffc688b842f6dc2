"""The past, as rules would have seen it: for trying a rule before it is kept, and for records that come late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, Final

from tokometer.accounts import Alert
from tokometer.alerting.condition import Reading, RuleError
from tokometer.alerting.evaluating import AskAsOf, Evaluated, evaluate
from tokometer.alerting.rule import AlertRule
from tokometer.alerting.situation import Situation
from tokometer.alerting.states import Step, noted, step

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


def fold(rule: AlertRule, seen: Iterable[Evaluated], workspace: str = "default") -> dict[str, list[Alert]]:
    """The alerts that fired, by value, had the rule been looked at at these moments, the earliest first."""
    open_: dict[str, Alert] = {}
    found: dict[str, list[Alert]] = {}
    for moment in seen:
        if rule.id not in moment.readings:
            continue
        for value, reading in readings_of(rule, moment, open_).items():
            made: Step = step(rule, open_.pop(value, None), reading, moment.now, workspace)
            if made.alert is not None and made.alert.state == "resolved":
                found.setdefault(value, []).append(made.alert)
            elif made.alert is not None:
                open_[value] = made.alert
    for value, alert in open_.items():
        if alert.fired is not None:
            found.setdefault(value, []).append(alert)
    return found


def readings_of(rule: AlertRule, seen: Evaluated, values: Iterable[str]) -> Mapping[str, Reading]:
    """The readings of a rule, with one for each further value that it has none of: there it is over."""
    gone = Reading(holds=False, over=True, words="nothing is measured any more")
    return {value: replace(gone, value=value) for value in values} | dict(seen.readings[rule.id])


# -- what comes late ---------------------------------------------------------------------------------------------------


def hour_of(moment: datetime) -> str:
    """An hour as it is remembered: the seconds since the epoch at its beginning."""
    return str(int(moment.timestamp()))


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


def late_hours(before: Mapping[str, Any], after: Mapping[str, Any], at: datetime) -> list[datetime]:
    """The hours that were over at `at` (when `before` was seen) and of which there is something else now."""
    found = []
    for hour in {*before, *after}:
        begin = datetime.fromtimestamp(int(hour), UTC)
        if begin + timedelta(hours=1) <= at and before.get(hour) != after.get(hour):
            found.append(begin)
    return sorted(found)


def moments_of(hours: Sequence[datetime], longest: timedelta, now: datetime, most: int) -> list[datetime]:
    """The moments at which rules have to be looked at again: while late records were within a window, to now."""
    found: set[datetime] = set()
    for hour in hours:
        found.update(hour + QUARTER * number for number in range(1, 5))
        last = min(now, hour + timedelta(hours=1) + longest)
        ahead = hour + timedelta(hours=2)
        while ahead <= last:
            found.add(ahead)
            ahead += timedelta(hours=1)
    inside = sorted(moment for moment in found if moment <= now)
    if len(inside) <= most:
        return inside
    return [inside[place * len(inside) // most] for place in range(most)]


def mended(
    rule: AlertRule, seen: Sequence[Evaluated], known: Sequence[Alert], now: datetime, workspace: str = "default"
) -> list[Alert]:
    """The alerts of a rule that change, or are new, now that the past is known to have been another.

    Nothing of it is announced: what is over wakes nobody.
    """
    changed = []
    found = fold(rule, seen, workspace)
    for value, episodes in found.items():
        mine = [one for one in known if one.value == value and one.fired is not None]
        for episode in episodes:
            over = [one for one in mine if _overlap(one, episode, now)]
            if not over and episode.resolved is not None:
                changed.append(
                    replace(episode, told=True, note=f"Found late, {_when(now)}: its records came after it.")
                )
            for one in over:
                if episode.since < one.since - timedelta(hours=1):
                    words = f"Records that came late ({_when(now)}) show that it held since {_when(episode.since)}."
                    changed.append(noted(one, words, now))
    return [*changed, *_denied(rule, seen, known, now)]


def _denied(rule: AlertRule, seen: Sequence[Evaluated], known: Sequence[Alert], now: datetime) -> list[Alert]:
    """Alerts that would not have fired, had all records been there."""
    changed = []
    for one in known:
        if one.fired is None or one.state != "resolved":
            continue
        until = one.resolved or now
        inside = [
            moment.readings[rule.id]
            for moment in seen
            if rule.id in moment.readings and one.fired <= moment.now <= until
        ]
        if inside and not any((reading := at.get(one.value)) is not None and reading.holds for at in inside):
            changed.append(noted(one, f"With records that came late ({_when(now)}), it did not hold.", now))
    return changed


def _overlap(one: Alert, other: Alert, now: datetime) -> bool:
    begin, end = other.since - QUARTER, (other.resolved or now) + QUARTER
    return one.since <= end and (one.resolved or now) >= begin


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%-d %b %Y, %H:%M} UTC"
