"""Looking at the past again after records came late: at which moments, and how alerts would have gone.

A rule looks again from the first late record, less the time for which it has to hold, until its window has left the
last one behind; and on from there for as long as its alerts go another way than they did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final

from tokometer.accounts import Alert
from tokometer.alerting.condition import Reading
from tokometer.alerting.evaluating import AskAsOf, evaluate
from tokometer.alerting.late import Stretch
from tokometer.alerting.past import QUARTER, Course, length_of
from tokometer.alerting.rule import AlertRule
from tokometer.alerting.situation import Situation

#: Moments of one window, and of the time for which a rule has to hold; of longer ones they are further apart.
_FINE: Final = 672
#: Moments at which a rule is looked at beyond its window, until its alerts go as they did.
_BEYOND: Final = 200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def apart(rule: AlertRule) -> timedelta:
    """How far apart the moments are at which a rule looks again: a quarter of an hour, more for windows over a week."""
    longest = max(length_of(rule.terms.window), rule.terms.hold)
    return QUARTER * max(1, -(-longest // (QUARTER * _FINE)))


def ranges(rule: AlertRule, late: Iterable[Stretch], now: datetime) -> list[list[datetime]]:
    """The moments at which a rule looks again, in ranges that no late record lies between."""
    step, reach = apart(rule), length_of(rule.terms.window)
    found: set[int] = set()
    for one in late:
        first = (one.begin - rule.terms.hold - _EPOCH) // step
        last = (min(now, one.end + reach + step) - _EPOCH) // step
        found.update(range(first, last + 1))
    moments: list[list[datetime]] = []
    for number in sorted(found):
        if number - 1 in found and moments:
            moments[-1].append(_EPOCH + step * number)
        else:
            moments.append([_EPOCH + step * number])
    return moments


@dataclass(frozen=True, slots=True)
class Range:
    """How the alerts of a rule would have gone in a range of moments, as is known now."""

    first: datetime
    #: The last moment: from it on they go as they did, or it is the latest that there is.
    last: datetime
    #: Whether it is the latest that there is.
    to_now: bool
    #: Those that would have fired, or wait at the latest moment, by value and the earliest first.
    #: One that was there before the range has its id.
    episodes: Mapping[str, Sequence[Alert]]


@dataclass(slots=True)
class Replay:
    """Late records that are being gone through, some moments a turn."""

    rules: tuple[AlertRule, ...]
    late: Sequence[Stretch]
    #: What there was when they were noticed.
    seen: Mapping[str, Any]
    #: The moment of that.
    now: datetime
    workspace: str = "default"
    _left: list[tuple[datetime, list[AlertRule]]] = field(default_factory=list)
    _said: dict[str, dict[datetime, Mapping[str, Reading]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        moments: dict[datetime, list[AlertRule]] = {}
        for rule in self.rules:
            self._said[rule.id] = {}
            for moment in (one for many in ranges(rule, self.late, self.now) for one in many):
                moments.setdefault(moment, []).append(rule)
        self._left = sorted(moments.items(), key=lambda one: one[0], reverse=True)

    def go_on(self, situation: Situation, ask: AskAsOf, patience: float) -> bool:
        """Look at the next moments, for some seconds; True where all have been looked at."""
        until = monotonic() + patience
        while self._left and monotonic() < until:
            moment, rules = self._left.pop()
            self._look(rules, moment, situation, ask)
        return not self._left

    def _look(self, rules: Iterable[AlertRule], moment: datetime, situation: Situation, ask: AskAsOf) -> None:
        found = evaluate(rules, replace(situation, now=moment), ask)
        for id_, readings in found.readings.items():
            # Of what is over nothing has to be remembered: so is what there is no reading of.
            self._said[id_][moment] = {value: one for value, one in readings.items() if one.holds or not one.over}

    def outcome(self, rule: AlertRule, known: Sequence[Alert], situation: Situation, ask: AskAsOf) -> list[Range]:
        """How the rule's alerts would have gone, having been told of those that it had (`known`)."""
        found: list[Range] = []
        for moments in ranges(rule, self.late, self.now):
            if found and found[-1].last >= moments[-1]:
                continue
            begin = moments[0]
            fired = [one for one in known if one.fired is not None and not one.denied]
            going = [one for one in fired if one.since < begin and (one.resolved is None or one.resolved >= begin)]
            course = Course(rule, self.workspace, {one.value: _as_it_was(one, begin) for one in going})
            for moment in moments:
                self._step(course, moment)
            last = self._beyond(course, moments[-1], fired, situation, ask)
            to_now = last + apart(rule) > self.now
            found.append(Range(begin, last, to_now, course.fired(waiting=to_now)))
        return found

    def _beyond(
        self, course: Course, last: datetime, known: Sequence[Alert], situation: Situation, ask: AskAsOf
    ) -> datetime:
        """Go on from a moment until alerts go as they did; the moment at which they do, or the latest."""
        step = apart(course.rule)
        for _ in range(_BEYOND):
            if last + step > self.now or set(course.open) == {one.value for one in known if _fires(one, last)}:
                break
            last += step
            if last not in self._said[course.rule.id]:
                self._look((course.rule,), last, situation, ask)
            self._step(course, last)
        return last

    def _step(self, course: Course, moment: datetime) -> None:
        readings = self._said[course.rule.id].get(moment)
        if readings is not None:
            course.go_on(moment, readings)


def _fires(one: Alert, at: datetime) -> bool:
    return one.fired is not None and one.fired <= at and (one.resolved is None or one.resolved > at)


def _as_it_was(one: Alert, at: datetime) -> Alert:
    """An alert as it was at a moment, when it was not over."""
    fired = one.fired if one.fired is not None and one.fired <= at else None
    return replace(one, state="firing" if fired is not None else "pending", fired=fired, resolved=None)
