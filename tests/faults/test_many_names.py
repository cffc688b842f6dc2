"""Records in which every name is a different one, and some are as long as a book: pages stay quick and small."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from faults.budget import Budget
from servers.whole import Running, running
from tokometer.ledger import Batch
from tokometer.ledger.opening import open_ledger
from tokometer.ledger.packed import pack
from tokometer.records import ModelCall, now_us

MIB = 1024 * 1024
_STEP = 4_096
#: What one reply may have, in bytes, and how long the server may work for it (seconds of its own, not of the clock).
_LARGEST = 3 * MIB
_SLOWEST = 12.0


def _call(number: int, now: int) -> ModelCall:
    # Only an old ledger has names as long as that: the gate cuts them.
    tail = "x" * 1_000_000 if number in (5, 6, 7) else ""
    return ModelCall(
        source="api",
        native_id=str(number),
        started_at=now - number * 7_919 % 518_400 * 1_000_000,
        provider=f"provider-{number}",
        model=f"model-{number}{tail}",
        user=f"user.{number}@example.com{tail}",
        team=f"team-{number}",
        project=f"project-{number}",
        agent=f"agent-{number}",
        session_id=f"session-{number}",
        status="ok" if number % 3 else "server_error",
        error_message="" if number % 3 else f"error {number}",
        labels={"tenant": f"tenant-{number}"},
        input_tokens=10,
        latency_us=1_000_000 + number,
        cost_reported=1_000_000_000,
    )


@pytest.fixture(scope="module")
def count(budget: Budget) -> int:
    """Different names of each kind."""
    return 200_000 if budget.long else 12_000


@pytest.fixture(scope="module")
def server(count: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose calls have nothing in common."""
    data = tmp_path_factory.mktemp("names")
    now = now_us()
    ledger = open_ledger(data)
    for first in range(0, count, _STEP):
        ledger.commit(Batch(packed=[pack([_call(n, now) for n in range(first, min(first + _STEP, count))])]))
    ledger.settle()
    ledger.close()
    with running(data, tmp_path_factory.mktemp("home"), fresh=True) as found:
        yield found


def _worked(server: Running) -> float:
    """How long the server has worked since it was started (seconds)."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _asked(server: Running, path: str) -> bytes:
    """A reply that is there soon, and no larger than somebody reads."""
    before = _worked(server)
    answer = server.get(path)
    assert answer.status == 200, f"{path}: {answer.text[:300]}"
    assert _worked(server) - before < _SLOWEST, path
    assert len(answer.body) < _LARGEST, path
    return answer.body


def test_every_panel(server: Running) -> None:
    """Each panel of each dashboard is quick and small, and all of them together take up no more than memories may."""
    dashboards = server.get("/api/dashboards").json()["dashboards"]
    before = server.resident()
    for panel in (panel for dashboard in dashboards for panel in dashboard["panels"]):
        _asked(server, f"{panel['url']}?rows=0&range=30d")
    assert server.resident() - before < 700 * MIB


@pytest.mark.parametrize(
    "path",
    [
        "/api/filters?range=30d",
        "/api/filters?range=30d&q=model-77",
        "/api/providers/metrics?period=30d",
        "/api/providers/list?period=30d",
        "/api/models/list?period=30d",
        "/api/health/availability?period=30d",
        "/api/labels",
        "/models?range=30d",
    ],
)
def test_lists(server: Running, path: str) -> None:
    """Lists have an end."""
    _asked(server, path)


def test_one_of_them_is_found(server: Running) -> None:
    """A name that is none of the largest is found by itself."""
    assert b"model-7777" in _asked(server, "/api/models/model-7777/metrics?period=30d")
    found = json.loads(_asked(server, "/api/filters?range=30d&q=model-7777"))
    [models] = [group["values"] for group in found if group["name"] == "model"]
    assert "model-7777" in [value["value"] for value in models]


def test_sums_are_exact(server: Running, count: int) -> None:
    """What no row stands for is in the row of all others."""
    question = {"measures": ["calls.cost"], "by": ["calls.user"], "since": "30d"}
    answer = server.post("/api/query", question).json()
    assert sum(Decimal(row["cost"]) for row in answer["rows"]) == count
    assert len(answer["rows"]) == count if count < 100_000 else answer["meta"]["missing"]


def test_names_that_nobody_reads_are_cut(server: Running) -> None:
    """Of a name of a megabyte the beginning is shown, in JSON as in CSV."""
    for headers in ({}, {"Accept": "text/csv"}):
        question: dict[str, Any] = {"measures": ["calls.cost"], "by": ["calls.model"], "where": ["calls.team = team-5"]}
        answer = server.post("/api/query", question, headers)
        assert answer.status == 200
        assert len(answer.body) < 3_000
        assert "model-5xxx" in answer.text
