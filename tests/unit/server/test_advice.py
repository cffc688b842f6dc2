"""Advice and waste over HTTP, on the page, and what people answer to advice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from servers.whole import Running

PANEL = "/api/panels/decisions.advice?range=30d"


def _post(server: Running, key: str, what: str) -> Any:
    return server.post(f"/api/advice/{quote(key, safe='')}/{what}?range=30d", {})


def _listed(server: Running) -> dict[str, Any]:
    answer = server.get("/api/advice?range=30d")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def piece(server: Running) -> Iterator[dict[str, Any]]:
    """A piece of advice that saves something, of which nothing is left when the test is over."""
    found = next(one for one in _listed(server)["advice"] if one["saving"])
    yield found
    _post(server, found["key"], "undo")


def test_each_piece_says_all_that_it_rests_on(server: Running) -> None:
    """Savings, evidence, assumption, how to do it and a link to the calls, the largest saving first."""
    said = _listed(server)
    savings = [float(one["saving_a_month"]) for one in said["advice"] if one["saving_a_month"]]
    assert savings == sorted(savings, reverse=True)
    assert "do not add up" in said["note"]
    for one in said["advice"]:
        assert one["state"] == "open"
        assert all(one[name] for name in ("key", "title", "detail", "evidence", "assumption", "how_to", "rule"))
        if one["link"]:
            assert server.get(one["link"]).status == 200


def test_done_is_measured_and_can_be_undone(server: Running, piece: dict[str, Any]) -> None:
    """What is done is left out of what is advised, told with what it promised, and open again when it is undone."""
    key = piece["key"]
    html = server.get(PANEL).json()["html"]
    assert 'data-answer="done"' in html
    assert _post(server, key, "done").status == 201
    said = _listed(server)
    [done] = said["done"]
    assert (done["key"], done["saved"]) == (key, None)
    # A month's is by the window, which goes on.
    assert float(done["promised_a_month"]) == pytest.approx(float(piece["saving_a_month"]), rel=1e-3)
    assert next(one for one in said["advice"] if one["key"] == key)["state"] == "done"
    html = server.get(PANEL).json()["html"]
    assert "too few to measure" in html
    assert html.count('data-answer="undo"') == 1
    assert key not in {row[7] for row in server.get(PANEL).json()["rows"]}
    assert _post(server, key, "undo").json() == {"key": key, "state": "open"}
    assert _listed(server)["done"] == []
    assert _post(server, key, "undo").status == 404


def test_dismissed_is_left_out_everywhere(server: Running, piece: dict[str, Any]) -> None:
    """A dismissed piece is on no page, can be brought back, and can be said to be done after all."""
    assert _post(server, piece["key"], "dismiss").status == 201
    assert _listed(server)["dismissed"] == [{"key": piece["key"], "title": piece["title"]}]
    insights = server.get("/api/panels/analytics.insights?range=30d").json()
    assert piece["key"] not in {row[7] for row in insights["rows"]}
    assert "1 dismissed" in server.get(PANEL).json()["html"]
    assert _post(server, piece["key"], "done").status == 201
    assert _listed(server)["dismissed"] == []


def test_what_was_never_advised_cannot_be_answered(server: Running) -> None:
    """An unknown key is not there."""
    assert _post(server, "nothing|x|y", "done").status == 404


def test_waste(server: Running) -> None:
    """Every kind is told, those that no source tells of as unknown; sessions have links that lead somewhere."""
    answer = server.get("/api/waste?range=30d")
    assert answer.status == 200, answer.text
    kinds = {one["kind"]: one for one in answer.json()["waste"]}
    assert set(kinds) == {"retries", "loops", "rereads", "carried", "runs", "unrepaid", "cut"}
    for one in kinds.values():
        assert one["known"] is (one["cost"] is not None)
        assert one["definition"]
        assert one["mend"]
    [first, *_] = kinds["runs"]["top_sessions"]
    assert server.get(first["link"]).status == 200
    panel = server.get("/api/panels/decisions.waste?range=30d").json()
    assert "a month" in panel["html"]
    assert 'href="/session?' in panel["html"]


def test_the_page_begins_with_what_matters_most(server: Running) -> None:
    """Sentences say what was spent, what to do first, what was for nothing, how jobs ran; each leads on."""
    panel = server.get("/api/panels/decisions.brief?range=30d").json()
    told = {row[0]: row[2] for row in panel["rows"]}
    assert set(told) >= {"spent", "advice", "waste", "jobs"}
    assert told["spent"].startswith("Spent: $")
    assert told["advice"].startswith("The largest saving is $")
    best = next(one for one in _listed(server)["advice"] if one["saving"])
    assert best["title"] in told["advice"]
    assert panel["html"].count('href="#panel-decisions-') == len(told)
