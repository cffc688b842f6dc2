"""Rate cards and statements over HTTP: made, frozen, printed, opened again; the page; FOCUS."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from servers.whole import Running
from servers.whole import running as server

_NOW = datetime.now(UTC)
#: The last month that is over.
_DAY = (_NOW.replace(day=1) - timedelta(days=3)).date()
_PERIOD = f"{_DAY:%Y-%m}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with calls of two customers and of nobody, a day of last month."""
    folder = tmp_path_factory.mktemp("billing")
    with server(folder / "data", folder / "home") as found:
        calls = [
            _call("a", "acme", "1.005"),
            _call("b", "acme", "2.5"),
            _call("c", "=2+3", "0.25"),
            _call("d", "", "0.333333333"),
        ]
        assert found.post("/api/calls", calls).status == 200
        yield found


def _call(id_: str, customer: str, cost: str) -> dict[str, Any]:
    labels = {"customer": customer} if customer else {}
    told = {"id": id_, "provider": "openai", "model": "gpt-5", "started_at": f"{_DAY}T12:00:00Z", "cost_usd": cost}
    return {**told, "input_tokens": 1_000_000, "output_tokens": 100_000, "labels": labels, "team": "red"}


def _of(value: str) -> str:
    from urllib.parse import urlencode

    return urlencode({"period": _PERIOD, "by": "label.customer", "value": value})


def test_from_card_to_frozen_statement(running: Running) -> None:
    """A card makes a statement for each customer; a frozen one stays as it was, says so on paper, and can be opened."""
    card = {"by": "label.customer", "declared": {"markup": "0.2", "monthly_fee": "10"}, "purpose": "charge_back"}
    made = running.post("/api/rate-cards", card)
    assert (made.status, made.json()["about"]) == (201, "cost + 20 %, $10 a month")
    month = running.get(f"/api/billing?period={_PERIOD}").json()
    by_value = {one["value"]: one for one in month["statements"]}
    assert {name: one["total"] for name, one in by_value.items()} == {"acme": "14.21", "=2+3": "10.30"}
    shares = sum((Decimal(one["cost_cents"]) for one in month["statements"]), Decimal(month["uncharged"]["cost_cents"]))
    assert shares == Decimal(month["cost_cents"]) == Decimal("4.09")

    frozen = running.post("/api/billing/closings", {"period": _PERIOD, "by": "label.customer", "value": "acme"})
    assert (frozen.status, len(frozen.json()["digest"]), frozen.json()["intact"]) == (201, 64, True)
    assert (
        running.post("/api/billing/closings", {"period": _PERIOD, "by": "label.customer", "value": "acme"}).status
        == 409
    )
    id_, revision = made.json()["id"], made.json()["revision"]
    dearer = {"declared": {"markup": "1"}, "revision": revision}
    assert running.send("PATCH", f"/api/rate-cards/{id_}", _json(dearer), _JSON).status == 200
    found = running.get(f"/api/billing/statement?{_of('acme')}").json()
    assert (found["total"], found["now"]["total"], found["frozen"]["digest"]) == (
        "14.21",
        "7.01",
        frozen.json()["digest"],
    )

    pdf = running.get(f"/api/billing/statement.pdf?{_of('acme')}")
    assert (pdf.status, pdf.body[:5], pdf.headers["content-type"]) == (200, b"%PDF-", "application/pdf")
    table = list(csv.DictReader(io.StringIO(running.get(f"/api/billing/statement.csv?{_of('=2+3')}").text)))
    assert {row["payer"] for row in table} == {"'=2+3"}

    assert running.send("DELETE", f"/api/billing/closings/{frozen.json()['id']}", None).status == 204
    assert running.get(f"/api/billing/statement?{_of('acme')}").json()["total"] == "7.01"
    page = running.get(f"/billing?period={_PERIOD}").text
    assert all(words in page for words in ("opened again", "froze", "acme", "Nobody", "$4.09"))


_JSON = {"Content-Type": "application/json"}


def _json(body: object) -> bytes:
    import json

    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"by": "nothing"}, "by"),
        ({"declared": {"markup": "-2"}}, "declared.markup"),
        ({"declared": {"monthly_fee": "much"}}, "declared.monthly_fee"),
        ({"declared": {"models": {"m": []}}}, "declared.models"),
        ({"declared": {"price": "1"}}, "price"),
        ({"currency": "EURO"}, "currency"),
        ({"since": "2026-10-02", "until": "2026-10-01"}, "until"),
        ({"purpose": "gift"}, "purpose"),
    ],
)
def test_cards_that_cannot_be(running: Running, body: dict[str, Any], field: str) -> None:
    """What a card cannot say is refused by the name of its field."""
    answer = running.post("/api/rate-cards", body)
    assert (answer.status, answer.json()["detail"]["field"]) == (422, field)


def test_months_that_cannot_be(running: Running) -> None:
    """A month that is none, one that is not over, and somebody whom nobody charges are told apart."""
    assert running.get("/api/billing?period=2026-13").status == 422
    assert running.get(f"/api/billing/statement?{_of('nobody')}").status == 404
    page = running.get("/billing?period=never")
    assert (page.status, "is no month" in page.text) == (200, True)


def test_focus_of_a_month(running: Running, tmp_path: Path) -> None:
    """The month as FOCUS, CSV and Parquet: each customer by the tag that is asked for, the money exact."""
    answer = running.get(f"/api/export/focus?period={_PERIOD}&tag=label.customer&version=1.4")
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert sum(Decimal(row["BilledCost"]) for row in table) == Decimal("4.088333333")
    assert any('"customer": "acme"' in row["Tags"] for row in table)
    assert running.get(f"/api/export/focus?period={_PERIOD}&format=parquet").body[:4] == b"PAR1"
    assert running.get("/api/export/focus?period=october").status == 422
