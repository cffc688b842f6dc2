"""Channels, deliveries and digests over HTTP, and that an address is told by nobody."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from servers.receivers import Got, mailbox, webhook
from servers.whole import Answer, Running

#: Planted: made here, and to be found nowhere afterwards.
SECRET = secrets.token_urlsafe(18).replace("-", "x").replace("_", "y")


def patch(server: Running, path: str, body: object) -> Answer:
    """Change something."""
    return server.send("PATCH", path, json.dumps(body).encode(), {"Content-Type": "application/json"})


@pytest.fixture(scope="module")
def hook() -> Iterator[Got]:
    """A webhook."""
    with webhook() as got:
        yield got


@pytest.fixture(autouse=True)
def taking(hook: Got) -> None:
    """The webhook takes what it is sent, and has nothing yet."""
    hook.posted.clear()
    hook.statuses[:] = [200]


@pytest.fixture(scope="module")
def channel(server: Running, hook: Got) -> Iterator[dict[str, Any]]:
    """A channel to it, with a secret in its path and its parameters."""
    made = server.post("/api/channels", {"title": "Ops", "url": f"{hook.url}/{SECRET}?key={SECRET}"})
    assert made.status == 201, made.text
    yield made.json()
    server.send("DELETE", f"/api/channels/{made.json()['id']}", None)


def test_sends_a_test(server: Running, hook: Got, channel: dict[str, Any]) -> None:
    """A test is sent at once to the address, and stands in the log."""
    answer = server.post(f"/api/channels/{channel['id']}/test", {})
    assert (answer.status, answer.json()) == (200, {"ok": True})
    assert hook.posted[0][0] == f"/{SECRET}?key={SECRET}"
    assert "Test of the channel Ops" in hook.messages[0]["title"]
    log = server.get(f"/api/deliveries?channel={channel['id']}").json()["deliveries"]
    assert (log[0]["state"], log[0]["channel_title"]) == ("sent", "Ops")


def test_says_why_a_test_failed(server: Running, hook: Got, channel: dict[str, Any]) -> None:
    """Where the other side refuses, the test says so, and nothing of the address."""
    hook.statuses[:] = [403]
    answer = server.post(f"/api/channels/{channel['id']}/test", {})
    assert answer.status == 502
    assert "403" in answer.json()["detail"]
    assert SECRET not in answer.text


def test_changes_without_the_address(server: Running, hook: Got, channel: dict[str, Any]) -> None:
    """What it wants can be changed without saying its address again; an old revision is refused."""
    path = f"/api/channels/{channel['id']}"
    changed = patch(server, path, {"wants": {"least": "critical", "resolved": False}, "revision": 1}).json()
    assert (changed["wants"]["least"], changed["wants"]["resolved"]) == ("critical", False)
    assert patch(server, path, {"title": "Other", "revision": 1}).status == 409
    assert server.post(f"{path}/test", {}).status == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "x"}, "url"),
        ({"url": "json://127.0.0.1/x"}, "title"),
        ({"title": "x", "url": f"nothing {SECRET}"}, "url"),
        ({"title": "x", "url": f"slack://{SECRET}"}, "url"),
        ({"title": "x", "url": f"syslog://{SECRET}"}, "url"),
        ({"title": "x", "url": f"mailto://u:{SECRET}@h?pgpprv=/etc/passwd"}, "url"),
        ({"title": "x", "url": f"json://h/{SECRET}", "wants": {"body": "{what}"}}, "wants.body"),
        ({"title": "x", "url": f"json://h/{SECRET}", "wants": {"least": "dire"}}, "wants.least"),
        ({"title": "x", "url": f"json://h/{SECRET}", "wants": {"most_an_hour": 0}}, "wants.most_an_hour"),
        ({"title": "x", "url": f"json://h/{SECRET}", "wants": {"rules": "all"}}, "wants.rules"),
    ],
)
def test_says_which_field_is_wrong(server: Running, body: dict[str, Any], field: str) -> None:
    """What cannot be kept is refused with its field and the reason, and an address is never quoted."""
    answer = server.post("/api/channels", body)
    assert answer.status == 422, answer.text
    assert answer.json()["detail"]["field"] == field
    assert SECRET not in answer.text


def test_tells_no_address(server: Running, hook: Got, channel: dict[str, Any]) -> None:
    """A planted secret is in no answer, no page, no log, no plain row of the database, and in no list of changes."""
    hook.statuses[:] = [500]
    server.post(f"/api/channels/{channel['id']}/test", {})
    asked = ["/api/channels", "/api/deliveries", "/api/changes", "/alerts", "/settings", "/api/health", "/sources"]
    said = "".join(server.get(path).text for path in asked)
    patch(server, f"/api/channels/{channel['id']}", {"url": f"{hook.url}/{SECRET}/other"})
    assert f"{hook.url}/…" in said
    with sqlite3.connect(server.data / "accounts.db") as database:
        said += "\n".join(database.iterdump())
    for path in sorted(server.data.rglob("*")):
        if path.is_file() and path.name != "secrets.key":
            said += path.read_bytes().decode("latin-1")
    said += log_of(server)
    assert SECRET not in said
    assert SECRET.encode().hex() not in said


def log_of(server: Running) -> str:
    """What the server has written to its standard error."""
    found = Path(f"/proc/{server.process.pid}/fd/2")
    try:
        return found.read_text(encoding="latin-1") if found.is_file() else ""
    except OSError:
        return ""


def test_sends_a_digest_with_its_pdf(server: Running) -> None:
    """A digest goes by e-mail, in words and with the dashboard as PDF, when somebody asks for it."""
    with mailbox() as box:
        made = server.post("/api/channels", {"title": "Mail", "url": box.url}).json()
        body = {"title": "Money", "channel": made["id"], "board": "usage", "tz": "Europe/Berlin", "every": "week"}
        digest = server.post("/api/digests", body)
        assert digest.status == 201, digest.text
        assert server.post(f"/api/digests/{digest.json()['id']}/send", {}).status == 202
        box.wait(1, 90)
        mail = box.mails[0]
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert str(mail["Subject"]).startswith("Weekly digest: Money")
        for word in ("Cost: $", "against the week before", "Top models", "Alerts", "/usage?range=custom"):
            assert word in text
        [pdf] = list(mail.iter_attachments())
        assert pdf.get_content().startswith(b"%PDF")  # type: ignore[attr-defined]
        server.send("DELETE", f"/api/digests/{digest.json()['id']}", None)
        server.send("DELETE", f"/api/channels/{made['id']}", None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"board": "nowhere"}, "board"),
        ({"channel": "nobody"}, "channel"),
        ({"every": "year"}, "every"),
        ({"hour": 24}, "hour"),
        ({"tz": "Mars"}, "tz"),
        ({"query": "trend=decade"}, "query"),
    ],
)
def test_says_which_field_of_a_digest_is_wrong(
    server: Running, channel: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    """A digest that could not be sent is refused when it is made."""
    whole = {"title": "x", "channel": channel["id"], "board": "usage"} | body
    answer = server.post("/api/digests", whole)
    assert (answer.status, answer.json()["detail"]["field"]) == (422, field)
