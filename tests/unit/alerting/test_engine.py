"""What becomes of alerts over time: for how long, how often, in which order, and what comes late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokometer.accounts import Invalid
from tokometer.accounts.accounts import Accounts
from tokometer.alerting import Situation
from tokometer.alerting.answering import acknowledge, resolve, silence
from tokometer.ledger import Ledger
from unit.alerting.world import NOON, World, rule

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
_NUMBERS = count()
FIFTY = rule(measure="calls.cost", window="1h", value=50, recover=20)


def test_it_waits_for_as_long_as_the_rule_wants(world: World) -> None:
    """Ten minutes have to pass; one that is over before them never was."""
    slow = rule(measure="calls.cost", window="1h", value=50, for_minutes=10)
    world.calls(MINUTE, 60)
    world.turn(slow)
    assert [one.state for one in world.unresolved()] == ["pending"]
    world.turn(slow, after=5 * MINUTE)
    assert world.said == []
    world.turn(slow, after=5 * MINUTE)
    assert world.firing() == [""]
    assert world.history()[0].fired == world.history()[0].since + 10 * MINUTE


def test_one_that_does_not_last_never_was(world: World) -> None:
    """It is over before the rule's time has passed."""
    slow = rule(measure="calls.cost", window="15m", value=50, for_minutes=30)
    world.calls(MINUTE, 60)
    world.turn(slow)
    world.turn(slow, after=HOUR)
    assert (world.unresolved(), world.history(), world.said) == ([], [], [])


def test_between_its_two_bounds_it_goes_on_and_does_not_begin(world: World) -> None:
    """Above 50 it begins, at 20 it is over; 30 changes nothing, either way."""
    world.calls(MINUTE, 30)
    world.turn(FIFTY)
    assert world.unresolved() == []
    world.calls(MINUTE, 30)
    world.turn(FIFTY)
    assert world.firing() == [""]
    world.turn(FIFTY, after=45 * MINUTE)
    assert world.firing() == [""]
    world.turn(FIFTY, after=2 * HOUR)
    assert [event for event, _, _ in world.said] == ["fired", "resolved"]


def test_it_is_said_once_however_often_it_is_looked_at(world: World) -> None:
    """One alert of one value, and one announcement, for as long as it holds."""
    world.calls(MINUTE, 60)
    for _ in range(5):
        world.turn(FIFTY)
    assert len(world.history()) == 1
    assert world.said == [("fired", "r", "")]
    assert world.history()[0].link == "/x?"


def test_silence_says_nothing_and_keeps_the_history(world: World) -> None:
    """A silenced rule fires unheard; once the silence is over, what still fires is said."""
    until = world.now + 30 * MINUTE
    quiet = replace(FIFTY, silenced_until=until)
    world.calls(MINUTE, 60)
    world.turn(quiet)
    assert (world.firing(), world.said) == ([""], [])
    world.turn(quiet, after=40 * MINUTE)
    assert world.said == [("fired", "r", "")]


def test_an_alert_that_is_silenced_stays_so_for_its_value(world: World) -> None:
    """The next one of the same rule and value is not said either, while others are."""
    each = rule(measure="calls.cost", window="1h", value=50, each="user")
    world.calls(MINUTE, 60, user="ada")
    world.turn(each)
    [alert] = world.unresolved()
    silence(world.accounts, world.workspace, alert.id, "me", world.now + 6 * HOUR, world.now)
    world.turn(each, after=2 * HOUR)
    world.calls(MINUTE, 60, user="ada")
    world.calls(MINUTE, 60, user="bob")
    world.turn(each)
    assert world.said == [("fired", "r", "ada"), ("fired", "r", "bob")]
    assert len(world.history()) == 3


def test_what_is_acknowledged_goes_on_and_says_who(world: World) -> None:
    """Once; it is announced within the same change."""
    world.calls(MINUTE, 60)
    world.turn(FIFTY)
    [alert] = world.unresolved()
    acknowledge(world.accounts, world.workspace, alert.id, "Ada", world.now, world._announce)
    assert world.unresolved()[0].acknowledged_by == "Ada"
    assert world.said[-1][0] == "acknowledged"
    with pytest.raises(Invalid):
        acknowledge(world.accounts, world.workspace, alert.id, "Bob", world.now)


def test_what_is_resolved_by_hand_does_not_come_back_while_it_holds(world: World) -> None:
    """The next one needs the condition to have been over."""
    world.calls(MINUTE, 60)
    world.turn(FIFTY)
    resolve(world.accounts, world.workspace, world.unresolved()[0].id, "me", world.now, world._announce)
    world.turn(FIFTY)
    assert world.said == [("fired", "r", ""), ("resolved", "r", "")]
    world.turn(FIFTY, after=2 * HOUR)
    assert world.unresolved() == []
    world.calls(MINUTE, 60)
    world.turn(FIFTY)
    assert len(world.history()) == 2
    assert len(world.said) == 3


def test_a_rule_that_is_gone_leaves_no_alert(world: World) -> None:
    """Its alerts are over, and say why."""
    world.calls(MINUTE, 60)
    world.turn(FIFTY)
    world.turn()
    assert world.unresolved() == []
    assert "removed" in world.history()[0].note


def test_a_rule_that_cannot_be_looked_at_hinders_no_other(world: World) -> None:
    """Its trouble is told, and its alerts stay as they are."""
    bad = rule("bad", measure="calls.p95_latency", where=["calls.label.gone = x"], window="400d", value=1)
    world.engine.ask = lambda question, now: (
        (_ for _ in ()).throw(ValueError("no such thing")) if "label" in str(question) else world.ask(question, now)
    )
    world.calls(MINUTE, 60)
    assert world.turn(bad, FIFTY) == {"bad": "no such thing"}
    assert world.firing() == [""]


def test_a_clock_that_is_set_back_neither_loses_nor_repeats(world: World) -> None:
    """A day ahead by mistake, then right again: what holds goes on, and is not said twice."""
    each = rule(measure="calls.cost", window="48h", value=50)
    world.calls(MINUTE, 60)
    world.turn(each, after=24 * HOUR)
    world.turn(each, after=-24 * HOUR, back=True)
    assert world.firing() == [""]
    assert world.said == [("fired", "r", "")]
    world.turn(each, after=72 * HOUR)
    [alert] = world.history()
    assert alert.resolved is not None
    assert alert.fired is not None
    assert alert.resolved >= alert.fired >= alert.since


def test_a_moment_that_was_looked_at_already_changes_nothing(world: World) -> None:
    """Nor does an earlier one."""
    world.calls(MINUTE, 60)
    world.turn(FIFTY)
    before = world.history()
    world.calls(MINUTE, 60, user="late")
    world.turn(FIFTY, after=timedelta(0))
    world.turn(FIFTY, after=-HOUR)
    assert world.history() == before


def test_records_that_come_late_are_looked_at_and_say_so(worlds: World) -> None:
    """Three hours ago more than $50 an hour were spent, which is known only now."""
    worlds.turn(FIFTY)
    worlds.turn(FIFTY, after=6 * HOUR)
    worlds.calls(3 * HOUR, 60)
    worlds.turn(FIFTY, after=10 * MINUTE)
    [alert] = worlds.history()
    assert alert.state == "resolved"
    assert alert.fired is not None
    assert NOON + 3 * HOUR <= alert.fired <= NOON + 4 * HOUR
    assert "Found late" in alert.note
    assert worlds.said == []
    worlds.turn(FIFTY, after=10 * MINUTE)
    assert len(worlds.history()) == 1


def test_what_turns_out_not_to_have_held_says_so(world: World) -> None:
    """Nothing had come for an hour; what was missing came after it was over."""
    gone = rule(condition="no_data", measure="calls.requests", window="1h")
    world.calls(3 * HOUR)
    world.turn(gone)
    assert world.firing() == [""]
    world.turn(gone, after=2 * HOUR)
    world.calls(MINUTE)
    world.turn(gone)
    assert world.firing() == []
    world.turn(gone, after=3 * HOUR)
    for minutes in range(170, 420, 10):
        world.calls(minutes * MINUTE)
    world.turn(gone, after=10 * MINUTE)
    assert any("did not hold" in one.note for one in world.history())


SPENT = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["ada", "bob"]), st.integers(10, 80)), max_size=8)


@settings(max_examples=5)
@given(spent=SPENT, order=st.randoms(use_true_random=False), again=st.lists(st.integers(0, 9), max_size=4))
def test_order_and_repetition_do_not_move_the_history(
    ledgers: dict[str, Ledger], accounts: Accounts, spent: list[tuple[int, str, int]], order: object, again: list[int]
) -> None:
    """Records in any order, rules in any order, moments again: the same alerts, said as often."""
    rules = [
        rule("all", measure="calls.cost", window="1h", value=60, recover=30),
        rule("user", measure="calls.cost", window="1h", value=40, each="user"),
        rule("slow", measure="calls.cost", window="1h", value=50, for_minutes=30),
    ]
    told = []
    for shuffled in (False, True):
        world = World(ledgers["duckdb"], accounts, f"p{next(_NUMBERS)}")
        mine, listed = list(spent), list(rules)
        if shuffled:
            order.shuffle(mine)  # type: ignore[attr-defined]
            order.shuffle(listed)  # type: ignore[attr-defined]
        for quarter, user, cost in mine:
            world.calls(-quarter * 15 * MINUTE, cost, user=user)
        for quarter in range(12):
            moments = [quarter, *(one for one in again if shuffled and one <= quarter)]
            for moment in moments:
                now = NOON + moment * 15 * MINUTE
                world.engine.turn(world.accounts, listed, Situation(now=now))
        told.append(
            (
                sorted((one.rule, one.value, one.since, one.fired, one.resolved, one.state) for one in world.history()),
                sorted(world.said),
            )
        )
    assert told[0] == told[1]
