"""Tests of reconciliation over HTTP: figures, files, the page, and closing a month, on generated statements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from servers.whole import Answer, Running
from tokometer.records import now_us, to_datetime

_AT = "/api/reconciliation"


@pytest.fixture
def month() -> str:
    """The last month that is over."""
    return f"{to_datetime(now_us()).replace(day=1) - timedelta(days=1):%Y-%m}"


@pytest.fixture
def closed(server: Running, month: str) -> Iterator[dict[str, Any]]:
    """OpenAI's month, closed, and re-opened afterwards."""
    answer = server.post(f"{_AT}/closings", {"provider": "openai", "period": month, "note": "as agreed"})
    assert answer.status == 201
    made: dict[str, Any] = answer.json()
    yield made
    server.send("DELETE", f"{_AT}/closings/{made['id']}", None)


def test_parts_add_up(server: Running, month: str) -> None:
    """A month of the demo is explained to the cent; rows by model, cause and line add up to the same gap."""
    told = server.get(f"{_AT}?month={month}&by=line").json()
    gap = Decimal(told["total"]["reconciliation"])
    assert gap == Decimal(told["total"]["billed"]) - Decimal(told["total"]["metered"]) != 0
    assert abs(Decimal(told["total"]["unexplained"])) < Decimal("0.01")
    assert sum(Decimal(row["gap_lines"]) for row in told["rows"]) == gap
    for by, name in (("model", "reconciliation"), ("day", "reconciliation"), ("cause", "gap_causes")):
        rows = server.get(f"{_AT}?month={month}&by={by}").json()["rows"]
        assert sum(Decimal(row[name]) for row in rows) == gap, by


def test_as_csv(server: Running, month: str) -> None:
    """Rows as CSV have a header and a line each."""
    lines = server.get(f"{_AT}?month={month}&by=provider&format=csv").text.splitlines()
    assert lines[0].startswith("Provider,Gap (USD),Metered (USD),Billed (USD)")
    assert any(line.startswith("openai,") for line in lines)


def test_refuses(server: Running) -> None:
    """What is no month, no day or no dimension is refused by name."""
    for query in (
        *("month=October", "month=9999-12", "since=x", "since=9999-12-31", "since=2026-10-02&until=2026-10-01"),
        "by=weather",
    ):
        assert server.get(f"{_AT}?{query}").status == 422, query


def test_panels(server: Running) -> None:
    """Every panel of the page answers; the sentence names billed, metered, the gap and what is unexplained."""
    html = server.get("/api/panels/reconcile.balance?range=90d").json()["html"]
    assert all(word in html for word in ("billed $", "metered $", "gap ", "unexplained $0.00"))
    for name in ("bridge", "causes", "map", "models", "days", "owners", "lines"):
        assert server.get(f"/api/panels/reconcile.{name}?range=90d").json()["rows"], name


def test_without_statements(server: Running) -> None:
    """Where nobody states anything the page leads to the accounts."""
    html = server.get("/api/panels/reconcile.balance?range=90d&provider=vllm").json()["html"]
    assert 'href="/accounts"' in html


def test_closing(server: Running, month: str, closed: dict[str, Any]) -> None:
    """A closed month is frozen with its digest, is closed once, and can be had as PDF and CSV."""
    assert closed["intact"]
    assert closed["since"] == {}
    again: Answer = server.post(f"{_AT}/closings", {"provider": "openai", "period": month})
    assert again.status == 409
    found = server.get(f"{_AT}/closings/{closed['id']}").json()
    assert found["body"]["sentence"] == closed["sentence"]
    assert found["note"] == "as agreed"
    assert server.get(f"{_AT}/closings/{closed['id']}/statement.csv").text.startswith("Day,Provider,Model,Cause")
    assert server.get(f"{_AT}/closings/{closed['id']}/statement.pdf").body.startswith(b"%PDF")
    assert "nothing has changed" in server.get(f"/reconcile/months?month={month}").text


def test_late_corrections(server: Running, month: str, closed: dict[str, Any]) -> None:
    """What a provider corrects after a month was closed stands beside the frozen figures, which stay."""
    line = {
        "id": "late-correction",
        "provider": "openai",
        "amount": 3.25,
        "type": "adjustment",
        "started_at": f"{month}-28T00:00:00Z",
        "ended_at": f"{month}-28T12:00:00Z",
        "line_item": "Correction",
    }
    assert server.post("/api/records/bills", line).status < 300
    found = server.get(f"{_AT}/closings/{closed['id']}").json()
    assert found["figures"] == closed["figures"]
    assert Decimal(found["since"]["billed"]) == Decimal("3.25")
    assert Decimal(found["since"]["credits"]) == Decimal("3.25")


def test_not_over(server: Running) -> None:
    """A month that is not over cannot be closed, nor one of a provider that states nothing."""
    running = f"{to_datetime(now_us()):%Y-%m}"
    assert server.post(f"{_AT}/closings", {"provider": "openai", "period": running}).status == 422
    assert server.post(f"{_AT}/closings", {"provider": "vllm", "period": "2020-01"}).status == 422
    assert server.post(f"{_AT}/closings", {"provider": "openai", "period": "soon"}).status == 422
