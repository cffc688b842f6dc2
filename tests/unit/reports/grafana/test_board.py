"""Dashboards as Grafana reads them: every panel, in Grafana's own form, from declarations alone."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from tokometer.dashboards import DASHBOARDS, kinds
from tokometer.dashboards.kinds import Ranking, Stat
from tokometer.dashboards.limits import error_rate_limits
from tokometer.dashboards.panel import Section
from tokometer.records.providers import PROVIDERS
from tokometer.reports.grafana.board import PACES, board_of, number_of, pace_of
from tokometer.reports.grafana.export import SUITE, files, json_text
from tokometer.reports.grafana.kinds import DRAWERS
from tokometer.reports.grafana.prometheus import board_of as prometheus_board
from tokometer.reports.grafana.sight import Sight
from tokometer.settings import Settings, Thresholds

GOLDEN: Final = Path(__file__).parent / "golden"
SIGHT: Final = Sight(providers=("anthropic", "openai"))
#: The 48 panels that the requirements name, by dashboard.
NAMED: Final = {
    "overview": "Overall Health Score|Active Requests/min|Avg Response Time|Daily Cost|Provider Health Grid|"
    "Request Volume|Error Rate Distribution|Alert List",
    "model-performance": "Top 5 Models|Models with Issues|Request Volume|Cost per Model|Latency Distribution|"
    "Success Rate vs Usage|Performance Heatmap|Model Health Gauge",
    "providers": "Health Gauge Grid|Comparison Matrix|Cost vs Reliability|Request Distribution|Cost Distribution|"
    "Latency Distribution|Cost Trend|Uptime Trend",
    "business": "Daily Revenue|Daily Cost|Profit Margin|Cost by Model|Cost Trend|Cost/Token vs Throughput|"
    "Top 5 Expensive Models|Cost Optimization Tips",
    "incidents": "Alert List|Error Rate (real-time)|SLO Compliance Gauge|Recent Errors Table|Circuit Breaker Status|"
    "Availability Heatmap|Request Success Rate|Application Logs",
    "tokens": "Total Tokens (24h)|Tokens/Second|Cost per 1M Tokens|Tokens by Model|Input:Output Ratio|Efficiency Gauge|"
    "Tokens/Sec Trend|Cost/Token Trend",
}


def _panel(board: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in board["panels"] if one["id"] == number_of(name))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboard_is_as_it_was_looked_at(name: str) -> None:
    """A dashboard is the file that somebody has read; `make docs` writes it anew."""
    golden = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    assert json_text(board_of(DASHBOARDS[name], SIGHT)) == golden


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboard_has_the_form_of_grafana(name: str) -> None:
    """Grafana's own types read the whole of a dashboard: nothing in it is unknown to them, or missing."""
    register_default_plugins()
    made = board_of(DASHBOARDS[name], Sight())
    read = json.loads(json.dumps(Dashboard.from_json(made), cls=JSONEncoder))
    assert read == made
    assert made["schemaVersion"] == 42
    assert made["uid"] == f"tokometer-{name}"
    assert len(made["uid"]) <= 40


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboard_for_prometheus_has_the_form_of_grafana(name: str) -> None:
    """The same of those that ask Prometheus; every panel is in them, or told of as left out."""
    register_default_plugins()
    made, left_out = prometheus_board(DASHBOARDS[name], Sight())
    read = json.loads(json.dumps(Dashboard.from_json(made), cls=JSONEncoder))
    assert read == made
    # Of Decisions Prometheus can tell nothing.
    panels = made.get("panels", [])
    assert len(panels) + len(left_out) == len(DASHBOARDS[name].panels)
    assert all(target["expr"] for panel in panels for target in panel["targets"])


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_have_places_and_numbers_of_their_own(name: str) -> None:
    """No two panels overlap or share a number, and none is beyond Grafana's 24 columns."""
    board = board_of(DASHBOARDS[name], SIGHT)
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    assert all(0 < one < 1 << 31 for one in ids)
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 and place["h"] > 0 for place in places)
    for one, other in combinations(places, 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert apart or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


@pytest.mark.parametrize("name", SUITE)
def test_suite_has_every_panel_that_is_named(name: str) -> None:
    """Each of the 48 panels of the six dashboards is there, under its name."""
    titles = {panel["title"] for panel in board_of(DASHBOARDS[name], SIGHT)["panels"]}
    named = NAMED[name].split("|")
    assert len(named) == 8
    assert not set(named) - titles


def test_every_kind_has_a_function() -> None:
    """What a board can list can be drawn."""
    found = {getattr(kinds, name).kind for name in kinds.__all__ if hasattr(getattr(kinds, name), "kind")}
    assert found == set(DRAWERS)


def test_a_new_panel_is_in_the_export_by_its_declaration() -> None:
    """A value in a board's list is all: title, unit, thresholds, words, links and the question come from it."""
    stat = Stat(
        id="overview.added",
        title="Timeouts",
        of="calls.error_rate",
        limits=error_rate_limits,
        every=5,
        how="How many calls failed.",
    )
    ranking = Ranking(id="overview.ranked", title="By team ({range})", by="team", of="calls.cost", how="Who paid what.")
    board = DASHBOARDS["overview"]
    settings = Settings(thresholds=Thresholds(error_rate_warning=0.03, error_rate_critical=0.07))
    made = board_of(
        replace(board, sections=(*board.sections, Section((stat, ranking), title="Added"))), Sight(settings)
    )
    added, ranked = _panel(made, "overview.added"), _panel(made, "overview.ranked")
    assert (added["type"], added["title"]) == ("stat", "Timeouts")
    assert added["description"].startswith("How many calls failed.")
    assert added["fieldConfig"]["defaults"]["unit"] == "percentunit"
    assert [one["value"] for one in added["fieldConfig"]["defaults"]["thresholds"]["steps"]] == [None, 0.03, 0.07]
    assert added["targets"][0]["url"].startswith("/api/grafana/panels/overview.added?from=${__from}")
    assert added["targets"][0]["columns"] == [{"selector": "calls_error_rate", "text": "Error rate", "type": "number"}]
    assert made["refresh"] == "5s"
    assert (ranked["type"], ranked["title"]) == ("bargauge", "By team")
    assert "var-team=${__data.fields[" in json.dumps(ranked)
    assert any(panel["type"] == "row" and panel["title"] == "Added" for panel in made["panels"])


def test_a_kind_without_a_function_leads_to_our_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody has said how to draw has its place, with a link instead of nothing."""
    monkeypatch.delitem(DRAWERS, "matrix")
    panel = _panel(board_of(DASHBOARDS["providers"], SIGHT), "providers.matrix")
    assert panel["type"] == "text"
    assert "/api/grafana/open/providers.matrix?" in panel["options"]["content"]


def test_links_pass_on_the_window_and_the_filters() -> None:
    """Whatever leads elsewhere takes time range, provider and model with it, and leads to a dashboard that there is."""
    uids = {f"tokometer-{name}" for name in DASHBOARDS}
    for board in (board_of(board, SIGHT) for board in DASHBOARDS.values()):
        assert any(link["type"] == "dashboards" and link["includeVars"] and link["keepTime"] for link in board["links"])
        urls = [link["url"] for panel in board["panels"] for link in panel.get("links", ())]
        for panel in board["panels"]:
            for override in panel.get("fieldConfig", {}).get("overrides", ()):
                urls += [link["url"] for one in override["properties"] if one["id"] == "links" for link in one["value"]]
        assert urls
        for url in urls:
            assert "provider" in url, url
            assert "model" in url, url
            assert "${__from}" in url or "${__url_time_range}" in url, url
            if url.startswith("/d/"):
                assert url.removeprefix("/d/").partition("?")[0] in uids, url


def test_providers_have_the_colours_of_our_pages() -> None:
    """A provider's name and colour are those that it has everywhere."""
    text = json.dumps(board_of(DASHBOARDS["providers"], Sight()))
    assert PROVIDERS["anthropic"].colour in text
    assert PROVIDERS["openai"].name in text


@pytest.mark.parametrize(
    ("seconds", "pace"), [([1, 600], "5s"), ([5], "5s"), ([29, 60], "15s"), ([60], "1m"), ([299], "1m"), ([900], "5m")]
)
def test_a_dashboard_has_the_pace_of_its_fastest_panel(seconds: list[float], pace: str) -> None:
    """Between 5 s and 5 min, in steps that Grafana offers."""
    assert pace_of(seconds) == pace
    assert pace in PACES.values()


def test_export_is_whole() -> None:
    """Dashboards, data sources, their provisioning and a guide that explains each panel."""
    found = files(Sight(url="https://tokometer.example:7420"))
    assert sum(name.endswith(".json") for name in found) == len(DASHBOARDS)
    sources = yaml.safe_load(found["provisioning/datasources/tokometer.yaml"])["datasources"]
    assert [(one["type"], one["url"]) for one in sources] == [
        ("yesoreyeram-infinity-datasource", "https://tokometer.example:7420"),
        ("marcusolsson-json-datasource", "https://tokometer.example:7420/api/grafana"),
    ]
    assert sources[0]["jsonData"]["allowedHosts"] == ["https://tokometer.example:7420"]
    (provider,) = yaml.safe_load(found["provisioning/dashboards/tokometer.yaml"])["providers"]
    assert provider["options"]["foldersFromFilesStructure"]
    for board in DASHBOARDS.values():
        assert f"## {board.title}" in found["GUIDE.md"]
        assert all(panel.how in found["GUIDE.md"] for panel in board.panels)
