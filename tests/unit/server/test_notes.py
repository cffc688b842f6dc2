"""Notes on times and saved views over HTTP: kept, shown as marks, bounded; and what is left when they cannot be had."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from servers.whole import Answer, Running, fill, running

NOW = datetime.now(UTC)


def iso(ago: timedelta) -> str:
    """A time so long ago."""
    return (NOW - ago).isoformat()


def patch(server: Running, path: str, body: object) -> Answer:
    """Change something."""
    return server.send("PATCH", path, json.dumps(body).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def note(server: Running) -> Iterator[dict[str, Any]]:
    """A note on a moment yesterday."""
    made = server.post(
        "/api/annotations", {"text": "Deployed <b>4.2</b>", "since": iso(timedelta(days=1)), "signed": "Ada"}
    )
    assert made.status == 201, made.text
    yield made.json()
    server.send("DELETE", f"/api/notes/{made.json()['id']}", None)


def told(server: Running, panel: str, query: str = "range=7d") -> list[str]:
    """What the periods of a panel's chart tell."""
    chart = server.get(f"/api/panels/{panel}?{query}").json()["chart"]
    return [text for tip in chart["tips"] for kind, text in tip[5] if kind == "note"]


@pytest.mark.parametrize("panel", ["overview.volume", "usage.kinds"])
def test_notes_are_marks_on_time_axes(server: Running, note: dict[str, Any], panel: str) -> None:
    """A chart over time bears the notes of its window, whether it marks prices or not; as text."""
    assert told(server, panel) == ["Deployed <b>4.2</b> (Ada)"]
    assert told(server, panel, "range=today") == []
    url = f"/api/notes/{note['id']}"
    assert patch(server, url, {"text": "Rolled back", "signed": ""}).status == 200
    assert told(server, panel) == ["Rolled back"]
    assert server.send("DELETE", url, None).status == 204
    assert told(server, panel) == []


def test_a_note_on_a_range_is_told_in_all_of_it(server: Running, note: dict[str, Any]) -> None:
    """Every period that it covers tells of it."""
    change = {"since": iso(timedelta(days=4)), "until": iso(timedelta(days=2))}
    assert patch(server, f"/api/notes/{note['id']}", change).status == 200
    assert len(told(server, "overview.volume", "range=30d")) == 3
    assert patch(server, f"/api/notes/{note['id']}", {"until": None}).json()["until"] is None
    assert len(told(server, "overview.volume", "range=30d")) == 1


def test_a_note_about_one_provider(server: Running, note: dict[str, Any]) -> None:
    """It is left out where the viewer looks at others."""
    patch(server, f"/api/notes/{note['id']}", {"filters": {"provider": ["openai"]}})
    assert told(server, "overview.volume") == ["Deployed <b>4.2</b> · openai (Ada)"]
    assert told(server, "overview.volume", "range=7d&provider=openai")
    assert told(server, "overview.volume", "range=7d&provider=anthropic") == []


def test_notes_of_a_page(server: Running, note: dict[str, Any]) -> None:
    """They are listed by window, with their times on the viewer's clocks."""
    [found] = server.get("/api/notes?range=7d&tz=Asia/Kolkata").json()["notes"]
    since = datetime.fromisoformat(note["since"]) + timedelta(hours=5, minutes=30)
    assert found["local"]["since"] == since.strftime("%Y-%m-%dT%H:%M")
    assert server.get("/api/notes?range=today").json()["notes"] == []
    assert server.get(f"/api/notes?until={iso(timedelta(days=2)).replace('+', '%2B')}").json()["notes"] == []
    local = {"text": "x", "since": "2026-03-02T10:00", "tz": "Europe/Berlin"}
    made = server.post("/api/notes", local).json()
    assert made["since"] == "2026-03-02T09:00:00+00:00"
    server.send("DELETE", f"/api/notes/{made['id']}", None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 2_001}, "text"),
        ({"text": 3}, "text"),
        ({"text": "a\0"}, "text"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "https://"}, "link"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-03-02T10:00"}, "since"),
        ({"since": True}, "since"),
        ({"since": 1e300}, "since"),
        ({"until": "2015-03-02T10:00:00Z"}, "until"),
        ({"filters": {"povider": ["x"]}}, "filters"),
        ({"filters": {"provider": []}}, "filters"),
        ({"filters": 3}, "filters"),
        ({"tz": "Mars/Base"}, "tz"),
        ({"id": "x"}, "id"),
        ({"text": "\ud800"}, "text"),
        ({"filters": {"provider": ["\ud800"]}}, "filters"),
        ({"since": "9" * 400}, "since"),
    ],
)
def test_what_cannot_be_noted(server: Running, change: dict[str, Any], field: str) -> None:
    """It is refused with the field that is wrong."""
    answer = server.post("/api/notes", {"text": "x", **change})
    assert (answer.status, answer.json()["detail"]["field"]) == (422, field), answer.text


def test_a_page_opens_with_a_view(server: Running) -> None:
    """A page without parameters opens as the view that was chosen for that; with any, as these say."""
    body = {"page": "models", "name": " EU ", "query": "?range=90d&compare=0&live=1", "is_default": True}
    view = server.post("/api/views", body).json()
    url = f"/api/views/{view['id']}"
    try:
        assert (view["name"], view["query"]) == ("EU", "range=90d&compare=0")
        taken = server.post("/api/views", {"page": "models", "name": "EU"})
        assert (taken.status, taken.json()["detail"]["field"]) == (409, "name")
        assert 'data-range="90d" aria-pressed="true"' in server.get("/models").text
        assert 'data-range="today" aria-pressed="true"' in server.get("/models?range=today").text
        assert patch(server, url, {"name": "US", "is_default": False}).json()["name"] == "US"
        assert 'data-range="90d" aria-pressed="true"' not in server.get("/models").text
        assert [one["name"] for one in server.get("/api/views?page=models").json()["views"]] == ["US"]
        assert server.get("/api/views?page=usage").json()["views"] == []
        assert 'data-page="explore"' in server.get("/explore").text
    finally:
        assert server.send("DELETE", url, None).status == 204
    assert server.send("DELETE", url, None).status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"page": "usage"}, "name"),
        ({"page": "", "name": "x"}, "page"),
        ({"page": "usage", "name": "x", "query": "&".join(f"a{n}=1" for n in range(500))}, "query"),
        ({"page": "usage", "name": "x", "is_default": 1}, "is_default"),
        ({"page": 1, "name": "x"}, "page"),
        ({"page": "usage", "name": "x", "query": "a=\ud800"}, "query"),
    ],
)
def test_what_is_no_view(server: Running, body: dict[str, Any], field: str) -> None:
    """It is refused with the field that is wrong."""
    answer = server.post("/api/views", body)
    assert (answer.status, answer.json()["detail"]["field"]) == (422, field)


def test_usage_goes_on_without_them(tmp_path: Path) -> None:
    """With a damaged database every page has its numbers, and says what is missing beside them, and why."""
    data = tmp_path / "data"
    fill(data, days=8, calls=200)
    (data / "accounts.db").write_bytes(b"not a database, whatever its name may be " * 100)
    with running(data, tmp_path / "home") as server:
        panel = server.get("/api/panels/overview.volume?range=7d")
        assert (panel.status, panel.json()["empty"]) == (200, False)
        for path in ("/api/notes", "/api/views", "/api/boards/own-x"):
            answer = server.get(path)
            assert (answer.status, "accounts.db is damaged" in answer.text) == (503, True)
        for path in ("/usage", "/boards"):
            page = server.get(path, {"Accept": "text/html"})
            assert page.status == 200
            assert "Saved views, notes, own dashboards, budgets and alert rules cannot be had just now" in page.text
        (data / "accounts.db").unlink()
        assert server.post("/api/notes", {"text": "mended"}).status == 201
        assert "cannot be had" not in server.get("/usage").text
