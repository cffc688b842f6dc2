"""A ledger that cannot be asked: whoever asks is told so, and when to try again; never a 500."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generators.otlp_spans import as_json, protobuf, span
from servers.inside import Inside, inside
from tokometer.ledger import LedgerUnavailable
from tokometer.server.places import PAGES
from tokometer.server.rendering import panels

_CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 10}
_CALL = {"started_at": "2026-11-01T12:00:00Z", "provider": "openai", "model": "gpt-4o", "input_tokens": 1}
#: What a ledger can be asked.
_METHODS = ("commit", "settle", "fetch", "cursors", "stats", "audit", "reprice", "prune", "forget")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Inside]:
    """A server with one call."""
    with inside(tmp_path / "data", tmp_path / "home") as found:
        assert found.post("/api/calls", [_CALL]).status == 200
        yield found


def _away(server: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Any:
        raise LedgerUnavailable("the disk is away", 7)

    for name in _METHODS:
        monkeypatch.setattr(server.runtime.ledger, name, refuse)
    for memory in (server.runtime.results, server.runtime.rendered, server.runtime.replies, server.runtime.names):
        memory.clear()


def test_every_address_says_when_to_come_back(server: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever needs the ledger answers 503 with Retry-After and the reason; what does not need it goes on."""
    token = {"Authorization": f"Bearer {server.runtime.token}"}
    plain = [path.replace("{", "").replace("}", "") for path in server.paths if path != "/api/live"]
    paths = [*(path for path in plain if "panel_id" not in path), *(f"/api/panels/{one}" for one in panels())]
    whole = {path: server.get(path, token).status for path in paths}
    assert 500 not in whole.values()
    _away(server, monkeypatch)
    needed = 0
    for path, before in whole.items():
        answer = server.get(path, token)
        assert answer.status in (before, 503), f"{path}: {before} became {answer.status}"
        if answer.status == 503:
            needed += 1
            assert answer.headers["retry-after"] == "7", path
            assert "the disk is away" in answer.text, path
    assert needed > 100


def test_pages_say_it_to_people(server: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is a page also then: with its sidebar, the reason in words, and another try by itself."""
    _away(server, monkeypatch)
    for page in PAGES:
        answer = server.get(page.url, {"Accept": "text/html,application/xhtml+xml"})
        assert answer.status == 503, page
        assert answer.headers["content-type"].startswith("text/html")
        assert "the disk is away." in answer.text
        assert 'http-equiv="refresh" content="7"' in answer.text
        assert 'href="/sources"' in answer.text


@pytest.mark.parametrize(
    ("path", "body", "headers", "reason"),
    [
        ("/api/calls", json.dumps(_CALL).encode(), {}, lambda body: json.loads(body)["error"]),
        ("/api/records/scores", b'{"name": "x", "value": 1, "at": "2026-11-01T12:00:00Z"}', {}, None),
        ("/v1/traces", json.dumps(as_json(span(attributes=_CHAT))).encode(), {}, lambda b: json.loads(b)["message"]),
        ("/v1/traces", protobuf(span(attributes=_CHAT)), {"Content-Type": "application/x-protobuf"}, bytes.decode),
        ("/api/query", b'{"measures": ["calls.cost"]}', {}, lambda body: json.loads(body)["detail"]),
    ],
)
def test_whoever_sends_is_told_to_send_again(
    server: Inside,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    body: bytes,
    headers: dict[str, str],
    reason: Callable[[bytes], str] | None,
) -> None:
    """Ingest answers 503 with Retry-After in the sender's own encoding, which is what exporters retry."""
    with monkeypatch.context() as gone:
        _away(server, gone)
        answer = server.post(path, body, headers)
        assert (answer.status, answer.headers["retry-after"]) == (503, "7")
        if reason is not None:
            assert "the disk is away" in reason(answer.body)
    assert server.post(path, body, headers).status == 200


def test_commands_are_told_in_one_line(server: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """What commands ask for says the reason, in a stream as its last line."""
    _away(server, monkeypatch)
    token = {"Authorization": f"Bearer {server.runtime.token}"}
    assert server.get("/api/control/doctor", token).status == 503
    lines = server.post("/api/control/import", {}, token).text.splitlines()
    assert json.loads(lines[-1]) == {"error": "the disk is away"}


def test_readiness_and_metrics(server: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor is told the reason; Prometheus gets what is known without the ledger."""
    _away(server, monkeypatch)
    answer = server.get("/readyz")
    assert (answer.status, answer.text) == (503, "not ready: the disk is away\n")
    assert server.get("/healthz").status == 200
    metrics = server.get("/metrics")
    assert metrics.status == 200
    assert "tokometer_pending_records 0" in metrics.text
