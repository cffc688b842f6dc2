"""What comes late: afterwards the alerts are those that there would have been, and say what changed them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generators.examples import examples
from tokometer.accounts import Alert
from tokometer.accounts.accounts import Accounts
from tokometer.alerting import AlertRule
from tokometer.alerting.again import apart, ranges
from tokometer.alerting.late import Stretch
from tokometer.ledger import Ledger
from tokometer.records import JobRun, ModelCall, Record, Sample, to_us
from unit.alerting.world import NOON, World, rule

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)
_NUMBERS = count()
FIFTY = rule(measure="calls.cost", window="1h", value=50, recover=20)
FAILING = rule("job", condition="job_failing", runs=2)
HOT = rule("hot", measure="samples.max", window="1h", value=90, where=["samples.metric = gpu.temperature"])


def degrees(world: World, at: datetime, value: float, name: str = "") -> Sample:
    """A temperature that was read."""
    return Sample(
        source="own",
        native_id=name or f"s{next(_NUMBERS)}",
        started_at=to_us(at),
        metric="gpu.temperature",
        value=value,
        workspace=world.workspace,
    )


def test_jobs_that_are_told_late_fire_late(worlds: World) -> None:
    """Two runs failed hours ago, which is known only now; what is over by now wakes nobody."""
    world = worlds
    world.job(HOUR)
    world.turn(FAILING)
    world.turn(FAILING, after=6 * HOUR)
    world.job(5 * HOUR, "error")
    world.job(4 * HOUR, "error")
    world.job(MINUTE)
    world.turn(FAILING, after=10 * MINUTE)
    [alert] = world.history()
    assert (alert.state, alert.value) == ("resolved", "Nightly")
    assert "Found late" in alert.note
    assert world.said == []


def test_a_late_alert_that_still_holds_is_said(world: World) -> None:
    """It began hours ago, as the records say, and whoever is to know is told now."""
    world.job(HOUR)
    world.turn(FAILING)
    world.turn(FAILING, after=6 * HOUR)
    world.job(5 * HOUR, "error")
    world.job(4 * HOUR, "error")
    world.turn(FAILING, after=10 * MINUTE)
    [alert] = world.history()
    assert alert.state == "firing"
    assert NOON + 2 * HOUR <= alert.since <= NOON + 3 * HOUR
    assert "Found late" in alert.note
    assert world.said == [("fired", "job", "Nightly")]


def test_samples_that_come_late_fire_late(worlds: World) -> None:
    """A machine was too hot while nobody heard of it."""
    world = worlds
    world.keep(degrees(world, world.now, 40))
    world.turn(HOT)
    world.turn(HOT, after=6 * HOUR)
    world.keep(degrees(world, world.now - 3 * HOUR, 95))
    world.turn(HOT, after=10 * MINUTE)
    [alert] = world.history()
    assert alert.state == "resolved"
    assert alert.measured["worst"] == 95
    assert "Found late" in alert.note


def test_an_alert_that_would_not_have_fired_is_over_and_says_so(world: World) -> None:
    """Two failed runs in a row were none: between them was one that succeeded, which came late."""
    world.job(3 * HOUR, "error")
    world.job(HOUR, "error")
    world.turn(FAILING)
    assert world.firing() == ["Nightly"]
    world.turn(FAILING, after=6 * MINUTE)
    world.job(2 * HOUR)
    world.turn(FAILING, after=6 * MINUTE)
    assert world.firing() == []
    assert "did not hold" in world.history()[0].note
    # It is in the list, and no mark on charts, nor in digests.
    assert world.history()[0].denied
    assert world.accounts.alerts.within(world.workspace, NOON - HOUR, NOON + HOUR) == []
    assert [event for event, _, _ in world.said] == ["fired", "resolved"]


def test_an_alert_that_began_earlier_says_so(world: World) -> None:
    """It goes on as the same, and nobody is told again."""
    world.turn(FIFTY)
    world.turn(FIFTY, after=2 * HOUR)
    world.calls(MINUTE, 60)
    world.turn(FIFTY)
    before = world.history()[0]
    world.turn(FIFTY, after=10 * MINUTE)
    world.calls(65 * MINUTE, 60)
    world.turn(FIFTY, after=10 * MINUTE)
    [alert] = world.history()
    assert alert.id == before.id
    assert alert.since <= before.since - 30 * MINUTE
    assert "came late" in alert.note
    assert world.said == [("fired", "r", "")]


def test_whoever_heard_that_it_is_over_hears_that_it_is_not(world: World) -> None:
    """What came late shows that it held all the time."""
    slow = rule(measure="calls.cost", window="1h", value=50, recover=20)
    world.calls(MINUTE, 60)
    world.turn(slow)
    world.turn(slow, after=2 * HOUR)
    assert [event for event, _, _ in world.said] == ["fired", "resolved"]
    world.calls(70 * MINUTE, 30)
    world.calls(30 * MINUTE, 30)
    world.turn(slow, after=10 * MINUTE)
    [alert] = world.history()
    assert alert.state == "firing"
    assert alert.since <= NOON + QUARTER
    assert [event for event, _, _ in world.said] == ["fired", "resolved", "fired"]


def test_records_that_come_again_change_nothing(world: World) -> None:
    """Nothing of the past is looked at again, and no alert says anything."""
    failed = JobRun(source="own", native_id="again", started_at=to_us(world.now), job_id="n", name="N", status="error")
    world.keep(failed)
    once = rule("job", condition="job_failing", runs=1)
    world.turn(once)
    world.turn(once, after=2 * HOUR)
    before = world.history()
    world.keep(failed)
    world.turn(once, after=10 * MINUTE)
    assert world.history() == before


def test_what_came_while_the_server_was_down_is_looked_at(world: World) -> None:
    """Hours that no rule has been looked at in are as good as evaluated: nobody was told of them either."""
    world.job(HOUR)
    world.turn(FAILING)
    world.now += 10 * HOUR
    world.job(6 * HOUR, "error")
    world.job(5 * HOUR, "error")
    world.job(4 * HOUR)
    world.turn(FAILING)
    [alert] = world.history()
    assert alert.fired is not None
    assert NOON + 5 * HOUR <= alert.fired <= NOON + 6 * HOUR


def test_a_rule_looks_again_for_as_long_as_its_window_reaches() -> None:
    """From the time for which it has to hold before the first record to its window after the last, evenly."""
    now = NOON + 40 * timedelta(days=1)
    late = [Stretch(NOON, NOON + HOUR)]
    hourly = rule(measure="calls.cost", window="1h", value=1, for_minutes=30)
    [moments] = ranges(hourly, late, now)
    assert (moments[0], moments[-1]) == (NOON - 30 * MINUTE, NOON + 2 * HOUR + QUARTER)
    [moments] = ranges(rule(measure="calls.cost", window="31d", value=1), late, now)
    assert moments[-1] - moments[0] >= timedelta(days=31)
    assert len(moments) < 700
    assert apart(hourly) == QUARTER


RULES = [
    rule("all", measure="calls.cost", window="1h", value=60, recover=30),
    rule("user", measure="calls.cost", window="30m", value=40, each="user"),
    rule("slow", measure="calls.cost", window="1h", value=50, for_minutes=30),
    rule("quiet", condition="no_data", measure="calls.requests", window="1h"),
    FAILING,
    HOT,
]
SPAN = 6
#: What happens in which quarter of an hour, of what size, and how many quarters later it is told.
TOLD = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bob", "ok", "error", "degrees"]),
        st.integers(0, SPAN - 1),
        st.integers(10, 100),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=6,
)


def _record(world: World, number: int, what: str, quarter: int, size: int) -> Record:
    at = NOON + quarter * QUARTER + timedelta(minutes=1, seconds=number)
    fields: dict[str, Any] = {"source": "own", "native_id": f"n{number}", "started_at": to_us(at)}
    if what == "degrees":
        return degrees(world, at, size, f"n{number}")
    if what in ("ok", "error"):
        return JobRun(job_id="nightly", name="Nightly", status=what, **fields)
    return ModelCall(provider="openai", model="gpt-5", user=what, cost_reported=size * 10**9, **fields)


def _lived(world: World, rules: list[AlertRule], told: list[tuple[str, int, int, int]], *, late: bool) -> list[Any]:
    """The alerts of records that come in their order, or as they are told, some of them twice."""
    for turn in range(SPAN + 9):
        for number, (what, quarter, size, delay) in enumerate(told):
            comes = quarter + 1 + (delay if late else 0)
            if turn == comes or (late and turn == comes + 3):
                world.keep(_record(world, number, what, quarter, size))
        world.now = NOON + turn * QUARTER
        world.turn(*rules, after=timedelta(0))
    return sorted(map(_shown, (one for one in world.history() if "did not hold" not in one.note)))


def _shown(one: Alert) -> tuple[Any, ...]:
    never = datetime.max.replace(tzinfo=UTC)
    return one.rule, one.value, one.since, one.fired or never, one.resolved or never, one.state


@settings(max_examples=examples(3))
@given(told=TOLD)
def test_in_the_end_the_alerts_are_those_of_records_in_order(
    ledgers: dict[str, Ledger], accounts: Accounts, told: list[tuple[str, int, int, int]]
) -> None:
    """Late, reordered or told twice: the list differs in its notes only, and in what they say that did not hold."""
    ordered, late = (World(ledgers["duckdb"], accounts, f"late{next(_NUMBERS)}") for _ in range(2))
    assert _lived(late, RULES, told, late=True) == _lived(ordered, RULES, told, late=False)
    assert not any(one.note for one in ordered.history())
