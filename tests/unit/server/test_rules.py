"""Alert rules and alerts over HTTP: made, tried on the past, fired, answered; and shown on pages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from servers.whole import Answer, Running, running

_FILE = """
[[alert]]
title = "From the file"
condition = "threshold"
measure = "calls.cost"
window = "24h"
value = 1_000
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a rule in its file and a day of calls."""
    data: Path = tmp_path_factory.mktemp("rules")
    (data / "tokometer.toml").write_text(_FILE)
    with running(data, tmp_path_factory.mktemp("home")) as found:
        spend(found, "ada", 60, timedelta(hours=2))
        spend(found, "ada", 60, timedelta(days=3))
        spend(found, "bob", 10, timedelta(hours=3))
        yield found


def spend(server: Running, user: str, cost: float, ago: timedelta) -> None:
    """A call that cost so many dollars."""
    at = (datetime.now(UTC) - ago).isoformat()
    call = {"id": f"{user}-{at}", "started_at": at, "provider": "openai", "model": "gpt-5", "user": user}
    assert server.post("/api/calls", call | {"cost": cost, "team": "research"}).status == 200


def send(server: Running, method: str, path: str, body: object = None) -> Answer:
    """Any request with JSON."""
    content = None if body is None else json.dumps(body).encode()
    return server.send(method, path, content, {"Content-Type": "application/json"})


def until(found: Callable[[], Any], seconds: float = 20) -> Any:
    """What is found, as soon as it is."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
    return value


def alerts(server: Running, **chosen: str) -> list[dict[str, Any]]:
    """Alerts for which fields have values."""
    listed: list[dict[str, Any]] = server.get("/api/alerts").json()["alerts"]
    return [one for one in listed if all(one[name] == value for name, value in chosen.items())]


RULE = {"condition": "threshold", "measure": "calls.cost", "each": "user", "window": "24h", "value": 50}


def test_a_rule_is_tried_kept_fires_and_is_answered(alone: Running) -> None:
    """From what it would have done, over what it does, to what somebody says to it."""
    tried = alone.post("/api/rules/try", RULE).json()
    assert tried["fired"] == 2
    assert tried["words"].startswith("Would have fired 2 times in 30 days")
    assert {one["value"] for one in tried["alerts"]} == {"ada"}

    made = alone.post("/api/rules", {"title": "Over $50", "severity": "critical", **RULE})
    assert made.status == 201, made.text
    rule = made.json()
    assert rule["words"] == "Cost of any user over 24 hours is above $50.00"
    [alert] = until(lambda: alerts(alone, rule=rule["id"], state="firing"))
    assert (alert["value"], alert["severity"]) == ("ada", "critical")
    assert alert["link"].startswith("/explore?measure=calls.cost")
    assert alone.get(alert["link"]).status == 200
    page = alone.get("/alerts").text
    assert "Over $50" in page
    assert "1 firing" in page
    chart = alone.get("/api/panels/overview.volume?range=7d").json()["chart"]
    assert any("Alert: Over $50: ada" in text for tip in chart["tips"] for _, text in tip[5])
    listed = alone.get("/api/panels/incidents.alerts").json()
    assert "Over $50" in json.dumps(listed)

    url = f"/api/alerts/{alert['id']}"
    assert send(alone, "POST", f"{url}/acknowledge").json()["acknowledged_by"]
    assert send(alone, "POST", f"{url}/acknowledge").status == 422
    assert send(alone, "POST", f"{url}/silence", {"hours": 1}).json()["silenced_until"]
    assert send(alone, "POST", f"{url}/silence", {"hours": -1}).status == 422
    assert send(alone, "POST", f"{url}/resolve").json()["state"] == "closed"
    assert send(alone, "POST", "/api/alerts/none/resolve").status == 404

    changed = send(alone, "PATCH", f"/api/rules/{rule['id']}", {"value": 70, "revision": 1})
    assert changed.json()["declared"]["value"] == 70
    assert send(alone, "PATCH", f"/api/rules/{rule['id']}", {"value": 71, "revision": 1}).status == 409
    until(lambda: alerts(alone, rule=rule["id"], state="resolved"))
    assert alone.send("DELETE", f"/api/rules/{rule['id']}", None).status == 204


def test_what_is_wrong_is_said_at_its_field(alone: Running) -> None:
    """As everything that people make."""
    for body, field in (
        ({**RULE, "title": "x", "value": "much"}, "value"),
        ({**RULE, "title": "x", "each": "usr"}, "each"),
        ({**RULE, "title": ""}, "title"),
        ({**RULE, "title": "x", "severity": "bad"}, "severity"),
    ):
        answer = alone.post("/api/rules", body)
        assert (answer.status, answer.json()["detail"]["field"]) == (422, field)
    assert alone.post("/api/rules/try", {"condition": "sync_failing"}).json()["detail"]["field"] == "condition"
    assert alone.post("/api/rules/try", {**RULE, "days": 0}).json()["detail"]["field"] == "days"


def test_rules_of_the_file_are_shown_and_are_read_only(alone: Running) -> None:
    """They stand beside the others, and cannot be changed there."""
    [rule] = [one for one in alone.get("/api/rules").json()["rules"] if one["origin"] == "file"]
    assert rule["title"] == "From the file"
    assert send(alone, "PATCH", f"/api/rules/{quote(rule['id'])}", {"value": 1}).status == 404
    conditions = alone.get("/api/rules/conditions").json()["conditions"]
    assert {"threshold", "budget_used", "job_missed"} <= {one["name"] for one in conditions}


def test_where_accounts_cannot_be_opened_pages_say_so_and_go_on(tmp_path: Path) -> None:
    """Numbers do not need them."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "tokometer.toml").write_text(_FILE)
    (data / "accounts.db").write_bytes(b"this is no database, but long enough to be taken for a damaged one" * 20)
    with running(data, tmp_path / "home") as server:
        until(lambda: "cannot be had just now" in server.get("/usage").text)
        assert server.get("/alerts").status == 200
        assert server.get("/api/rules").status == 503
        assert server.post("/api/query", {"measures": ["calls.requests"]}).status == 200
