"""From a number to its records: the query is the one whose answer the number is."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from tokometer.charts.colours import Colours
from tokometer.dashboards import DASHBOARDS, Context
from tokometer.dashboards.drill import Condition, Drill, counted
from tokometer.dashboards.scope import parse_scope
from tokometer.measures import CUBES, Filter, Query

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


def context(**given: list[str]) -> Context:
    """What a viewer with these parameters looks at."""
    scope = parse_scope({"tz": ["Europe/Berlin"], **given}, ("model", "label.team"), NOW)
    return Context(scope, lambda _: pytest.fail("nothing is asked"), Colours())


def drill(*names: str, window: str = "", where: tuple[Filter, ...] = (), **given: list[str]) -> Drill:
    """Of a panel of these names."""
    looked = context(**given)
    return Drill.of(looked, looked.window(window), names, where)


def query_of(address: str) -> Query:
    """The query that an address of the explorer asks."""
    parts = urlsplit(address)
    assert parts.path == "/explore"
    return Query.from_params(parse_qsl(parts.query))


def test_a_number_leads_to_its_own_query() -> None:
    """Measure, window, zone, the viewer's filters and what the number is about are those of the question."""
    found = drill("calls.cost", model=["a", "b"]).query("calls.cost", [Condition("provider", ("openai",))])
    assert found == Query(
        measures=("calls.cost",),
        where=(Filter("calls.model", "in", ("a", "b")), Filter("calls.provider", "in", ("openai",))),
        since="7d",
        tz="Europe/Berlin",
    )


def test_an_address_keeps_every_name() -> None:
    """Names with commas, quotes, spaces at their ends and nothing at all come back from the address as they were."""
    names = (" a, b ", 'say "no"', "", "ü&=+", "[1]")
    for name in names:
        told = drill("calls.cost").address("calls.cost", [Condition("model", (name,))])
        assert query_of(told).where == (Filter("calls.model", "in", (name,)),)
    others = drill("calls.cost").address("calls.cost", [Condition("label.team a", names, "not in")])
    assert query_of(others).where == (Filter("calls.label.team a", "not in", names),)


def test_a_period_of_its_own_is_the_number_s() -> None:
    """A window of its own, and the two ends of a period, stand instead of the panel's."""
    panel = drill("calls.cost", window="24h")
    assert query_of(panel.address("calls.cost")).since == "24h"
    assert query_of(panel.address("calls.cost", within="month")).since == "month"
    found = query_of(panel.address("calls.cost", within="2026-03-04T01:00:00+01:00|2026-03-04T02:00:00+01:00"))
    assert (found.since, found.until) == ("2026-03-04T01:00:00+01:00", "2026-03-04T02:00:00+01:00")


def test_each_cube_has_its_own_filters() -> None:
    """Filters that a cube has no dimension for are not asked of it; conditions of the panel are its cube's."""
    only = (Filter("tools.status", "in", ("error",)),)
    panel = drill("tools.calls", "calls.cost", where=only, model=["a"])
    tools, calls = panel.query("tools.calls"), panel.query("calls.cost")
    assert tools is not None
    assert calls is not None
    assert tools.where == only
    assert calls.where == (Filter("calls.model", "in", ("a",)),)


@pytest.mark.parametrize(
    ("of", "measure", "since"),
    [
        ("judgement.health_score", "calls.requests", "15m"),
        ("judgement.health_score.p95_latency", "calls.p95_latency", "15m"),
        ("judgement.profit.revenue", "calls.revenue", ""),
        ("judgement.burn_rate.burn_1h", "calls.errors", "1h"),
        ("judgement.cron.failed", "jobs.failed", ""),
        ("judgement.cost_per_task.cost", "calls.cost", ""),
        ("calls.cost.share", "calls.cost", ""),
    ],
)
def test_judgements_lead_to_what_they_judge(of: str, measure: str, since: str) -> None:
    """A judgement leads to the records that it judges, a fact that is a measure to the measure's, in its window."""
    assert counted(of) == (measure, since)


def test_every_name_of_every_panel_leads_somewhere() -> None:
    """There is no measure and no judgement on a page whose records nobody could name."""
    names = {name for one in DASHBOARDS.values() for panel in one.panels for name in panel.measures}
    for name in names:
        found = counted(name)
        assert found, name
        cube, _, short = found.measure.partition(".")
        assert short in CUBES[cube].measures, name


def test_the_browser_is_told_the_same() -> None:
    """What is told once for all numbers of a panel has the filters as the address has them."""
    told = drill("calls.cost", model=["a, b"]).told()
    assert told == {
        "to": "/explore",
        "since": "7d",
        "until": "",
        "tz": "Europe/Berlin",
        "of": "calls.cost",
        "where": {"calls": ['calls.model in ["a, b"]']},
    }
