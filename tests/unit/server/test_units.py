"""Machines that were bought and series of the business over HTTP, the page of both, and the page What-if."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from servers.whole import Answer, Running

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
MACHINE = {
    "title": "Atlas",
    "host": "atlas-01",
    "price": "14800.50",
    "bought": "2026-03-01",
    "power_price": 0.27,
    "compared": {"*": "openai/gpt-5-mini"},
}


def _send(server: Running, method: str, path: str, body: object) -> Answer:
    return server.send(method, path, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _csv(server: Running, name: str, text: str) -> Answer:
    return server.send("POST", f"/api/series/{name}/points", text.encode(), {"Content-Type": "text/csv"})


@pytest.fixture
def machine(server: Running) -> Iterator[dict[str, Any]]:
    """A machine."""
    made = server.post("/api/hardware", MACHINE)
    assert made.status == 201, made.text
    yield made.json()
    server.send("DELETE", f"/api/hardware/{made.json()['id']}", None)


@pytest.fixture
def orders(server: Running) -> Iterator[dict[str, Any]]:
    """A series without values."""
    made = server.post("/api/series", {"name": "orders", "title": "Orders", "unit": "order", "tz": "UTC"})
    assert made.status == 201, made.text
    yield made.json()
    server.send("DELETE", f"/api/series/{made.json()['id']}", None)


def test_a_machine_is_kept_and_judged(server: Running, machine: dict[str, Any]) -> None:
    """What was said comes back, and what it means is on the page and in the judgement."""
    assert machine | {"id": "", "revision": 0} == {
        "id": "",
        "revision": 0,
        "title": "Atlas",
        "host": "atlas-01",
        "price": "14800.5",
        "bought": "2026-03-01",
        "amortisation_months": 36,
        "power_price": "0.27",
        "watts": None,
        "compared": {"*": "openai/gpt-5-mini"},
    }
    [row] = server.get("/api/query?measure=judgement.hardware&since=7d").json()["rows"]
    assert row["machine"] == "Atlas"
    assert row["tokens"] > 0
    assert row["api_cost"] is not None
    page = server.get("/units").text
    assert "Atlas" in page
    assert "bought 1 Mar 2026" in page
    panel = server.get("/api/panels/decisions.hardware?range=7d").json()
    assert "Atlas" in panel["html"]


def test_a_machine_is_changed_by_its_revision(server: Running, machine: dict[str, Any]) -> None:
    """Whoever has seen an older one is told so."""
    path = f"/api/hardware/{machine['id']}"
    changed = _send(server, "PATCH", path, {"price": 9000, "revision": machine["revision"]})
    assert (changed.status, changed.json()["price"]) == (200, "9000")
    late = _send(server, "PATCH", path, {"price": 8000, "revision": machine["revision"]})
    assert late.status == 409
    assert server.get("/api/hardware").json()["hardware"][0]["price"] == "9000"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", -1),
        ("price", 0),
        ("price", "much"),
        ("price", True),
        ("bought", "yesterday"),
        ("bought", 20260301),
        ("amortisation_months", 0),
        ("amortisation_months", 36.5),
        ("power_price", "NaN"),
        ("watts", -5),
        ("compared", "gpt-5"),
        ("compared", {"": "gpt-5"}),
        ("title", ""),
        ("colour", "red"),
    ],
)
def test_what_no_machine_is(server: Running, field: str, value: object) -> None:
    """A wrong field is named, and nothing is kept."""
    answer = server.post("/api/hardware", MACHINE | {field: value})
    assert (answer.status, answer.json()["detail"]["field"]) == (422, field)
    assert server.get("/api/hardware").json() == {"hardware": []}


def test_points_are_kept_once_and_corrected(server: Running, orders: dict[str, Any]) -> None:
    """The same again changes nothing, another value replaces the one that was there."""
    path = "/api/series/orders/points"
    first = server.post(path, {"points": [{"day": YESTERDAY, "value": 40}, {"day": "2026-01-31", "value": 7}]})
    assert (first.status, first.json()["added"]) == (200, 2)
    again = server.post(path, {"points": [{"day": YESTERDAY, "value": 40}, {"day": "2026-01-31", "value": 8}]}).json()
    assert (again["added"], again["changed"], again["unchanged"], again["refused"]) == (0, 1, 1, [])
    assert server.get(path).json()["points"][0] == {"day": "2026-01-31", "value": 8.0}
    listed = server.get("/api/series").json()["series"]
    assert [(one["name"], one["days"]) for one in listed] == [("orders", 2)]
    [row] = server.get("/api/query?measure=judgement.unit_costs&since=7d").json()["rows"]
    assert (row["amount"], row["days"]) == (40.0, 1)
    assert "Cost per order" in server.get("/units?range=7d").text
    assert "Orders" in server.get("/api/panels/decisions.units?range=7d").json()["html"]


def test_a_table_is_uploaded_line_by_line(server: Running, orders: dict[str, Any]) -> None:
    """Each bad line is refused by its number, field and reason; the others are kept."""
    bad = "2026-13-01;5\n2026-02-01;minus\n2026-02-02;-1\n2026-02-03;1e400\n2026-02-04\n"
    text = f"\ufeffDate;Count\n{YESTERDAY};41\n\n{bad}"
    answer = _csv(server, orders["id"], text)
    told = answer.json()
    assert (answer.status, told["added"], told["refused_lines"]) == (200, 1, 5)
    assert [(one["line"], one["field"]) for one in told["refused"]] == [
        (4, "day"),
        (5, "value"),
        (6, "value"),
        (7, "value"),
        (8, "value"),
    ]
    assert _csv(server, "orders", f"{YESTERDAY},41\n").json()["unchanged"] == 1


def test_tables_that_are_none(server: Running, orders: dict[str, Any]) -> None:
    """Nothing of a table without its columns, of too many lines, or in another encoding is kept."""
    assert _csv(server, "orders", "day,orders\n2026-01-01,5\n").json()["detail"]["field"] == "points"
    many = "".join("2026-01-01,1\n" for _ in range(20_001))
    assert _csv(server, "orders", many).status in (413, 422)
    assert server.post("/api/series/orders/points", {"points": [1, {"day": "2026-01-01", "who": 1}]}).status == 422
    assert server.post("/api/series/nothing/points", {"points": []}).status == 404
    body = "2026-01-01,5".encode("utf-16")
    latin = server.send("POST", "/api/series/orders/points", body, {"Content-Type": "text/csv"})
    assert latin.status == 400
    assert server.get("/api/series/orders/points").json()["points"] == []


@pytest.mark.parametrize("body", [{}, {"name": "Orders!"}, {"name": "a", "tz": "Nowhere"}, {"name": "a", "adds": 1}])
def test_what_no_series_is(server: Running, body: object) -> None:
    """A wrong field is refused."""
    assert server.post("/api/series", body).status == 422


def test_a_series_is_there_once(server: Running, orders: dict[str, Any]) -> None:
    """Its name is its address."""
    assert server.post("/api/series", {"name": "orders"}).status == 409


def test_what_if_over_http(server: Running) -> None:
    """GET and POST say the same; rows add up; the page shows it, and a wrong scenario is said at its field."""
    path = "/api/what-if?period=30d&provider=anthropic&to_model=claude-haiku-4-5"
    found = server.get(path)
    assert found.status == 200, found.text
    told = found.json()
    body = {"period": "30d", "provider": ["anthropic"], "to_model": "claude-haiku-4-5"}
    posted = server.post("/api/what-if", body)
    assert posted.json()["total"] == told["total"]
    assert told["total"]["what_if_cost"] < told["total"]["list_cost"]
    for rows in ("by_day", "by_model", "by_agent"):
        assert sum(row["what_if_cost"] for row in told[rows]) == pytest.approx(told["total"]["what_if_cost"], abs=1e-9)
    same = server.get("/api/what-if?period=30d&provider=anthropic&to_provider=anthropic").json()["total"]
    assert same["what_if_cost"] == same["list_cost"]
    priced = server.get("/api/query?measure=calls.cost_priced&calls.provider=anthropic&since=30d").json()["rows"][0]
    assert same["list_cost"] == float(priced["cost_priced"])
    page = server.get("/what-if?range=30d&provider=anthropic&to_model=claude-haiku-4-5")
    assert page.status == 200
    assert "At list prices" in page.text
    assert server.get("/api/what-if?to_cache=120").status == 422
    assert "per cent from 0 to 100" in server.get("/what-if?to_cache=much").text
    assert server.get("/api/what-if?to_tier=gold").status == 422
    assert server.post("/api/what-if", {"to_model": {"a": 1}}).status == 422


def test_jobs_over_http(server: Running) -> None:
    """Each job of the demo's with its due and actual runs; the one that never succeeds is failing."""
    jobs = {one["job_id"]: one for one in server.get("/api/jobs?period=7d").json()["jobs"]}
    assert jobs["off-site-copy"]["state"] == "failing"
    assert jobs["cache-warm-up"]["state"] == "flapping"
    backup = jobs["workspace-backup"]
    assert (backup["expected"], backup["missed"], backup["late"]) == (backup["runs"], 0, 0)
