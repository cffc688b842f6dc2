"""Targets of a running server: from the settings, from the page, and those that it finds."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generators.sources.ollama import LLAMA, ON_DISK, SHOWN
from servers import forked
from servers.answering import Answering, Reply, answering
from servers.whole import Running, running

SECRET = "s3cr" + "et-of-a-test"


def until(holds: Callable[[], Any]) -> Any:
    """What comes to hold."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError


@pytest.fixture
def ollama() -> Iterator[Answering]:
    """An Ollama with two models."""
    replies = {
        "/api/tags": {"models": ON_DISK},
        "/api/ps": {"models": []},
        "/api/show": SHOWN,
        "/api/version": {"version": "0.33.1"},
    }
    with answering({path: Reply(json.dumps(value).encode()) for path, value in replies.items()}) as found:
        yield found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server that looks for nothing by itself."""
    with running(tmp_path / "data", tmp_path / "home") as found:
        yield found


def targets(server: Running) -> list[dict[str, Any]]:
    """What it asks."""
    found: list[dict[str, Any]] = server.get("/api/targets").json()["targets"]
    return found


def state(server: Running) -> str:
    """How its only target is doing."""
    found = targets(server)
    return str(found[0]["state"]) if found else ""


def models(server: Running) -> list[str]:
    """The models that it has been told of."""
    question = {"measures": ["models.models"], "by": ["models.model"], "since": "all"}
    return sorted(row["model"] for row in server.post("/api/query", question).json()["rows"])


def test_a_target_of_the_settings_is_asked_while_the_server_runs(server: Running, ollama: Answering) -> None:
    """It is taken from the file as soon as it stands there, and let go as soon as it does not."""
    settings = server.data / "tokometer.toml"
    settings.write_text(f'[[target]]\nsource = "ollama"\nurl = "{ollama.url}"\nname = "gpu-1"\n')
    until(lambda: state(server) == "up")
    assert until(lambda: models(server)) == [ON_DISK[0]["name"], ON_DISK[1]["name"]]
    [target] = targets(server)
    assert (target["origin"], target["records"], target["problem"]) == ("file", 2, None)
    assert server.send("DELETE", f"/api/targets/{target['id']}", None).status == 409
    settings.write_text("")
    until(lambda: not targets(server))


def test_one_is_added_changed_paused_asked_and_removed_on_the_page(server: Running, ollama: Answering) -> None:
    """Everything that a person does with a target."""
    form = {
        "source": "ollama",
        "url": ollama.url,
        "name": "gpu-1",
        "secret": SECRET,
        "every": 600,
        "labels": {"rack": "7"},
    }
    added = server.post("/api/targets", form)
    assert added.status == 201
    at = f"/api/targets/{added.json()['id']}"
    until(lambda: state(server) == "up")
    assert ollama.heard[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in server.get("/api/targets").text
    assert SECRET not in server.get("/sources").text
    assert SECRET not in (server.data / "targets.json").read_text()

    assert server.post("/api/targets", form).json()["detail"]["field"] == "name"
    count = len(ollama.heard)
    assert server.post(f"{at}/ask", {}).status == 200
    until(lambda: len(ollama.heard) > count)

    changed = {**form, "secret": "", "every": 2, "keep_secret": True}
    assert server.send("PUT", at, json.dumps(changed).encode()).status == 200
    until(lambda: targets(server)[0]["every"] == 2)
    count = len(ollama.heard)
    until(lambda: len(ollama.heard) > count)
    assert ollama.heard[-1].headers["Authorization"] == f"Bearer {SECRET}"

    assert server.post(f"{at}/pause", {"paused": True}).status == 200
    until(lambda: state(server) == "paused")
    assert server.post(f"{at}/pause", {"paused": False}).status == 200
    until(lambda: state(server) == "up")
    assert server.send("DELETE", at, None).status == 204
    until(lambda: not targets(server))
    assert server.send("DELETE", at, None).status == 404


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"source": "nobody", "url": "http://x"}, "source"),
    ({"source": "claude_code", "url": "http://x"}, "source"),
    ({"source": "ollama"}, "url"),
    ({"source": "ollama", "url": "gpu-1"}, "url"),
    ({"source": "ollama", "url": "http://me:pw@x"}, "url"),
    ({"source": "ollama", "url": "http://x:99999"}, "url"),
    ({"source": "ollama", "url": "http://x", "every": 0.5}, "every"),
    ({"source": "ollama", "url": "http://x", "every": "soon"}, "every"),
    ({"source": "ollama", "url": "http://x", "options": {"a": [1]}}, "options"),
    ({"source": "ollama", "url": "http://x", "secret": "a", "secret_env": "TOKOMETER_B"}, "secret_env"),
    ({"source": "ollama", "url": "http://x", "secret_env": "AWS_SECRET_ACCESS_KEY"}, "secret_env"),
    ({"source": "ollama", "url": "http://x", "secret_file": "/etc/passwd"}, "secret_file"),
    ({"source": "ollama", "url": "http://x", "odd": 1}, "odd"),
]


def test_a_mistake_is_told_at_its_field(server: Running) -> None:
    """Whoever fills in a form sees which field is wrong, and what would be right."""
    for form, field in MISTAKES:
        answer = server.post("/api/targets", form)
        assert (answer.status, answer.json()["detail"]["field"]) == (422, field)
    assert not (server.data / "targets.json").exists()


def test_a_body_that_is_none_is_refused(server: Running) -> None:
    """What no file and no page can hold is not taken."""
    halves = (b'{"url": "\\ud800"}', b'{"labels": {"\\ud800": "a"}}', b'{"url": "a\\u0000"}')
    for body in (b"{", b"[]", *halves, b"x" * 70_000, b"\xff"):
        assert server.post("/api/targets", body).status in (400, 413)


def test_one_that_is_down_is_told_and_counted(server: Running) -> None:
    """On the page, in the API and in /metrics: since when, why, and when it is asked next."""
    server.post("/api/targets", {"source": "ollama", "url": "http://127.0.0.1:1", "name": "gone"})
    until(lambda: state(server) == "down")
    [target] = targets(server)
    assert "refused" in target["problem"]
    assert target["next_at"] > target["asked_at"]
    assert 'tokometer_target_up{source="ollama",target="gone"} 0' in server.get("/metrics").text
    assert "Down for" in server.get("/sources").text
    done = forked.run(
        [Path(sys.executable).with_name("tokometer"), "doctor", "--data", server.data],
        env={"HOME": str(server.home), "PATH": os.environ["PATH"]},
        text=True,
        timeout=60,
        check=True,
    )
    assert re.search(r"gone +Ollama +down: nothing listens there", done.stdout)


def test_what_listens_here_is_found_without_being_named(tmp_path: Path, ollama: Answering) -> None:
    """An Ollama at OLLAMA_HOST is asked; with --no-discover it is not."""
    env = {"OLLAMA_HOST": ollama.url.removeprefix("http://")}
    with running(tmp_path / "data", tmp_path / "home", discover=True, env=env) as server:
        until(lambda: state(server) == "up")
        assert until(lambda: LLAMA in models(server))
        [target] = targets(server)
        assert target["origin"] == "local"
    ollama.heard.clear()
    with running(tmp_path / "other", tmp_path / "home", env=env) as server:
        time.sleep(1.5)
        assert targets(server) == []
    assert not ollama.heard
