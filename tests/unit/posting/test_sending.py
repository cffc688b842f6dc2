"""What arrives at each service, as far as its address can be another one, and what the process that sends knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import pytest

from servers.receivers import Got, webhook
from tokometer.posting.post import File, Message, Post
from tokometer.posting.sending import harmless, send


@pytest.fixture(scope="module")
def hook() -> Iterator[Got]:
    """A webhook."""
    with catch_warnings():
        # It imports what later Pythons have no more, where they have it.
        simplefilter("ignore", DeprecationWarning)
        import apprise

        apprise.Apprise.instantiate("json://127.0.0.1")
    with webhook() as got:
        yield got


def plugin(name: str) -> Any:
    """The class that Apprise sends with."""
    import apprise

    return apprise.plugins.N_MGR[name]


#: Address, the class attribute that holds the host, what is put there, and where the words are in the payload.
CHATS: list[tuple[str, str, str, str]] = [
    ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7/", "webhook_url", "{url}/services", "Rule r"),
    (
        "discord://417429632418316298/JHZ7lQml277CDHmQKMHI8qBe7bk2ZwO5UKjCiOAF7711/",
        "notify_url",
        "{url}/hooks",
        "Rule r",
    ),
    ("tgram://123456789:AAF8ApaPG7t6kHNRsx2hhzKIuIYkTXK7o0Q/12315544/", "notify_url", "{url}/bot", "Rule r"),
]


@pytest.mark.parametrize(("url", "attribute", "host", "words"), CHATS, ids=["slack", "discord", "telegram"])
def test_chats_are_told(
    hook: Got, monkeypatch: pytest.MonkeyPatch, url: str, attribute: str, host: str, words: str
) -> None:
    """Slack, Discord and Telegram get the words and the link in their own payload."""
    hook.posted.clear()
    if url.startswith("slack:"):
        monkeypatch.setattr(hook, "answer", b"ok")
    monkeypatch.setattr(plugin(url.partition("://")[0]), attribute, host.format(url=hook.url))
    link = "http://127.0.0.1:7420/usage?team=research"
    task = {"url": url, "title": "⚠️ Rule r: ada", "body": f"$52 is above $50\n{link}", "kind": "warning"}
    assert send(task) == {"ok": True, "why": "", "lasting": False, "attached": False}
    payload = json.dumps(hook.messages[-1], ensure_ascii=False)
    assert words in payload
    assert "$52 is above $50" in payload
    assert "/usage?team=research" in payload


def test_teams_is_told(hook: Got, monkeypatch: pytest.MonkeyPatch) -> None:
    """Microsoft Teams gets an adaptive card by its workflow, whose host stands in the address."""
    import requests

    hook.posted.clear()
    # Apprise speaks https alone there: the receiver here has no certificate.
    told = requests.Session.request

    def plain(self: Any, method: str, url: str, **more: Any) -> Any:
        return told(self, method, url.replace("https://", "http://"), **more)

    monkeypatch.setattr(requests.Session, "request", plain)
    host = hook.url.removeprefix("http://")
    task = {"url": f"workflows://{host}/643e69f83c8944438/KODuebWbDGYFr0z0eu/", "title": "Rule r", "body": "is over"}
    assert send(task)["ok"]
    [(path, body)] = hook.posted
    assert path.startswith("/workflows/643e69f83c8944438/triggers/manual/paths/invoke")
    card = json.loads(body)
    assert card["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert "is over" in json.dumps(card)


def test_calls_nobody() -> None:
    """Names from records cannot call everybody in a chat; addresses of people stay as they are."""
    said = harmless("model @everyone <!channel> <@U123> @here of ada@example.com")
    for call in ("@everyone", "<!channel>", "<@U123>", "@here"):
        assert call not in said
    assert "ada@example.com" in said


def test_does_not_follow_elsewhere(hook: Got) -> None:
    """An answer that leads elsewhere is a failure: whoever leads would be told a secret."""
    hook.posted.clear()
    hook.statuses[:] = [302, 200]
    answer = send({"url": f"{hook.url}/secret-path", "title": "t", "body": "b"})
    assert not answer["ok"]
    assert "secret-path" not in answer["why"]
    hook.statuses[:] = [200]


def test_a_process_sends_with_a_file(hook: Got, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that sends reads no home, no netrc, no plugin and no variable of ours, and takes a file with it."""
    hook.posted.clear()
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password hunter2")
    (tmp_path / ".config" / "apprise").mkdir(parents=True)
    (tmp_path / ".config" / "apprise" / "apprise.yml").write_text(f"urls:\n - json://{hook.url[7:]}/config\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APPRISE_URLS", f"json://{hook.url[7:]}/variable")
    sent = Post().send(f"{hook.url}/in", Message(title="t", body="b", file=File(name="a.pdf", content=b"%PDF")))
    assert sent.ok
    assert sent.attached
    assert [path for path, _ in hook.posted] == ["/in"]
    assert hook.messages[0]["attachments"][0]["filename"] == "a.pdf"


def test_what_hangs_is_ended(hook: Got) -> None:
    """A service that does not answer is waited for as long as is allowed, and whoever ends does not wait for it."""
    stuck = threading.Event()
    hook.before = lambda: stuck.wait(20)  # type: ignore[assignment,return-value]
    try:
        sent = Post(patience=0.5, around=2).send(f"{hook.url}/hidden-path", Message(title="t", body="b"))
        assert not sent.ok
        assert "hidden-path" not in sent.why
    finally:
        stuck.set()
        hook.before = lambda: None


def test_the_server_never_loads_apprise() -> None:
    """Neither the server nor whoever announces imports the library: only the process that sends does."""
    code = "import sys, tokometer.server.app, tokometer.posting.post; sys.exit('apprise' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == 0
