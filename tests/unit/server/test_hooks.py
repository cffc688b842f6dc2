"""Hooks of a running server: unsigned while there is no secret, and signed from the moment that there is one."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from generators.sources import github, gitlab
from servers.whole import Running, running
from tokometer.settings.hooks import HookSecrets

SECRET = "a made-up secret".replace(" ", "-")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An empty server."""
    with running(tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("home")) as found:
        yield found


def test_a_hook_tells_of_changes(server: Running) -> None:
    """Whatever the order in which it does: the newest telling is right, and posted again it counts once."""
    for given in (github.MERGED, github.OPENED, github.MERGED, github.CLOSED, github.PUSHED, github.PING):
        assert server.post("/hooks/github", given).status == 200
    found = server.totals("changes.changes", "changes.merged", "changes.abandoned", "changes.tickets")
    assert found == {"changes": 2, "merged": 1, "abandoned": 1, "tickets": 2}
    call = {
        "id": "c-1",
        "started_at": "2026-03-02T10:00:00Z",
        "model": "gpt-5",
        "project": "/home/me/src/web-shop",
        "git_branch": "feature/PAY-7-later",
        "cost_usd": 2,
    }
    assert server.post("/api/records/calls", call).json()["accepted"] == 1
    assert float(server.totals("changes.merged_cost")["merged_cost"]) == 2
    listed = server.get("/api/query?measure=calls.cost&by=calls.change,calls.ticket&since=all").json()["rows"]
    assert [(row["change"], row["ticket"]) for row in listed] == [("acme/web-shop#12", "PAY-7")]


def test_own_records_tell_of_changes(server: Running) -> None:
    """A row a change, with the names that exports have; a merge before it was opened is refused."""
    row = {"repository": "acme/site", "number": 3, "head_ref": "x", "created_at": "2026-03-02T09:00:00Z"}
    merged = row | {"merged_at": "2026-03-03T09:00:00Z", "number": "3"}
    assert server.post("/api/records/changes", merged).json()["accepted"] == 1
    wrong = merged | {"number": "4", "opened_at": "2026-03-04T09:00:00Z"}
    [refused] = server.post("/api/records/changes", wrong).json()["refused"]
    assert refused["field"] == "merged_at"


def test_what_is_not_signed_is_refused(server: Running) -> None:
    """From the moment that there is a secret, without a restart; what cannot be checked is not taken either."""
    secrets = HookSecrets(Path(server.data), {})
    secrets.put("github", SECRET)
    secrets.put("gitlab", SECRET)
    body = json.dumps(github.OPENED).encode()
    signature = "sha256=" + hmac.new(SECRET.encode(), body, sha256).hexdigest()
    assert server.post("/hooks/github", body).status == 401
    assert server.post("/hooks/github", body, {"X-Hub-Signature-256": signature[:-1] + "x"}).status == 401
    assert server.post("/hooks/github", body, {"X-Hub-Signature-256": signature}).status == 200
    assert server.post("/hooks/gitlab", gitlab.MERGED).status == 401
    assert server.post("/hooks/gitlab", gitlab.MERGED, {"X-Gitlab-Token": SECRET}).json()["accepted"] == 1
    (Path(server.data) / "hooks.json").write_text("no JSON")
    assert server.post("/hooks/github", body, {"X-Hub-Signature-256": signature}).status == 503
