"""What becomes of an alert when its rule has been looked at: a pure step from one state to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal

from tokometer.accounts import Alert
from tokometer.alerting.condition import Reading
from tokometer.alerting.rule import AlertRule

Event = Literal["fired", "resolved", "acknowledged"]
_ID: Final = 24


@dataclass(frozen=True, slots=True)
class Step:
    """What an alert is now: None where there is none. `event` is what is to be announced, '' for nothing."""

    alert: Alert | None
    event: Event | Literal[""] = ""


def step(rule: AlertRule, alert: Alert | None, reading: Reading, now: datetime, workspace: str = "default") -> Step:
    """The next state of the alert of one rule and value.

    One that does not hold for as long as the rule wants is none. Between the two bounds of a rule that has two, a
    firing one goes on and a waiting one does not. The clock may have been set back: nothing then ends before it began.
    """
    if reading.holds:
        return _held(rule, alert or _begun(rule, reading, now, workspace), reading, now)
    if alert is None or alert.state == "pending":
        return Step(None)
    if not reading.over:
        return Step(_told(alert, reading, now))
    return over(_told(alert, reading, now, worst=False), now)


def over(alert: Alert, now: datetime, note: str = "") -> Step:
    """An alert whose condition is over. One that was resolved by hand has been announced then."""
    if alert.state == "pending":
        return Step(None)
    done = replace(alert, state="resolved", changed=now, note=_noted(alert.note, note))
    if alert.state == "closed":
        return Step(done)
    return Step(replace(done, resolved=max(now, alert.fired or now)), "resolved")


def _begun(rule: AlertRule, reading: Reading, now: datetime, workspace: str) -> Alert:
    return Alert(
        id=alert_id(workspace, rule.id, reading.value, now),
        workspace=workspace,
        rule=rule.id,
        value=reading.value,
        title=rule.title,
        severity=rule.severity,
        state="pending",
        since=now,
    )


def _held(rule: AlertRule, alert: Alert, reading: Reading, now: datetime) -> Step:
    told = _told(replace(alert, since=min(alert.since, now)), reading, now)
    if alert.state == "pending" and now - told.since >= rule.terms.hold:
        return Step(replace(told, state="firing", fired=now), "fired")
    return Step(told)


def _told(alert: Alert, reading: Reading, now: datetime, *, worst: bool = True) -> Alert:
    """The alert with what is measured now; the same one where nothing has changed."""
    measured: dict[str, Any] = {"last": reading.measured, "against": reading.against, "words": reading.words}
    before = alert.measured.get("worst")
    known = [one for one in (before, reading.measured if worst else None) if one is not None]
    if known:
        below = reading.against is not None and reading.measured is not None and reading.measured < reading.against
        measured["worst"] = min(known) if below and worst else max(known) if worst else before
    if measured == {name: alert.measured.get(name) for name in measured}:
        return alert
    # What holds is told in the words that it was last told with while it held.
    if not worst:
        measured["words"] = alert.measured.get("words", reading.words)
    return replace(alert, measured=measured, changed=now)


def _noted(note: str, more: str) -> str:
    """Notes one after the other, each once."""
    return note if not more or more in note else f"{note} {more}".strip()[:2_000]


def noted(alert: Alert, more: str, now: datetime) -> Alert:
    """The alert with a further note; the same one where it has it."""
    note = _noted(alert.note, more)
    return alert if note == alert.note else replace(alert, note=note, changed=now)


def alert_id(workspace: str, rule: str, value: str, since: datetime) -> str:
    """The id of an alert: the same whenever it is found, so that nothing is said of it twice."""
    return sha256(f"{workspace}\0{rule}\0{value}\0{since.isoformat()}".encode()).hexdigest()[:_ID]
