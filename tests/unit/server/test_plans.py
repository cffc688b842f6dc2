"""Subscriptions and rates of exchange over HTTP, and their page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from servers.whole import Answer, Running

TODAY = datetime.now(UTC).date()
BEGIN = (TODAY - timedelta(days=400)).isoformat()
PLAN = {
    "title": "Claude Max of the team",
    "provider": "anthropic",
    "plan": "Max 20x",
    "price": "200.50",
    "seats": 3,
    "since": BEGIN,
    "people": [
        "Ada: account=ada@example.com, machine=ada-mbp",
        {"name": "Linus", "match": {"user": ["linus"]}},
        "Grace",
    ],
    "limits": ["5h tokens 9,000,000"],
}


def _send(server: Running, method: str, path: str, body: object) -> Answer:
    return server.send(method, path, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _csv(server: Running, text: str) -> Answer:
    return server.send("POST", "/api/exchange-rates", text.encode(), {"Content-Type": "text/csv"})


@pytest.fixture
def plan(server: Running) -> Iterator[dict[str, Any]]:
    """A subscription."""
    made = server.post("/api/subscriptions", PLAN)
    assert made.status == 201, made.text
    yield made.json()
    server.send("DELETE", f"/api/subscriptions/{made.json()['id']}", None)


@pytest.fixture
def no_rates(server: Running) -> Iterator[None]:
    """No rate is left afterwards."""
    yield
    for one in server.get("/api/exchange-rates").json()["rates"]:
        server.send("DELETE", f"/api/exchange-rates/{one['id']}", None)


def test_a_subscription_is_kept_and_judged(server: Running, plan: dict[str, Any]) -> None:
    """What was said comes back, people and limits from lines too, and what it is worth is in judgement and page."""
    assert plan["price"] == "200.5"
    assert plan["filters"] == {"provider": ["anthropic"]}
    assert plan["people"][0] == {"name": "Ada", "match": {"account": ["ada@example.com"], "machine": ["ada-mbp"]}}
    assert plan["people"][2] == {"name": "Grace", "match": {}}
    assert plan["limits"] == {"5h": {"tokens": "9000000"}}
    since = "&since=7d&tz=UTC"
    [row] = server.get(f"/api/query?measure=judgement.subscriptions{since}").json()["rows"]
    [cost] = server.get(f"/api/query?measure=calls.cost&where=calls.provider=anthropic{since}").json()["rows"]
    assert Decimal(row["subscriptions"]) == Decimal(cost["cost"]) > 0
    assert row["seats_idle"] == 3
    people = server.get(f"/api/query?measure=judgement.subscription_people{since}").json()["rows"]
    assert sum(Decimal(one["subscription_people"]) for one in people) == Decimal(cost["cost"])
    page = server.get("/plans?range=30d").text
    assert "Claude Max of the team" in page
    assert "200.5 USD a seat and month" in page
    assert "last 5h, tokens" in page


def test_a_subscription_is_changed_by_its_revision(server: Running, plan: dict[str, Any]) -> None:
    """Whoever has seen an older one is told so; its last day comes after its first."""
    path = f"/api/subscriptions/{plan['id']}"
    changed = _send(server, "PATCH", path, {"seats": 5, "revision": plan["revision"]})
    assert (changed.status, changed.json()["seats"]) == (200, 5)
    assert _send(server, "PATCH", path, {"seats": 6, "revision": plan["revision"]}).status == 409
    wrong = _send(server, "PATCH", path, {"until": BEGIN})
    assert (wrong.status, wrong.json()["detail"]["field"]) == (422, "until")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("price", "-1"),
        ("price", "0.0000000001"),
        ("currency", "euro"),
        ("period", "week"),
        ("seats", 0),
        ("seats", True),
        ("since", "2026-02-30"),
        ("people", ["Ada", "Ada"]),
        ("people", ["Ada: somewhere"]),
        ("people", ["Ada: nonsense=1"]),
        ("filters", {"nonsense": ["x"]}),
        ("limits", ["5m tokens 3"]),
        ("limits", ["5h apples 3"]),
        ("limits", ["5h tokens none"]),
        ("colour", "red"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(server: Running, field: str, value: object) -> None:
    """A subscription that cannot be is not kept, and the field is named."""
    answer = server.post("/api/subscriptions", {**PLAN, "title": "Another", field: value})
    assert (answer.status, answer.json()["detail"]["field"]) == (422, field), answer.text


@pytest.mark.usefixtures("no_rates")
def test_bills_are_converted_once_their_rate_is_known(server: Running) -> None:
    """A bill in another currency has no amount, the page says so; with its rate it has one."""
    at = (TODAY - timedelta(days=3)).isoformat()
    bill = {"provider": "mistral", "amount": "100", "currency": "CHF", "time": f"{at}T00:00:00Z", "id": "chf-1"}
    assert server.post("/api/records/bills", [bill]).json()["accepted"] == 1
    asked = "/api/query?measure=bills.amount&measure=bills.unconverted&where=bills.currency=CHF&since=30d"
    assert server.get(asked).json()["rows"] == [{"amount": "0.000000000", "unconverted": 1}]
    assert server.get("/api/exchange-rates").json()["missing"] == [{"currency": "CHF", "lines": 1}]
    assert "1 bill line in CHF" in server.get("/plans").text
    made = server.post("/api/exchange-rates", {"currency": "chf", "day": at, "rate": "1.25"})
    assert (made.status, made.json()["currency"]) == (201, "CHF")
    assert server.get(asked).json()["rows"] == [{"amount": "125.000000000", "unconverted": 0}]
    path = f"/api/exchange-rates/{made.json()['id']}"
    assert _send(server, "PATCH", path, {"rate": "1.5"}).status == 200
    assert server.get(asked).json()["rows"][0]["amount"] == "150.000000000"
    assert server.get("/api/exchange-rates").json()["missing"] == []


@pytest.mark.usefixtures("no_rates")
def test_tables_of_rates_are_imported(server: Running) -> None:
    """With columns of their own or one for each currency; a line that cannot be is refused."""
    told = _csv(server, "Date;Currency;Rate\n2026-10-01;EUR;1.0845\n2026-10-01;USD;1\n2026-13-01;EUR;1\n").json()
    assert (told["added"], told["refused_lines"]) == (1, 2)
    assert [(one["line"], one["field"]) for one in told["refused"]] == [(3, "currency"), (4, "day")]
    euros = "Date,USD,JPY,INR,\n2026-10-02,1.0900,160.5,N/A,\n2026-10-01,1.1000,160,90,\n"
    told = _csv(server, euros).json()
    assert (told["added"], told["changed"], told["refused_lines"]) == (4, 1, 0)
    rates = {(one["currency"], one["day"]): one["rate"] for one in server.get("/api/exchange-rates").json()["rates"]}
    assert rates == {
        ("EUR", "2026-10-01"): "1.1",
        ("EUR", "2026-10-02"): "1.09",
        ("JPY", "2026-10-01"): "0.006875",
        ("JPY", "2026-10-02"): "0.006791277",
        ("INR", "2026-10-01"): "0.012222222",
    }
    assert _csv(server, euros).json()["unchanged"] == 5
    assert _csv(server, "a,b\n1,2\n").status == 422


@pytest.mark.usefixtures("no_rates")
@pytest.mark.parametrize(("field", "value"), [("rate", 0), ("rate", "x"), ("currency", "USD"), ("day", "yesterday")])
def test_a_rate_that_cannot_be_is_refused(server: Running, field: str, value: object) -> None:
    """It is not kept, and the field is named; neither is a second one of a day."""
    rate = {"currency": "EUR", "day": "2026-10-01", "rate": "1.1"}
    answer = server.post("/api/exchange-rates", {**rate, field: value})
    assert (answer.status, answer.json()["detail"]["field"]) == (422, field)
    assert server.post("/api/exchange-rates", rate).status == 201
    assert server.post("/api/exchange-rates", rate).status == 409
