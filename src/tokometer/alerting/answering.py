"""What people do with alerts: acknowledge, resolve and silence them. Each is written down with who did it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from tokometer.accounts import Alert, Invalid
from tokometer.alerting.engine import Announce

if TYPE_CHECKING:
    from tokometer.accounts.accounts import Accounts

BY_HAND: Final = "Resolved by hand."


def acknowledge(
    accounts: Accounts, workspace: str, id_: str, who: str, now: datetime, announce: Announce | None = None
) -> Alert:
    """Say that somebody looks after an alert.

    Raises:
        NotThere: There is none.
        Invalid: It is over, or somebody has said so already.
    """
    with accounts.alerts.turn(workspace) as turn:
        alert = turn.get(id_)
        if alert.state != "firing":
            raise Invalid("state", "is not firing: there is nothing to acknowledge")
        if alert.acknowledged is not None:
            raise Invalid("acknowledged", f"was said already by {alert.acknowledged_by}")
        alert = replace(alert, acknowledged=now, acknowledged_by=who, changed=now)
        turn.put(alert)
        turn.record(alert, who, "acknowledged", {})
        if announce is not None:
            announce(turn.connection, alert, "acknowledged")
    return alert


def resolve(
    accounts: Accounts, workspace: str, id_: str, who: str, now: datetime, announce: Announce | None = None
) -> Alert:
    """Have an alert be over. While its condition goes on holding, no other one fires.

    Raises:
        NotThere: There is none.
        Invalid: It is over already.
    """
    with accounts.alerts.turn(workspace) as turn:
        alert = turn.get(id_)
        if alert.state not in ("firing", "pending"):
            raise Invalid("state", "is over already")
        note = f"{alert.note} {BY_HAND}".strip()
        alert = replace(alert, state="closed", resolved=now, fired=alert.fired or now, note=note, changed=now)
        turn.put(alert)
        turn.record(alert, who, "resolved", {})
        if announce is not None and alert.told:
            announce(turn.connection, alert, "resolved")
    return alert


def silence(accounts: Accounts, workspace: str, id_: str, who: str, until: datetime | None, now: datetime) -> Alert:
    """Have nothing be said of an alert until a time, nor of others of its rule and value; None: say it again.

    Raises:
        NotThere: There is none.
        Invalid: The time is over.
    """
    if until is not None and until <= now:
        raise Invalid("until", "is over already")
    with accounts.alerts.turn(workspace) as turn:
        alert = replace(turn.get(id_), silenced_until=until, changed=now)
        turn.put(alert)
        turn.record(alert, who, "silenced" if until else "heard again", {"until": until.isoformat() if until else ""})
    return alert
