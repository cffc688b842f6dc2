"""Every condition fires and is over again, on real ledgers of both engines, in process."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from tokometer.alerting import CONDITIONS, Sync
from tokometer.settings import BudgetLine, Settings
from unit.alerting.world import World, rule

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def test_a_threshold_fires_for_each_user_over_fifty_dollars_in_a_rolling_day(worlds: World) -> None:
    """Any user over $50 in a rolling day: told of that user alone, and over when the day has rolled on."""
    fifty = rule(measure="calls.cost", window="24h", each="user", value=50)
    worlds.calls(HOUR, 20, 3, user="ada")
    worlds.calls(HOUR, 20, 2, user="bob")
    worlds.turn(fifty)
    assert worlds.firing() == ["ada"]
    worlds.turn(fifty, after=DAY)
    assert worlds.firing() == []
    assert worlds.said == [("fired", "r", "ada"), ("resolved", "r", "ada")]


def test_a_threshold_on_a_judgement_fires_and_is_over(worlds: World) -> None:
    """Rules take judgements as they take measures."""
    low = rule(measure="judgement.health_score", window="15m", each="provider", op="below", value=70)
    worlds.calls(5 * MINUTE, 0.01, 40, status="server_error", latency_us=900_000)
    assert worlds.turn(low) == {}
    assert worlds.firing() == ["openai"]
    worlds.now += HOUR
    worlds.calls(5 * MINUTE, 0.01, 40, latency_us=900_000)
    worlds.turn(low)
    assert worlds.firing() == []


def test_a_change_against_the_period_before_fires_and_is_over(worlds: World) -> None:
    """Twice as much as the 24 hours before."""
    more = rule(condition="change", measure="calls.cost", window="24h", percent=80, recover=20, least=5)
    worlds.calls(30 * HOUR, 10)
    worlds.calls(HOUR, 20)
    worlds.turn(more)
    assert worlds.firing() == [""]
    worlds.turn(more, after=DAY)
    assert worlds.firing() == []


def test_an_error_budget_that_burns_fires_and_is_over(worlds: World) -> None:
    """Half of the calls fail over five minutes and an hour."""
    burning = rule(condition="burn_rate", each="provider", level="critical")
    worlds.calls(3 * MINUTE, 0.01, 30, status="server_error")
    worlds.calls(4 * MINUTE, 0.01, 30)
    worlds.turn(burning)
    assert worlds.firing() == ["openai"]
    worlds.now += 2 * HOUR
    worlds.calls(3 * MINUTE, 0.01, 30)
    worlds.turn(burning)
    assert worlds.firing() == []


def test_an_anomaly_against_the_season_fires_and_is_over(worlds: World) -> None:
    """Ten times what this hour has on other days; the next hour is as always."""
    odd = rule(condition="anomaly", measure="calls.cost", period="hour", sensitivity=4)
    for day in range(1, 15):
        worlds.calls(day * DAY + 30 * MINUTE, 1 + day % 3 * 0.1)
        worlds.calls(day * DAY - 30 * MINUTE, 1)
    worlds.calls(30 * MINUTE, 10)
    worlds.turn(odd)
    assert worlds.firing() == [""]
    worlds.now += HOUR
    worlds.calls(30 * MINUTE, 1)
    worlds.turn(odd)
    assert worlds.firing() == []


def test_no_data_fires_and_is_over(worlds: World) -> None:
    """A team that had calls and has none; those that never had any are not missed."""
    gone = rule(condition="no_data", measure="calls.cost", window="24h", each="team")
    worlds.calls(30 * HOUR, team="research")
    worlds.calls(HOUR, team="shop")
    worlds.turn(gone)
    assert worlds.firing() == ["research"]
    worlds.calls(MINUTE, team="research")
    worlds.turn(gone)
    assert worlds.firing() == []


def test_no_data_at_all_fires(worlds: World) -> None:
    """Without a dimension, the records as a whole are missed."""
    gone = rule(condition="no_data", measure="calls.cost", window="1h")
    worlds.turn(gone)
    assert worlds.firing() == [""]


def test_a_job_that_fails_fires_and_is_over(worlds: World) -> None:
    """Two runs in a row have failed, then one succeeds."""
    failing = rule(condition="job_failing", runs=2)
    worlds.job(3 * HOUR)
    worlds.job(2 * HOUR, "error", error_message="disk full")
    worlds.turn(failing)
    assert worlds.firing() == []
    worlds.job(HOUR, "error", error_message="disk full")
    worlds.turn(failing, after=6 * MINUTE)
    assert worlds.firing() == ["Nightly"]
    assert worlds.unresolved()[0].measured["words"] == "failed 2 times in a row: disk full"
    worlds.job(MINUTE)
    worlds.turn(failing, after=6 * MINUTE)
    assert worlds.firing() == []


def test_a_job_that_does_not_run_fires_and_is_over(worlds: World) -> None:
    """It was due two hours ago, and then it runs."""
    missed = rule(condition="job_missed", grace_minutes=30)
    worlds.job(26 * HOUR, next_in=DAY)
    worlds.turn(missed)
    assert worlds.firing() == ["Nightly"]
    worlds.job(MINUTE, next_in=DAY)
    worlds.turn(missed, after=6 * MINUTE)
    assert worlds.firing() == []


def test_a_job_that_its_schedule_misses_fires(world: World) -> None:
    """It runs at eleven each day; at noon an hour and a minute have passed."""
    missed = rule(condition="job_missed", grace_minutes=45)
    world.job(DAY + HOUR, schedule="0 11 * * *")
    world.job(HOUR, schedule="every 3h", job_id="other", name="Other")
    world.turn(missed)
    assert world.firing() == ["Nightly"]


def test_a_model_without_a_price_fires_and_is_over(worlds: World) -> None:
    """A call of known usage that nobody has a price for."""
    unpriced = rule(condition="unpriced_model", window="24h")
    worlds.calls(HOUR, model="a-new-one", cost_reported=None, input_tokens=10, output_tokens=5)
    worlds.turn(unpriced)
    assert worlds.firing() == ["a-new-one"]
    worlds.turn(unpriced, after=2 * DAY)
    assert worlds.firing() == []


def test_a_source_that_goes_silent_fires_and_is_over(worlds: World) -> None:
    """It had calls yesterday, and none for six hours."""
    silent = rule(condition="source_silent", window="6h")
    worlds.calls(DAY)
    worlds.turn(silent)
    assert worlds.firing() == ["own"]
    worlds.calls(MINUTE)
    worlds.turn(silent)
    assert worlds.firing() == []


def test_a_sync_that_fails_fires_and_is_over(world: World) -> None:
    """A target does not answer, and then it does; nothing of the past is known of it."""
    failing = rule(condition="sync_failing")
    world.syncs = (Sync(name="ollama", title="Ollama", failing=True, problem="connection refused"),)
    world.turn(failing)
    assert world.firing() == ["Ollama"]
    world.syncs = (Sync(name="ollama", title="Ollama", failing=False),)
    world.turn(failing)
    assert world.firing() == []


def test_every_condition_has_an_example_that_can_be_used() -> None:
    """What the reference shows is understood."""
    for name, condition in CONDITIONS.items():
        example: dict[str, Any] = {"condition": name, **condition.example}
        assert rule(**example).terms.condition is condition


def _budget(amount: int, **more: Any) -> BudgetLine:
    return BudgetLine(id=f"b{amount}", title=f"Budget {amount}", amount=Decimal(amount), **more)


def test_a_budget_that_is_used_fires_and_is_over(worlds: World) -> None:
    """Four fifths of one of two budgets are spent; with the next month it is over."""
    used = rule(condition="budget_used", percent=80)
    worlds.settings = Settings(
        own_budgets=(_budget(100, filters=(("team", ("research",)),)), _budget(1_000)),
    )
    worlds.calls(HOUR, 85, team="research")
    worlds.turn(used)
    assert worlds.firing() == ["Budget 100"]
    worlds.turn(used, after=31 * DAY)
    assert worlds.firing() == []


def test_a_budget_that_will_not_be_enough_fires_and_is_over(worlds: World) -> None:
    """Ten dollars a day are more than 200 a month; a larger budget will be enough."""
    ahead = rule(condition="budget_projected")
    worlds.settings = Settings(own_budgets=(_budget(200),))
    for day in range(1, 30):
        worlds.calls(day * DAY, 10)
    worlds.turn(ahead)
    assert worlds.firing() == ["Budget 200"]
    worlds.settings = Settings(own_budgets=(replace(_budget(200), amount=Decimal(900)),))
    worlds.turn(ahead, after=10 * MINUTE)
    assert worlds.firing() == []
