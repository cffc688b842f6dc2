"""Tests of the panels, the query endpoints and the analytics endpoint, over HTTP."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from servers.whole import Running
from tokometer.dashboards import DASHBOARDS

_PANELS = [panel.id for dashboard in DASHBOARDS.values() for panel in dashboard.panels]


def test_declared(server: Running) -> None:
    """Every panel is declared with where its data is."""
    dashboards = server.get("/api/dashboards").json()["dashboards"]
    declared = [panel for dashboard in dashboards for panel in dashboard["panels"]]
    assert [panel["id"] for panel in declared] == _PANELS
    assert all(panel["how"] for panel in declared)
    assert not [panel["title"] for panel in declared if "{" in panel["title"]]
    assert all(server.get(dashboard["url"]).status == 200 for dashboard in dashboards)


@pytest.mark.parametrize("panel", _PANELS)
def test_panel(server: Running, panel: str) -> None:
    """A panel has rows, a fragment without styles or scripts of its own, CSV and an explanation."""
    reply = server.get(f"/api/panels/{panel}?tz=Asia/Kolkata&range=30d")
    found = reply.json()
    if panel in ("decisions.hardware", "decisions.units") and not found["rows"]:
        pytest.skip("nobody has entered a machine or a series here")
    assert found["rows"]
    assert "<script" not in found["html"]
    assert "style=" not in found["html"]
    rows = list(csv.reader(io.StringIO(server.get(f"/api/panels/{panel}.csv?tz=Asia/Kolkata&range=30d").text)))
    assert rows[0] == found["columns"]
    assert len(rows) > 1
    assert "Computed as" in server.get(f"/api/panels/{panel}/explain").text


def test_etag(server: Running) -> None:
    """Who has a panel already is told so."""
    path = "/api/panels/usage.periods?tz=UTC"
    tag = server.get(path).headers["etag"]
    assert server.get(path, {"If-None-Match": tag}).status == 304


@pytest.mark.parametrize("path", ["/api/panels/usage.none", "/api/panels/usage.none.csv"])
def test_unknown(server: Running, path: str) -> None:
    """A panel that does not exist is a 404 that says where the list is."""
    reply = server.get(path)
    assert reply.status == 404
    assert "/api/dashboards" in reply.json()["detail"]


@pytest.mark.parametrize("query", ["range=9d", "tz=Nowhere", "range=custom&since=x", "trend=y", "measure=z"])
def test_bad_parameters(server: Running, query: str) -> None:
    """A parameter that cannot be understood is a 422 that names it."""
    reply = server.get(f"/api/panels/usage.figures?{query}")
    assert reply.status == 422
    assert reply.json()["detail"].partition(":")[0] in query


def test_everything_agrees(server: Running) -> None:
    """Cards, breakdown, chart, query and analytics say the same, to the token and the nano-dollar."""
    cards = server.get("/api/panels/usage.periods").json()
    week = dict(zip(cards["columns"], cards["rows"][1], strict=True))
    models = server.get("/api/panels/usage.models?range=week").json()
    chart = server.get("/api/panels/usage.spend?range=week").json()
    [row] = server.get("/api/query?measure=calls.cost,calls.total_tokens,calls.requests&since=week").json()["rows"]
    summary = server.get("/api/analytics/usage").json()["summary"]["week"]
    cost = models["columns"].index("calls.cost")
    assert sum(Decimal(r[cost]) for r in models["rows"] if r[cost]) == Decimal(week["calls.cost"])
    assert Decimal(week["calls.cost"]) == Decimal(row["cost"])
    assert summary["cost"] == float(row["cost"])
    assert sum(Decimal(r[2] or 0) for r in chart["rows"]) == Decimal(week["calls.cost"])
    assert week["calls.total_tokens"] == row["total_tokens"] == summary["tokens"]
    assert week["calls.requests"] == row["requests"] == summary["requests"]


def test_filters(server: Running) -> None:
    """A filter narrows every panel, and values are found by a part of their name."""
    groups = server.get("/api/filters?range=30d&q=claude").json()
    models = next(group for group in groups if group["name"] == "model")
    name = models["values"][0]["value"]
    narrowed = server.get(f"/api/panels/usage.models?range=30d&model={name}").json()
    assert [row[0] for row in narrowed["rows"]] == [name]


def test_analytics(server: Running) -> None:
    """The reply has 30 days, 12 weeks, 12 months, both breakdowns, and a prediction inside of its interval."""
    found = server.get("/api/analytics/usage?tz=America/New_York").json()
    assert [len(found["trends"][name]) for name in ("daily", "weekly", "monthly")] == [30, 12, 12]
    for name in ("by_model", "by_provider"):
        shares = [item["percent_of_total"] or 0 for item in found["cost_breakdown"][name]]
        assert sum(shares) == pytest.approx(100, abs=1e-4)
    cost = found["predictions"]["cost"]
    assert cost["so_far"] <= cost["low"] <= cost["estimate"] <= cost["high"]
    assert server.get("/api/analytics/usage?tz=Nowhere").status == 422


def test_query(server: Running) -> None:
    """A query is the same in the URL and as JSON, and CSV on request; a mistake is named."""
    asked = {"measures": ["calls.cost"], "by": ["calls.model"], "since": "7d"}
    posted = server.post("/api/query", asked).json()
    assert posted["rows"] == server.get("/api/query?measure=calls.cost&by=calls.model&since=7d").json()["rows"]
    assert server.post("/api/query", asked, {"Accept": "text/csv"}).text.startswith("Model,Cost (USD)")
    wrong = server.post("/api/query", {"measures": ["calls.costs"]})
    assert wrong.status == 400
    assert "calls.cost" in wrong.json()["detail"]
    assert server.post("/api/query", b"{").status == 400
    assert server.post("/api/query", b"[" * 100_000).status == 400
    assert server.post("/api/query", b" " * 300_000).status == 413


def test_measures(server: Running) -> None:
    """Every measure is listed with its definition."""
    calls = server.get("/api/measures").json()["cubes"][0]
    cost = next(measure for measure in calls["measures"] if measure["name"] == "calls.cost")
    assert cost["unit"] == "usd"
    assert "cost_usd" in cost["formula"]
