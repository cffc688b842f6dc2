"""Announcing: what happens to an alert becomes deliveries, in the transaction that changes the alert.

So neither is there without the other: whoever is killed in the middle has changed nothing, and will do both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from tokometer.accounts import Alert, Delivery
from tokometer.alerting.channels import listed
from tokometer.alerting.messages import subject_and_body
from tokometer.records import now_us, to_datetime
from tokometer.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

Event = Literal["fired", "resolved", "acknowledged"]


class Announcer:
    """Announces alerts to all channels that want to know.

    Args:
        settings: Gives the settings as they are now.
        base: Gives what links begin with: `http://127.0.0.1:7420`.
    """

    def __init__(self, settings: Callable[[], Settings], base: Callable[[], str]) -> None:
        self._settings = settings
        self._base = base

    def __call__(self, connection: Connection, alert: Alert, event: Event) -> None:
        """Have every channel that wants to know told once; the same again says nothing more."""
        from tokometer.accounts.deliveries import Deliveries  # SQLAlchemy is there by now

        settings = self._settings()
        rows = Deliveries.channels(connection, alert.workspace)
        now = to_datetime(now_us())
        for channel in listed(rows, settings, alert.workspace):
            if not channel.enabled or not channel.wants.takes(alert, event):
                continue
            link = absolute(self._base(), alert.link or "/alerts")
            subject, body = subject_and_body(alert, event, link, channel.wants.subject, channel.wants.body)
            said = Delivery(
                workspace=alert.workspace,
                channel=channel.id,
                about=f"alert:{alert.id}:{event}",
                subject=subject,
                body=body,
                link=link,
                made=now,
                due=now,
            )
            Deliveries.say(connection, said)


def absolute(base: str, link: str) -> str:
    """A link that opens from anywhere."""
    return link if link.startswith(("http://", "https://")) else f"{base.rstrip('/')}/{link.lstrip('/')}"
