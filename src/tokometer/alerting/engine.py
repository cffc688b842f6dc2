"""One turn: all rules are looked at as of a moment, and what becomes of their alerts is kept in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from tokometer.accounts import Alert
from tokometer.alerting.again import Range, Replay, apart
from tokometer.alerting.evaluating import AskAsOf, Evaluated, evaluate
from tokometer.alerting.late import changed, cube_of, due, seen
from tokometer.alerting.mending import Change, mended
from tokometer.alerting.past import length_of, with_gone
from tokometer.alerting.rule import AlertRule
from tokometer.alerting.situation import Situation
from tokometer.alerting.states import Event, over, step
from tokometer.measures import Question, Result

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tokometer.accounts.accounts import Accounts
    from tokometer.accounts.alerts import Turn

#: Says within the transaction that changes an alert what is to be said of it.
Announce = Callable[["Connection", Alert, Event], None]
#: The page that shows what an alert is about.
Link = Callable[[AlertRule, Alert], str]
#: Of the servers that share accounts one looks at rules, for as long as it does so again within this time.
_LEASE: Final = timedelta(seconds=150)
#: For so long a turn looks at the past again (seconds), and then not for so many times as long; meanwhile what comes
#: late is gathered.
_PATIENCE: Final = 0.5
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
    #: Which of the servers that share accounts this is, the same after a restart; '' where there is one only.
    holder: str = ""
    patience: float = _PATIENCE
    rarely: float = _RARELY
    #: What rules said last, of those that are not worth asking each time.
    _last: dict[str, tuple[AlertRule, datetime, Mapping[str, Any]]] = field(default_factory=dict)
    _fresh: bool = True
    #: By the monotonic clock: before it, the past is not looked at again.
    _again_at: float = 0.0
    #: Late records that are being gone through.
    _replay: Replay | None = None
    #: The cubes that rules ask about.
    _cubes: set[str] = field(default_factory=set)

    def turn(
        self, accounts: Accounts, rules: Sequence[AlertRule], situation: Situation, *, back: bool = False
    ) -> Evaluated:
        """Look at the rules as of the situation's moment. Again at the same or an earlier moment, nothing changes.

        While another server that shares the accounts looks at them, nothing is asked, and nothing changes.

        Unless the clock was set `back`: then it goes on from the moment that it tells now.

        Raises:
            AccountsError: Alerts cannot be kept just now; nothing has changed.
        """
        now = situation.now
        enabled = [rule for rule in rules if rule.enabled]
        watched = accounts.alerts.watched(self.workspace)
        holder = self.holder if accounts.shared else ""
        if _stands_by(holder, watched, now):
            return Evaluated(now, {})
        found = self._evaluated(enabled, situation)
        back = back or (self._fresh and watched is not None and watched[0] - now > _SET_BACK)
        self._fresh = False
        before = watched[1] if watched is not None else {}
        done = self._late(accounts, before, enabled, situation)
        with accounts.alerts.turn(self.workspace) as turn:
            last = turn.watched()
            if (last is not None and now <= last[0] and not back) or _stands_by(holder, last, now):
                return found
            for rule, ranges in done.ranges:
                self._mend(turn, rule, ranges, now)
            self._go_on(turn, enabled, found)
            turn.watch(now, {**done.seen, **_held(holder, now)})
        return found

    def _evaluated(self, rules: Sequence[AlertRule], situation: Situation) -> Evaluated:
        """What the rules say; what those said that are asked more rarely stands."""
        now = situation.now
        asked = [rule for rule in rules if not self._stands(rule, now)]
        found = evaluate(asked, situation, self._ask)
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
            for value, reading in with_gone(found.readings[rule.id], mine).items():
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

    def _ask(self, question: Question, now: datetime) -> Result:
        self._cubes.add(cube_of(question))
        return self.ask(question, now)

    def _late(
        self, accounts: Accounts, before: Mapping[str, Any], rules: Sequence[AlertRule], situation: Situation
    ) -> _Late:
        """What was seen of the past when it was agreed with last; and what changes, once it has been gone through.

        Until then what was seen stays as it is: whoever is ended meanwhile notices the same again.
        """
        now = situation.now
        if "at" in before and now < datetime.fromisoformat(before["at"]):
            # The clock was set back: nothing is late by it.
            self._replay = None
            return _Late(seen(self._cubes, now, self.ask))
        if self._replay is None:
            if not due(before, now, _NOTICED):
                return _Late(before)
            after = seen(self._cubes, now, self.ask)
            past = tuple(rule for rule in rules if rule.terms.condition.past)
            late = changed(before, after)
            if not late or not past:
                return _Late(after)
            self._replay = Replay(past, late, after, now, self.workspace)
        replay = self._replay
        if monotonic() < self._again_at:
            return _Late(before)
        started = monotonic()
        over = replay.go_on(situation, self.ask, self.patience)
        ranges = self._ranges(accounts, replay, rules, situation) if over else ()
        self._again_at = monotonic() + self.rarely * (monotonic() - started)
        if not over:
            return _Late(before)
        self._replay = None
        return _Late(replay.seen, ranges)

    def _ranges(
        self, accounts: Accounts, replay: Replay, rules: Sequence[AlertRule], situation: Situation
    ) -> tuple[tuple[AlertRule, list[Range]], ...]:
        """How the alerts of each rule would have gone; not of those that somebody has changed meanwhile."""
        found = []
        for rule in replay.rules:
            if rule in rules:
                known = accounts.alerts.of_rule(self.workspace, rule.id)
                found.append((rule, replay.outcome(rule, known, situation, self.ask)))
        return tuple(found)

    def _mend(self, turn: Turn, rule: AlertRule, ranges: Sequence[Range], now: datetime) -> None:
        quiet = turn.silenced(now)
        for one in ranges:
            step = apart(rule)
            known = [each for each in turn.within(one.first - step, one.last + step) if each.rule == rule.id]
            for change in mended(one, known, step, now):
                self._change(turn, rule, change, quiet, now)

    def _change(
        self, turn: Turn, rule: AlertRule, change: Change, quiet: Mapping[tuple[str, str], datetime], now: datetime
    ) -> None:
        before, after = change.before, change.after
        if before is not None and before.id != after.id:
            turn.drop(before)
            before = None
        over = before is not None and before.state == "firing" and after.state == "resolved"
        linked = replace(after, link=after.link or self.link(rule, after))
        if linked.state == "firing":
            # What is said of it is said below, if it still holds.
            turn.put(linked)
        else:
            self._keep(turn, rule, before, linked, "resolved" if over else "", quiet, now)


@dataclass(frozen=True, slots=True)
class _Late:
    """What was seen of the past, and the ranges that were looked at again."""

    seen: Mapping[str, Any]
    ranges: tuple[tuple[AlertRule, list[Range]], ...] = ()


def _held(holder: str, now: datetime) -> dict[str, str]:
    """That it is this server that looks at the rules."""
    return {"holder": holder, "until": (now + _LEASE).isoformat()} if holder else {}


def _stands_by(holder: str, watched: tuple[datetime, Mapping[str, Any]] | None, now: datetime) -> bool:
    """Whether another server looks at the rules."""
    held = watched[1] if watched is not None else {}
    if not holder or held.get("holder", holder) == holder:
        return False
    # One whose clock was far ahead does not hold them for longer than its time.
    return now < datetime.fromisoformat(held["until"]) <= now + 2 * _LEASE
