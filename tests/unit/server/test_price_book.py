"""The price book over HTTP and its page: own prices and discounts, re-costing that is shown, applied and undone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from servers.whole import Answer, Running

MODEL = "halyard-priced-by-test"
#: Before all that the shared ledger has, so that nobody else's figures change.
AT = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)


def _send(server: Running, method: str, path: str, body: object) -> Answer:
    return server.send(method, path, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _done(server: Running, id_: str, *states: str) -> dict[str, Any]:
    """A re-costing, once it is in one of these states."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found: dict[str, Any] = server.get(f"/api/prices/recost/{id_}").json()
        if found["state"] in (*states, "failed", "cancelled"):
            assert found["state"] in states, found
            return found
        time.sleep(0.05)
    raise AssertionError(f"still not {states}")


def _cost(server: Running) -> tuple[str | None, int]:
    [row] = server.get(
        f"/api/query?measure=calls.cost&measure=calls.unpriced&where=calls.model={MODEL}&since=7d&tz=UTC"
    ).json()["rows"]
    return row["cost"], row["unpriced"]


@pytest.fixture(scope="module")
def calls(server: Running) -> None:
    """Two calls of a model that no list knows, one with a cost that its source reported."""
    call = {
        "provider": "together",
        "model": MODEL,
        "time": AT.isoformat(),
        "input_tokens": 2_000_000,
        "output_tokens": 0,
    }
    told = [{**call, "id": "priced-1"}, {**call, "id": "priced-2", "cost": "7.25"}]
    assert server.post("/api/calls", told).json()["accepted"] == 2


@pytest.fixture
def own(server: Running) -> Iterator[list[str]]:
    """Ids of own prices that are removed afterwards."""
    made: list[str] = []
    yield made
    for one in made:
        server.send("DELETE", f"/api/prices/overrides/{one}", None)


@pytest.mark.usefixtures("calls")
def test_the_past_is_recosted_and_undone(server: Running, own: list[str]) -> None:
    """What a price would change is shown by model and changes nothing; applied it holds everywhere; undone nothing."""
    before = _cost(server)
    assert before == ("7.250000000", 1)
    added = server.post("/api/prices/overrides", {"provider": "together", "model": MODEL, "input": "1.5", "output": 4})
    assert added.status == 201, added.text
    own.append(added.json()["id"])
    # A model without a price gets its own at once, beside other work; a price that changes needs re-costing.
    until = time.monotonic() + 30
    while _cost(server)[1] and time.monotonic() < until:
        time.sleep(0.1)
    assert _cost(server) == ("10.250000000", 0)
    path = f"/api/prices/overrides/{own[0]}"
    changed = _send(server, "PATCH", path, {"input": "2", "revision": added.json()["revision"]})
    assert changed.status == 200, changed.text
    assert _send(server, "PATCH", path, {"input": "3", "revision": added.json()["revision"]}).status == 409
    asked = {"model": MODEL, "since": (AT - timedelta(days=1)).date().isoformat()}
    begun = server.post("/api/prices/recost", asked)
    assert begun.status == 202, begun.text
    looked = _done(server, begun.json()["id"], "staged")
    [model] = looked["models"]
    assert (model["model"], model["calls"]) == (MODEL, 1)
    assert (Decimal(model["before"]), Decimal(model["after"])) == (Decimal(3), Decimal(4))
    assert _cost(server) == ("10.250000000", 0)
    id_ = looked["id"]
    assert _send(server, "POST", f"/api/prices/recost/{id_}/apply", {}).status == 202
    assert _done(server, id_, "applied")["can_undo"]
    assert _cost(server) == ("11.250000000", 0)
    page = server.get("/prices").text
    assert MODEL in page
    assert _send(server, "POST", f"/api/prices/recost/{id_}/undo", {}).status == 202
    assert not _done(server, id_, "undone")["can_undo"]
    assert _cost(server) == ("10.250000000", 0)
    assert _send(server, "POST", f"/api/prices/recost/{id_}/undo", {}).status == 409


@pytest.mark.usefixtures("calls")
def test_every_model_that_was_seen_is_covered(server: Running) -> None:
    """Each model's calls are counted once: with a price, on an assumption, without one, of unknown usage."""
    told = server.get("/api/prices?history=false").json()
    [row] = server.get("/api/query?measure=calls.requests&since=all").json()["rows"]
    assert sum(one["requests"] for one in told["coverage"]) == row["requests"]
    assert all(
        one["requests"] == one["priced"] + one["no_price"] + one["usage_unknown"] and one["assumed"] <= one["priced"]
        for one in told["coverage"]
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"discount": 101}, "discount"),
        ({"input": "-1", "output": 1}, "input"),
        ({"input": 1, "output": 1, "since": "2026-02-30"}, "since"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_price_that_cannot_be_is_refused(server: Running, body: dict[str, Any], field: str) -> None:
    """It is not kept, and the field is named."""
    answer = server.post("/api/prices/overrides", {"provider": "together", "model": MODEL, **body})
    assert (answer.status, answer.json()["detail"]["field"]) == (422, field), answer.text
