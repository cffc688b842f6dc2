"""The pages of one record, trace, session and error, and the same as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest

from servers.whole import Running, running
from tokometer.records import record_id

BEGAN = datetime.now(UTC) - timedelta(hours=1)
PAGE = {"Accept": "text/html"}
ODD = "a/b?c=d&e#f 'g\" <script>"


def _id(native_id: str, source: str = "api") -> str:
    return str(UUID(bytes=record_id("default", source, native_id)))


def at(minute: int) -> str:
    """A minute of the last hour: details of errors are kept for some weeks only."""
    return (BEGAN + timedelta(minutes=minute)).isoformat()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that was told of a small trace, of ids with any characters in them."""
    folder: Path = tmp_path_factory.mktemp("explored")
    with running(folder / "data", folder / "home", env={"TOKOMETER_KEEP_BODIES": "1"}) as server:
        common = {"provider": "anthropic", "model": "claude-sonnet-4-5", "trace_id": ODD, "session_id": ODD}
        calls = [
            {
                "id": "c1",
                "started_at": at(0),
                "span_id": "s1",
                "parent_id": "r1",
                "input_tokens": 1200,
                "output_tokens": 34,
                "latency_ms": 800,
                **common,
            },
            {
                "id": "c2",
                "started_at": at(1),
                "span_id": "s2",
                "parent_id": "s1",
                "input_tokens": 12000,
                "output_tokens": 3,
                **common,
            },
            {
                "id": "c3",
                "started_at": at(2),
                "parent_id": "gone",
                "status": "rate_limit",
                "error_message": "Slow down </script>",
                "request_id": "req_1",
                **common,
            },
        ]
        assert server.post("/api/calls", calls).json()["accepted"] == 3
        run = {
            "id": "r1",
            "started_at": at(0),
            "agent": "scout",
            "span_id": "r1",
            "status": "ok",
            "trace_id": ODD,
        }
        assert server.post("/api/records/runs", run).json()["accepted"] == 1
        key = "sk-" + "ant-api03-" + "x" * 40
        detail = {
            "id": "e1",
            "started_at": at(2),
            "message": "Slow down",
            "request_id": "req_1",
            "stack_trace": "at line 1",
            "request": json.dumps({"authorization": f"Bearer {key}", "prompt": "hello"}),
            "response": "{}",
        }
        assert server.post("/api/records/error_details", detail).json()["accepted"] == 1
        yield server


def test_a_record_as_json_and_as_a_page(told: Running) -> None:
    """Its buckets and its price add up; its page says the same and links its session and its trace."""
    answer = told.get(f"/api/records/calls/{_id('c1')}").json()
    assert answer["record"]["model"] == "claude-sonnet-4-5"
    assert sum(one["tokens"] or 0 for one in answer["tokens"]) == 1234
    price = answer["price"]
    assert sum(Decimal(part["cost"]) for part in price["parts"]) == Decimal(price["cost"]) == Decimal("0.00411")
    page = told.get(f"/record?cube=calls&id={_id('c1')}", PAGE)
    assert page.status == 200
    assert "$0.00411" in page.text
    assert f"/session?{'id=' + quote(ODD, safe='').replace('%20', '+')}" in page.text
    assert "<script>'" not in page.text


def test_every_kind_of_record_has_a_page(told: Running) -> None:
    """Also what is no call."""
    for cube, native_id in (("runs", "r1"), ("error_details", "e1")):
        assert told.get(f"/record?cube={cube}&id={_id(native_id)}", PAGE).status == 200
        assert told.get(f"/api/records/{cube}/{_id(native_id)}").json()["cube"] == cube
        assert told.get(f"/record/part?cube={cube}&id={_id(native_id)}").status == 200


def test_a_trace_as_json_and_as_a_page(told: Running) -> None:
    """The tree with its sums; the page holds the same rows, and an id with any characters breaks out of nothing."""
    answer = told.get(f"/api/traces/{quote(ODD, safe='')}").json()
    nodes = [(node["cube"], node["level"], node["broken"]) for node in answer["nodes"]]
    assert nodes == [("runs", 1, None), ("calls", 2, None), ("calls", 3, None), ("calls", 1, "orphan")]
    assert answer["whole"]["calls"] == 3
    assert Decimal(answer["nodes"][0]["whole"]["cost"]) == sum(Decimal(n["own"]["cost"]) for n in answer["nodes"][1:3])
    page = told.get(f"/trace?id={quote(ODD)}&span=s2", PAGE).text
    data = json.loads(re.findall(r'id="trace-data">(.*?)</script>', page)[0])
    assert [row[0] for row in data["rows"]] == [node["id"] for node in answer["nodes"]]
    assert data["open"] == 2


def test_a_session_as_json_and_as_a_page(told: Running) -> None:
    """Its records with the cost so far, whose end is its whole cost, which is the measure's."""
    answer = told.get(f"/api/sessions/{quote(ODD, safe='')}").json()
    question = {"measures": ["calls.cost"], "where": [f"calls.session={ODD}"], "since": "all"}
    measured = told.post("/api/query", question).json()["rows"][0]["cost"]
    assert answer["whole"]["cost"] == measured
    assert answer["records"][-1]["cost_so_far"] == measured
    page = told.get(f"/session?id={quote(ODD)}", PAGE)
    assert page.status == 200
    assert 'data-chart="context"' in page.text


def test_an_error_as_json_and_as_a_page(told: Running) -> None:
    """Its stack trace and its payload, without the key that was in it."""
    answer = told.get(f"/api/errors/{_id('c3')}").json()
    assert answer["message"] == "Slow down </script>"
    assert answer["details"][0]["stack_trace"] == "at line 1"
    assert answer["elsewhere"]["calls"] == 1
    page = told.get(f"/error?id={_id('c3')}", PAGE).text
    assert "at line 1" in page
    assert "hello" in page
    assert "x" * 40 not in page
    assert "Slow down &lt;/script&gt;" in page


@pytest.mark.parametrize(
    "path",
    [
        "/record?cube=calls&id=no",
        "/record?cube=nothing&id=no",
        "/trace?id=no",
        "/session?id=no",
        "/error?id=no",
        "/trace",
        "/session",
    ],
)
def test_what_is_not_there_is_said_in_a_page(told: Running, path: str) -> None:
    """404, with what that may mean and a way on."""
    page = told.get(path, PAGE)
    assert page.status == 404
    assert "There is no" in page.text


@pytest.mark.parametrize(
    "path", ["/api/records/calls/no", "/api/records/nothing/no", "/api/traces/no", "/api/sessions/no", "/api/errors/no"]
)
def test_what_is_not_there_is_said_in_json(told: Running, path: str) -> None:
    """404 with a sentence; the addresses of the requirements stay what they are."""
    answer = told.get(path)
    assert answer.status == 404
    assert "there is no" in answer.json()["detail"]
    assert told.get("/api/errors/recent").status == 200
    assert isinstance(told.get("/api/errors/stats").json(), dict)


def test_two_sessions_of_one_id_are_asked_about(told: Running) -> None:
    """The page asks which is meant, the API answers 409; with a source both answer."""
    for source in ("one", "two"):
        call = {
            "id": f"twin-{source}",
            "source": source,
            "started_at": "2026-10-02T10:00:00Z",
            "model": "m",
            "session_id": "twin",
            "input_tokens": 1,
        }
        assert told.post("/api/calls", call).json()["accepted"] == 1
    assert "Which one is meant?" in told.get("/session?id=twin", PAGE).text
    assert told.get("/api/sessions/twin").status == 409
    assert told.get("/api/sessions/twin?source=two").json()["whole"]["calls"] == 1
    assert "Another source" in told.get("/session?id=twin&source=one", PAGE).text
