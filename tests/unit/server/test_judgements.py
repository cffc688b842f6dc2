"""Judgements over HTTP: /api/query and /api/measures."""

from __future__ import annotations

import csv
import io

import pytest

from servers.whole import Running
from tokometer.judgement.catalogue import JUDGEMENTS


@pytest.mark.parametrize(
    ("name", "by"), [(judgement.name, by) for judgement in JUDGEMENTS.values() for by in judgement.by]
)
def test_json_and_csv(server: Running, name: str, by: str) -> None:
    """Every judgement is answered as JSON, and as CSV with the same columns and as many rows."""
    question = {"measures": [f"judgement.{name}"], "by": [f"calls.{by}"] if by else []}
    answer = server.post("/api/query", question).json()
    names = [column["name"] for column in answer["columns"]]
    assert names[bool(by)] == name
    assert names[-1] == "standing"
    assert all(list(row) == names for row in answer["rows"])
    text = server.post("/api/query", question, {"Accept": "text/csv"}).text
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    assert len(head) == len(names)
    assert len(rows) == len(answer["rows"])


def test_in_the_url(server: Running) -> None:
    """A judgement in the URL, with a filter, an order and a limit."""
    path = "/api/query?measure=judgement.uptime&by=calls.provider&calls.provider=openai&calls.provider=anthropic"
    rows = server.get(f"{path}&order=provider&limit=1").json()["rows"]
    assert [row["provider"] for row in rows] == ["anthropic"]


def test_nearest_name(server: Running) -> None:
    """An unknown judgement is refused with the nearest one."""
    answer = server.get("/api/query?measure=judgement.brekaer&by=provider")
    assert answer.status == 400
    assert "judgement.breaker" in answer.text


def test_listed(server: Running) -> None:
    """/api/measures lists every judgement with its formula, thresholds, dimensions and facts."""
    listed = {one["name"]: one for one in server.get("/api/measures").json()["judgements"]}
    assert list(listed) == [judgement.full_name for judgement in JUDGEMENTS.values()]
    health = listed["judgement.health_score"]
    assert health["by"] == ["", "calls.provider", "calls.model"]
    assert (health["unit"], health["window"]) == ("score", "15m")
    assert {fact["name"] for fact in health["facts"]} >= {"status", "success", "latency", "availability"}
    assert all(one["formula"] and one["thresholds"] for one in listed.values())
