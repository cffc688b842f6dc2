"""What the page Alerts says of channels, digests and deliveries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tokometer.accounts import AccountsError, Delivery, Digest
from tokometer.alerting.channels import Listed, Wants
from tokometer.alerting.digests import DAYS, WEEKDAYS, of_day, period_of
from tokometer.alerting.messages import MARKS, WORDS
from tokometer.dashboards import DASHBOARDS
from tokometer.posting.services import SERVICES
from tokometer.records.plural import counted
from tokometer.server.channels import channels_of, shown_channel
from tokometer.server.digests import digests_of, shown
from tokometer.server.runtime import WORKSPACES, Runtime

_WORKSPACE: Final = WORKSPACES[0]
#: Deliveries that the page shows.
_MOST: Final = 50
_STANDING: Final = {"sent": "good", "waiting": "none", "failed": "critical", "dropped": "warning"}
_SIGNS: Final = "".join({*MARKS, " "})
_DO: Final = {"sent": "Sent", "waiting": "Waiting", "failed": "Failed", "dropped": "Dropped"}


def notified(runtime: Runtime) -> dict[str, Any]:
    """Everything that the templates of `notified.html` name."""
    channels, digests, log, counts = _read(runtime)
    titles = {one.id: one.title for one in channels}
    last: dict[str, Delivery] = {}
    for one in log:
        last.setdefault(one.channel, one)
    return {
        "channels": [_channel(one, last.get(one.id)) for one in channels],
        "digests": [_digest(runtime, one, titles) for one in digests],
        "deliveries": [_delivery(one, titles) for one in log[:_MOST]],
        "counts": [(word, counts[word]) for word in _STANDING if counts.get(word)],
        "services": [{"title": one.title, "example": one.example, "schemes": list(one.schemes)} for one in SERVICES],
        "words": WORDS,
        "boards": [*((one.id, one.title) for one in DASHBOARDS.values()), *_own_boards(runtime)],
        "choices": [(one.id, one.title) for one in channels],
        "weekdays": [(str(at), name) for at, name in enumerate(WEEKDAYS, start=1)],
        "hours": [(str(hour), f"{hour:02d}:00") for hour in range(24)],
    }


def _read(runtime: Runtime) -> tuple[list[Listed], list[Digest], list[Delivery], dict[str, int]]:
    """What there is; nothing while the database is away, which every page says."""
    try:
        channels, digests = channels_of(runtime), digests_of(runtime)
        if not runtime.accounts.is_there:
            return channels, digests, [], {}
        kept = runtime.accounts.get().deliveries
        return channels, digests, kept.log(_WORKSPACE), kept.counts(_WORKSPACE)
    except AccountsError as error:
        runtime.accounts.trouble = str(error)
        return [], [], [], {}


def _own_boards(runtime: Runtime) -> list[tuple[str, str]]:
    return [(one.dashboard.id, one.dashboard.title) for one in runtime.boards.all() if not one.error]


def _channel(one: Listed, last: Delivery | None) -> dict[str, Any]:
    said = None
    if last is not None:
        at = _time(last.sent or last.made)
        said = {"standing": _STANDING[last.state], "word": _DO[last.state], "at": at}
    return {
        "thing": shown_channel(one),
        "id": one.id,
        "title": one.title,
        "service": one.service,
        "shown": one.shown,
        "wants": wants_words(one.wants),
        "enabled": one.enabled,
        "origin": one.origin,
        "trouble": one.trouble,
        "last": said,
    }


def wants_words(wants: Wants) -> str:
    """What a channel is told, in words."""
    which = counted(len(wants.rules), "rule") if wants.rules else "every rule"
    grave = {"info": "", "warning": ", warnings and graver", "critical": ", critical alone"}[wants.least]
    more = ("; when it is over" if wants.resolved else "") + (
        ", when it is acknowledged" if wants.acknowledged and wants.resolved else ""
    )
    if wants.acknowledged and not wants.resolved:
        more = "; when it is acknowledged"
    return f"{which}{grave}{more}; {wants.most_an_hour:,} an hour"


def _digest(runtime: Runtime, one: Digest, titles: dict[str, str]) -> dict[str, Any]:
    thing = shown(runtime, one)
    now = runtime.notifying.office.now()
    period = period_of(one, now)
    following = of_day(one, period.day + timedelta(days=DAYS[one.every])).due
    day = "every day" if one.every == "day" else f"every {WEEKDAYS[one.weekday - 1]}"
    trouble = "" if thing["board_title"] else "Its dashboard is there no more: choose another one."
    if one.channel not in titles:
        trouble = "Its channel was removed: choose another one."
    return {
        "thing": thing,
        "id": one.id,
        "title": one.title,
        "board": thing["board_title"] or one.board,
        "channel": titles.get(one.channel, "no channel"),
        "query": one.query,
        "every": f"{day}, {one.hour:02d}:00, {one.tz}",
        "next": _time(following),
        "enabled": one.enabled,
        "trouble": trouble,
    }


def _delivery(one: Delivery, titles: dict[str, str]) -> dict[str, Any]:
    kind, _, rest = one.about.partition(":")
    return {
        # The sign for what happened is said as a word here.
        "subject": one.subject.lstrip(_SIGNS),
        "event": rest.rpartition(":")[2] if kind == "alert" else "",
        "link": one.link,
        "error": one.error,
        "state": one.state,
        "standing": _STANDING[one.state],
        "channel": titles.get(one.channel, "removed"),
        "at": _time(one.sent or one.made),
        "due": _time(one.due) if one.state == "waiting" and one.tries else None,
        "tries": one.tries,
    }


def _time(at: datetime) -> dict[str, str]:
    utc = at.astimezone(UTC)
    return {"iso": utc.isoformat(), "exact": f"{utc:%Y-%m-%d %H:%M:%S} UTC", "text": f"{utc:%-d %b, %H:%M}"}
