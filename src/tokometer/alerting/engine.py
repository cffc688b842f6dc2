"""One turn: all rules are looked at as of a moment, and what becomes of their alerts is kept in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from tokometer.accounts import Alert
from tokometer.alerting.evaluating import AskAsOf, Evaluated, evaluate
from tokometer.alerting.past import hour_of, late_hours, length_of, mended, moments_of, readings_of
from tokometer.alerting.rule import AlertRule
from tokometer.alerting.situation import Situation
from tokometer.alerting.states import Event, over, step
from tokometer.measures import Query, QueryError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tokometer.accounts.accounts import Accounts
    from tokometer.accounts.alerts import Turn

#: Says within the transaction that changes an alert what is to be said of it.
Announce = Callable[["Connection", Alert, Event], None]
#: The page that shows what an alert is about.
Link = Callable[[AlertRule, Alert], str]
#: Days in which late records are noticed, and moments that are looked at again in one turn.
_LOOK_BACK: Final = 31
_MOST_AGAIN: Final = 48
#: The longest time that is looked through after a late record.
_LONGEST: Final = timedelta(days=7)
#: The past is looked at again so many times more rarely than that takes; meanwhile what comes late is gathered.
_RARELY: Final = 30
#: Measures over windows of so long are looked at so often: a minute more or less is nothing to them.
_LONG: Final = timedelta(days=7)
_RARE: Final = timedelta(minutes=5)
#: How often it is looked for what came late.
_NOTICED: Final = timedelta(minutes=5)
#: A clock that is so far behind what was evaluated last at a start was set back meanwhile.
_SET_BACK: Final = timedelta(minutes=1)


def _nothing(_connection: Connection, _alert: Alert, _event: Event) -> None:
    """Nobody is told."""


def _nowhere(_rule: AlertRule, _alert: Alert) -> str:
    return ""


@dataclass(slots=True)
class Engine:
    """Looks at rules and keeps their alerts. Used by one thread at a time."""

    ask: AskAsOf
    workspace: str = "default"
    announce: Announce = _nothing
    link: Link = _nowhere
    #: What rules said last, of those that are not worth asking each time.
    _last: dict[str, tuple[AlertRule, datetime, Mapping[str, Any]]] = field(default_factory=dict)
    _fresh: bool = True
    #: By the monotonic clock: before it, the past is not looked at again.
    _again_at: float = 0.0

    def turn(
        self, accounts: Accounts, rules: Sequence[AlertRule], situation: Situation, *, back: bool = False
    ) -> Evaluated:
        """Look at the rules as of the situation's moment. Again at the same or an earlier moment, nothing changes.

        Unless the clock was set `back`: then it goes on from the moment that it tells now.

        Raises:
            AccountsError: Alerts cannot be kept just now; nothing has changed.
        """
        now = situation.now
        enabled = [rule for rule in rules if rule.enabled]
        found = self._evaluated(enabled, situation)
        watched = accounts.alerts.watched(self.workspace)
        back = back or (self._fresh and watched is not None and watched[0] - now > _SET_BACK)
        self._fresh = False
        seen, late = self._late(watched[1] if watched is not None else {}, situation)
        again = self._again(enabled, situation, late)
        if late and not again:
            # They are noticed again, when there is time for them.
            seen = watched[1] if watched is not None else seen
        with accounts.alerts.turn(self.workspace) as turn:
            last = turn.watched()
            if last is not None and now <= last[0] and not back:
                return found
            for rule in enabled if again else ():
                if rule.terms.condition.past:
                    self._mend(turn, rule, again, now)
            self._go_on(turn, enabled, found)
            turn.watch(now, seen)
        return found

    def _evaluated(self, rules: Sequence[AlertRule], situation: Situation) -> Evaluated:
        """What the rules say; what those said that are asked more rarely stands."""
        now = situation.now
        due = [rule for rule in rules if not self._stands(rule, now)]
        found = evaluate(due, situation, self.ask)
        readings = dict(found.readings)
        for rule in rules:
            if rule.id in readings:
                self._last[rule.id] = rule, now, readings[rule.id]
            elif rule.id in self._last and rule.id not in found.troubles:
                readings[rule.id] = self._last[rule.id][2]
        return replace(found, readings=readings)

    def _stands(self, rule: AlertRule, now: datetime) -> bool:
        pace = rule.terms.condition.pace
        if rule.terms.condition.of and length_of(rule.terms.window) >= _LONG:
            pace = max(pace, _RARE)
        if pace <= timedelta(minutes=1) or rule.id not in self._last:
            return False
        same, at, _ = self._last[rule.id]
        return same == rule and timedelta(0) <= now - at < pace

    def _go_on(self, turn: Turn, rules: Sequence[AlertRule], found: Evaluated) -> None:
        """Every alert's next step, and those that begin."""
        now, quiet = found.now, turn.silenced(found.now)
        by_rule: dict[str, dict[str, Alert]] = {}
        for alert in turn.unresolved():
            by_rule.setdefault(alert.rule, {})[alert.value] = alert
        for rule in rules:
            mine = by_rule.pop(rule.id, {})
            if rule.id not in found.readings:
                continue
            for value, reading in readings_of(rule, found, mine).items():
                before = mine.get(value)
                made = step(rule, before, reading, now, self.workspace)
                self._keep(turn, rule, before, made.alert, made.event, quiet, now)
        for alert in (one for mine in by_rule.values() for one in mine.values()):
            done = over(alert, now, "Its rule was removed or switched off.")
            self._keep(turn, None, alert, done.alert, done.event, quiet, now)

    def _keep(
        self,
        turn: Turn,
        rule: AlertRule | None,
        before: Alert | None,
        after: Alert | None,
        event: Event | str,
        quiet: Mapping[tuple[str, str], datetime],
        now: datetime,
    ) -> None:
        if after is None:
            if before is not None:
                turn.drop(before)
            return
        if event == "fired" and rule is not None:
            after = replace(after, link=self.link(rule, after))
        silenced = (after.rule, after.value) in quiet or (
            rule is not None and rule.silenced_until is not None and rule.silenced_until > now
        )
        if after.state == "firing" and not after.told and not silenced:
            after = replace(after, told=True)
            self.announce(turn.connection, after, "fired")
        elif event == "resolved" and after.told and not silenced:
            self.announce(turn.connection, after, "resolved")
        if after != before:
            turn.put(after, quiet=before is not None and before.state == after.state and before.told == after.told)

    # -- what came late ------------------------------------------------------------------------------------------------

    def _late(self, before: Mapping[str, Any], situation: Situation) -> tuple[Mapping[str, Any], list[datetime]]:
        """What there is of each hour now, and the hours that have changed since they were over."""
        now = situation.now
        at = datetime.fromisoformat(before["at"]) if "at" in before else None
        if at is not None and timedelta(0) <= now - at < _NOTICED:
            return before, []
        hours = self._seen(situation)
        late = late_hours(before["hours"], hours, at) if at is not None and at < now else []
        return {"at": now.isoformat(), "hours": hours}, late

    def _seen(self, situation: Situation) -> dict[str, Any]:
        """What there is of each hour of the last weeks, to tell later whether more of it has come."""
        asked = Query(measures=("calls.requests", "calls.errors", "calls.cost"), since=f"{_LOOK_BACK}d", grain="hour")
        try:
            rows = self.ask(asked, situation.now).rows
        except QueryError:
            return {}
        return {
            hour_of(row["time"]): [row["requests"], row["errors"], str(row["cost"])] for row in rows if row["requests"]
        }

    def _again(self, rules: Sequence[AlertRule], situation: Situation, hours: Sequence[datetime]) -> list[Evaluated]:
        """What the rules say of the moments that late records touch."""
        past = [rule for rule in rules if rule.terms.condition.past]
        if not hours or not past or monotonic() < self._again_at:
            return []
        started = monotonic()
        longest = min(_LONGEST, max(length_of(rule.terms.window) for rule in past))
        moments = moments_of(hours, longest, situation.now, _MOST_AGAIN)
        found = [evaluate(past, replace(situation, now=moment), self.ask) for moment in moments]
        self._again_at = monotonic() + _RARELY * (monotonic() - started)
        return found

    def _mend(self, turn: Turn, rule: AlertRule, again: Sequence[Evaluated], now: datetime) -> None:
        first, last = again[0].now, again[-1].now
        known = [one for one in turn.within(first, last) if one.rule == rule.id]
        for alert in mended(rule, again, known, now, self.workspace):
            turn.put(replace(alert, link=alert.link or self.link(rule, alert)))
