"""Accounts with providers over HTTP, against made-up providers; and no key is found anywhere afterwards."""

from __future__ import annotations

import base64
import json
import secrets
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.openai import OpenAI
from providers.serving import Asked, Reply, serving
from servers import forked
from servers.whole import Running, environment, running

PATIENCE = 120.0


class Echoing(OpenAI):
    """An organisation that quotes the key, where it does not like it, in each form that one could think of."""

    def allows(self, asked: Asked) -> bool:
        """Everybody gets an answer of its own."""
        return True

    def answer(self, asked: Asked) -> Reply:
        """As a bad gateway does."""
        given = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if given == self.key:
            return super().answer(asked)
        forms = [given, base64.b64encode(given.encode()).decode(), urllib.parse.quote(given, safe="")]
        return Reply({"error": {"message": f"Incorrect API key provided: {' '.join(forms)}"}}, 401)


@dataclass
class Scene:
    """A server, and a provider that it can ask."""

    server: Running
    provider: Echoing
    address: str

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """A status, and what was said."""
        content = None if body is None else json.dumps(body).encode()
        answer = self.server.send(method, f"/api/accounts{path}", content, {"Content-Type": "application/json"})
        return answer.status, answer.json() if answer.body else None

    def add(self, **more: Any) -> dict[str, Any]:
        """Connect an account of the provider."""
        body = {"type": "openai", "title": "Ours", "address": f"{self.address}/v1", "key": self.provider.key} | more
        status, said = self.send("POST", "", body)
        assert status == 201, said
        return dict(said)

    def until(self, account: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """An account once something holds for it."""
        end = time.monotonic() + PATIENCE
        while True:
            _, said = self.send("GET", f"/{account}")
            if holds(said):
                return dict(said)
            assert time.monotonic() < end, said
            time.sleep(0.05)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One of each for all tests."""
    folder = tmp_path_factory.mktemp("accounts")
    provider = Echoing()
    provider.key = "sk-" + "admin-" + secrets.token_hex(24)
    today = datetime.now(UTC).date()
    provider.charge(today.replace(day=1), "12.34", line_item="gpt-5, input", project_id="proj_a")
    provider.charge(today - timedelta(days=40), "7.00", line_item="gpt-5, input", project_id="proj_a")
    with ExitStack() as stack:
        address = stack.enter_context(serving(provider))
        server = stack.enter_context(running(folder / "data", folder / "home"))
        yield Scene(server, provider, address)


def test_an_account_is_tested_synced_rotated_and_removed(scene: Scene) -> None:
    """Its state, spend and key's mask are told, its error and remedy; what it stated stays when it goes."""
    key, wrong = scene.provider.key, "sk-" + "admin-" + secrets.token_hex(24)
    first = {"type": "openai", "address": f"{scene.address}/v1", "key": key}
    assert scene.send("POST", "/test", first) == (200, {"ok": True, "facts": {}})
    status, said = scene.send("POST", "/test", first | {"key": wrong})
    assert (status, said["detail"]["field"]) == (422, "key")
    account = scene.add()
    assert account["key"] == {"kept": True, "shown": f"sk-admin-…{key[-4:]}", "variable": ""}
    found = scene.until(account["id"], lambda one: one["state"] == "Connected")
    assert (found["month"], found["error"]) == ({"amount": "12.34", "by": "billed"}, None)
    assert (found["is_connected"], found["monthly_usage"], found["api_key_configured"]) == (True, "12.34", True)
    assert found["balance"]["amount"] is None
    assert "top-ups" in found["balance"]["how"]
    [run] = scene.send("GET", f"/{account['id']}/runs")[1]["runs"]
    assert (run["state"], run["new"]) == ("done", 2)
    # Another key, which is wrong: its error says what to do, and what was known stays.
    at = f"/{account['id']}"
    assert scene.send("PATCH", at, {"key": wrong, "revision": 7})[0] == 409
    assert scene.send("PATCH", at, {"key": wrong, "revision": account["revision"]})[0] == 200
    failing = scene.until(account["id"], lambda one: one["standing"] == "critical")
    assert "key" in failing["remedy"].lower()
    assert (failing["synced"], failing["month"]["amount"]) == (found["synced"], "12.34")
    assert scene.send("POST", f"{at}/test")[0] == 422
    # Elsewhere than where it was typed for, a key is not sent.
    status, said = scene.send("PATCH", at, {"address": "http://127.0.0.1:9/v1"})
    assert (status, said["detail"]["field"]) == (422, "key")
    assert scene.send("PATCH", at, {"key": key})[0] == 200
    scene.until(account["id"], lambda one: one["state"] == "Connected")
    changes = scene.send("GET", "/changes")[1]["changes"]
    assert {"sealed": "…", "shown": f"sk-admin-…{key[-4:]}"}.items() <= changes[0]["what"].items()
    assert scene.send("DELETE", at) == (204, None)
    assert scene.send("GET", at)[0] == 404
    billed = scene.server.totals("bills.amount")["amount"]
    assert float(billed) == pytest.approx(19.34)


def test_a_balance_is_worked_out_from_what_was_put_in(scene: Scene) -> None:
    """The last count and what was put in since, less what was billed since; how is said in words."""
    account = scene.add(title="Prepaid")
    at = f"/{account['id']}/top-ups"
    scene.until(account["id"], lambda one: one["state"] == "Connected")
    before = (datetime.now(UTC) - timedelta(days=60)).date().isoformat()
    status, made = scene.send("POST", at, {"at": before, "amount": "100.00", "counted": True})
    assert status == 201
    assert scene.send("POST", at, {"at": before, "amount": "5", "note": "card"})[0] == 201
    found = scene.send("GET", f"/{account['id']}")[1]["balance"]
    # Both bills are of the other account, which stated the same lines; this one has its own.
    assert (found["amount"], found["by"]) == ("85.66", "worked out")
    assert "− 19.34 billed since" in found["how"]
    assert scene.send("PATCH", f"{at}/{made['id']}", {"unit": "credits", "revision": 1})[0] == 200
    assert scene.send("GET", f"/{account['id']}")[1]["balance"]["amount"] is None
    assert scene.send("PATCH", f"{at}/{made['id']}", {"amount": "x"})[1]["detail"]["field"] == "amount"
    assert scene.send("DELETE", f"{at}/{made['id']}")[0] == 204
    assert [one["note"] for one in scene.send("GET", at)[1]["top_ups"]] == ["card"]
    scene.send("DELETE", f"/{account['id']}")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "nobody"}, "type"),
        ({"type": "openai"}, "key"),
        ({"type": "openai", "key": "sk-x y" * 4}, "key"),
        ({"type": "openai", "variable": "AWS_SECRET_ACCESS_KEY"}, "variable"),
        ({"type": "openai", "variable": "TOKOMETER_SECRETS_KEY"}, "variable"),
        ({"type": "openai", "key": "k" * 20, "address": "file:///etc/passwd"}, "address"),
        ({"type": "openai", "key": "k" * 20, "options": {"names": "maybe"}}, "options.names"),
        ({"type": "openai", "key": "k" * 20, "every": 1}, "every"),
        ({"type": "openai", "key": "k" * 20, "sealed": "v1:"}, "sealed"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(scene: Scene, body: dict[str, Any], field: str) -> None:
    """Nothing is kept; nothing of a key is quoted."""
    status, said = scene.send("POST", "", body)
    assert (status, said["detail"]["field"]) == (422, field)


def test_files_are_taken_where_a_kind_takes_them(scene: Scene) -> None:
    """By their endings; another kind of account takes none."""
    _, account = scene.send("POST", "", {"type": "focus", "title": "Cloud"})
    at = f"/api/accounts/{account['id']}/upload?name="
    assert scene.server.send("POST", f"{at}bill.exe", b"x").status == 422
    assert scene.server.send("POST", f"{at}bill.csv", b"").status == 400
    assert scene.server.send("POST", f"{at}bill.csv&written=lately", b"x").json()["detail"]["field"] == "written"
    assert scene.server.send("POST", f"{at}bill.csv", b"a,b\n1,2\n").status == 202
    found = scene.until(account["id"], lambda one: (one["run"] or {}).get("state", "running") != "running")
    assert found["run"]["trigger"] == "upload"
    assert not list(scene.server.data.rglob(".upload-*"))
    scene.send("DELETE", f"/{account['id']}")


def test_no_key_is_found_anywhere(scene: Scene, tmp_path: Path) -> None:
    """Neither in files of the data folder or the log, nor in any answer, the check-up or an export, sealed aside."""
    key = "sk-" + "admin-" + secrets.token_hex(24)
    first = {"type": "openai", "address": f"{scene.address}/v1", "key": key}
    account = scene.add(title="Searched", key=key)
    scene.until(account["id"], lambda one: one["error"] is not None)
    answers = [
        scene.server.post("/api/accounts/test", first).body,
        scene.server.post("/api/accounts", first | {"title": ""}).body,
        scene.server.post("/api/accounts", {**first, "every": key}).body,
        scene.server.post("/api/accounts", {**first, key: key}).body,
        *(
            scene.server.get(path).body
            for path in (
                *("/accounts", "/api/accounts", "/api/accounts/kinds", "/api/accounts/changes", "/sources", "/alerts"),
                f"/api/accounts/{account['id']}/runs",
                f"/api/accounts/{account['id']}/versions",
                *("/api/openapi.json", "/api/providers/list", "/metrics", "/api/config/dashboard"),
            )
        ),
    ]
    for command in (
        ("doctor", "--json"),
        ("export", str(tmp_path / "out.csv"), "--kind", "bills"),
        ("accounts", "list"),
    ):
        done = forked.run(
            [forked.COMMAND, *command, "--data", str(scene.server.data)],
            env=environment(scene.server.home),
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        answers += [done.stdout, done.stderr]
    files = [path.read_bytes() for path in [*scene.server.data.rglob("*"), *tmp_path.rglob("*")] if path.is_file()]
    assert len(files) > 3
    assert any(b"v1:" in content for content in files), "it is kept, sealed"
    forms = [key.encode(), base64.b64encode(key.encode()), key[10:-4].encode(), key.encode()[::-1]]
    for form in forms:
        assert not any(form in content for content in (*answers, *files))
    scene.send("DELETE", f"/{account['id']}")
    assert (scene.server.data / "secrets.key").stat().st_mode & 0o077 == 0
