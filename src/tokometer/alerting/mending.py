"""Mending the alerts that there are, once it is known how they would have gone had no record come late.

Afterwards they are those that there would have been, each with a note of what changed it; one that turned out not to
have held stays with a note that says so, for people were told of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tokometer.accounts import DENIED, Alert
from tokometer.alerting.again import Range
from tokometer.alerting.states import alert_id, noted


@dataclass(frozen=True, slots=True)
class Change:
    """An alert as it was kept, None where there was none, and as it has to be."""

    before: Alert | None
    after: Alert


def mended(found: Range, known: Sequence[Alert], step: timedelta, now: datetime) -> list[Change]:
    """What changes of the alerts of one rule (`known`) with a range of the past as it is seen now.

    Args:
        found: How its alerts would have gone.
        known: Those that were not over for some time of the range.
        step: How far apart the moments were at which it was looked again: what differs by less does not differ.
        now: The moment at which the records that came late are known.
    """
    changes: list[Change] = []
    for value in {*found.episodes, *(one.value for one in known)}:
        mine = sorted((one for one in known if one.value == value), key=lambda one: one.since)
        pairs = _pairs(found.episodes.get(value, ()), mine, step, now)
        for episode, one in pairs:
            if one is None:
                changes.append(Change(None, _found_late(episode, now)))
            else:
                changes.extend(_corrected(one, episode, found, step, now))
        matched = {one.id for _, one in pairs if one is not None}
        inside = [one for one in mine if one.id not in matched and _within(one, found)]
        changes.extend(change for one in inside for change in _denied(one, now))
    return changes


def _within(one: Alert, found: Range) -> bool:
    """Whether an alert fired while the rule was looked at again; of others nothing is known."""
    if one.fired is None:
        return False
    return found.first <= one.fired <= found.last or (found.to_now and one.resolved is None)


def _pairs(
    episodes: Sequence[Alert], mine: Sequence[Alert], step: timedelta, now: datetime
) -> list[tuple[Alert, Alert | None]]:
    """Each episode with the alert that there is of it: the one that began so, else one that is as open."""
    by_id = {one.id: one for one in mine}
    taken = {_key(one): by_id[one.id] for one in episodes if one.id in by_id}
    left = [one for one in mine if one not in taken.values()]
    for episode in sorted(episodes, key=lambda one: (one.resolved is not None, one.since)):
        if _key(episode) in taken:
            continue
        near = [one for one in left if _overlap(one, episode, step, now)]
        alike = [one for one in near if (one.resolved is None) == (episode.resolved is None)]
        for one in (*alike, *near)[:1]:
            left.remove(one)
            taken[_key(episode)] = one
    return [(episode, taken.get(_key(episode))) for episode in episodes]


def _key(episode: Alert) -> str:
    return episode.since.isoformat()


def _overlap(one: Alert, other: Alert, step: timedelta, now: datetime) -> bool:
    begin, end = other.since - step, (other.resolved or now) + step
    return one.since < end and (one.resolved or now) > begin


def _found_late(episode: Alert, now: datetime) -> Alert:
    """One that was not there. What is over wakes nobody; what still fires does."""
    note = f"Found late, {_when(now)}: its records came after it."
    return replace(episode, told=episode.resolved is not None, note=note, changed=now)


def _corrected(one: Alert, episode: Alert, found: Range, step: timedelta, now: datetime) -> Iterator[Change]:
    """An alert with the times that it would have had."""
    since, fired = (
        theirs if mine is None or (theirs is not None and abs(mine - theirs) >= step) else mine
        for mine, theirs in ((one.since, episode.since), (one.fired, episode.fired))
    )
    after = replace(one, since=since or one.since, fired=fired, measured=_measured(one, episode))
    if episode.resolved is not None:
        if one.resolved is None:
            after = replace(after, resolved=episode.resolved, state="resolved")
        elif abs(one.resolved - episode.resolved) >= step:
            after = replace(after, resolved=episode.resolved)
    elif one.state == "pending" and after.fired is not None:
        after = replace(after, state="firing")
    elif found.to_now and one.state == "resolved":
        # Whoever was told that it was over is told that it fires, which is another thing to say than before.
        again = alert_id(one.workspace, one.rule, one.value, now)
        after = replace(after, id=again, resolved=None, state="firing", told=False)
    same = (one.since, one.fired, one.resolved, one.state) == (after.since, after.fired, after.resolved, after.state)
    if same and not one.denied:
        return
    words = f"Records that came late ({_when(now)}) show that it held from {_when(after.since)}"
    words += f" to {_when(after.resolved)}." if after.resolved is not None else " on."
    yield Change(one, noted(after, words, now))


def _measured(one: Alert, episode: Alert) -> dict[str, object]:
    """What was measured, with the worst of both."""
    worst = [each.measured.get("worst") for each in (one, episode)]
    known = [each for each in worst if each is not None]
    measured = {name: value for name, value in one.measured.items() if name != DENIED}
    if len(known) > 1:
        against = one.measured.get("against")
        measured["worst"] = min(known) if against is not None and known[0] < against else max(known)
    return measured


def _denied(one: Alert, now: datetime) -> Iterator[Change]:
    """An alert that would not have fired, had all records been there."""
    if one.denied:
        return
    after = replace(one, measured={**one.measured, DENIED: True})
    if one.resolved is None:
        after = replace(after, state="resolved", resolved=max(now, one.fired or now))
    yield Change(one, noted(after, f"With records that came late ({_when(now)}), it did not hold.", now))


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%-d %b %Y, %H:%M} UTC"
