"""The webhook of a running server: tried out first, then taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from servers.whole import Running, running

BODY = {
    "rows": [{"uid": "r-1", "at": "2026-03-02T09:00:00Z", "m": "gpt-4o-mini", "u": {"prompt_tokens": 10}, "odd": 1}]
}
SETTINGS = """
[[webhook]]
name = "edge"
each = "rows"
usage = "u"
fields = { id = "uid", started_at = "at", model = "m" }
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose settings name a webhook."""
    data: Path = tmp_path_factory.mktemp("data")
    (data / "tokometer.toml").write_text(SETTINGS)
    with running(data, tmp_path_factory.mktemp("home")) as found:
        yield found


def test_a_preview_keeps_nothing(server: Running) -> None:
    """What would be taken is shown with what is not understood, and nothing of it is kept."""
    said = server.post("/api/webhooks/edge/preview", BODY).json()
    (call,) = said["would_take"]
    assert (said["settled"], said["records"], said["refused"]) == (True, 1, 0)
    assert (call["model"], call["input_tokens"], call["started_at"]) == ("gpt-4o-mini", 10, "2026-03-02T09:00:00+00:00")
    assert [one["name"] for one in said["not_understood"]] == ["odd"]
    unknown = server.post("/api/webhooks/other/preview", {"hello": "world"}).json()
    assert (unknown["settled"], unknown["refused"]) == (False, 1)
    assert server.totals()["requests"] == 0
    assert server.post("/api/webhooks/edge/preview", b"{").json()["refused"] == 1
    assert server.post("/api/webhooks/edge/preview", b"[1").status == 400
    assert server.post("/api/webhooks/edge/preview", BODY, {"Content-Type": "text/plain"}).status == 415


def test_a_webhook_takes(server: Running) -> None:
    """What settings say holds for what is posted, once however often it is."""
    for expected in ("accepted", "duplicate"):
        answer = server.post("/api/webhooks/edge", BODY)
        assert (answer.status, answer.json()[expected]) == (200, 1)
    large = {"rows": BODY["rows"], "padding": "x" * 200_000}
    assert server.post("/api/webhooks/edge", json.dumps(large).encode()).json()["duplicate"] == 1
    assert (server.totals()["requests"], server.totals()["input_tokens"]) == (1, 10)
