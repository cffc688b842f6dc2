"""Whatever is asked, there is an answer as declared, or it is said what is wrong with the question."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faults.budget import Budget
from generators.hostile_queries import Question, Questions, mismatches
from servers.ledgers import place
from servers.whole import Answer, Running, fill, running

#: A question may take as long, on a machine on which much else runs (seconds): a bound, not a speed.
MOST_SECONDS = 30.0
FINE = {200, 400, 404, 413, 414, 422, 431}


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a few days of the demo, on either engine."""
    folder: Path = tmp_path_factory.mktemp("queries")
    env = {}
    if request.param == "clickhouse":
        env = {"TOKOMETER_LEDGER": place("queries", folder / "chdb")}
    else:
        fill(folder / "data", days=4, calls=400)
    with running(folder / "data", folder / "home", env=env) as found:
        if request.param == "clickhouse":
            calls = [
                {"native_id": f"c{n}", "started_at": time.time() - n * 900, "model": f"m{n % 3}", "input_tokens": n}
                for n in range(200)
            ]
            assert found.post("/api/calls", calls).json()["accepted"] == 200
        yield found


def ask(server: Running, question: Question) -> Answer:
    """Its answer."""
    headers = {"Content-Type": "application/json"} if question.body is not None else {}
    return server.send(question.method, question.path, question.body, headers)


def said(text: str) -> Any:
    """JSON as everybody reads it: without NaN and infinities, which it does not have."""

    def constant(name: str) -> float:
        raise AssertionError(f"{name} in JSON")

    found = json.loads(text, parse_constant=constant)
    assert not (isinstance(found, float) and math.isinf(found))
    return found


def test_hostile_questions(server: Running, budget: Budget) -> None:
    """Every question gets an answer of its declared shape, or is told which part of it is wrong."""
    names = [value["value"] for group in server.get("/api/filters?range=30d").json() for value in group["values"]]
    described = server.get("/api/openapi.json").json()
    made = Questions(described, server.get("/api/measures").json(), server.get("/api/dashboards").json(), names[:20])
    rounds = budget.rounds("queries", 150, 30_000)
    if (server.data.parent / "chdb").exists():
        rounds = budget.rounds("queries", 30, 3_000)
    for number, chance in rounds:
        question = made.make(chance)
        with budget.tried("query", number, f"{question.method} {question.path}\n".encode() + (question.body or b"")):
            began = time.monotonic()
            answer = ask(server, question)
            took = time.monotonic() - began
            assert answer.status in FINE, f"{answer.status} {answer.text[:300]}"
            assert took < MOST_SECONDS, f"{took:.0f} s"
            if answer.headers.get("content-type", "").startswith("application/json"):
                content = said(answer.text)
                if answer.status == 200 and question.declared is not None:
                    assert mismatches(question.declared, content) == []
                if answer.status >= 400:
                    assert content["detail"]


#: Questions that once were an error of ours.
ONCE = [
    Question("GET", "/api/query?measure=calls.cost&order=time"),
    Question("POST", "/api/query", b'{"measures": ["calls.cost"], "order": "time"}'),
    Question(
        "POST",
        "/api/query",
        b'{"measures": ["calls.cost"], "where": [{"dimension": "calls.model", "value": "\\ud800"}]}',
    ),
    Question("POST", "/api/query", b'{"\\ud800": 1}'),
    Question("POST", "/api/query", b'{"measures": ["calls.cost"], "where": "calls.model in ' + b"[" * 100_000 + b'"}'),
]


@pytest.mark.parametrize("question", ONCE, ids=lambda question: question.path[:40])
def test_what_is_wrong_is_named(server: Running, question: Question) -> None:
    """The answer begins with the part of the question that is wrong."""
    answer = ask(server, question)
    assert answer.status in (400, 422)
    assert answer.json()["detail"].partition(":")[0] in ("order", "where", "\ufffd", "?")
