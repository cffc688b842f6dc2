"""Killed between what happened and what was said of it, a server neither forgets an alert nor tells of it twice."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from servers.receivers import webhook
from servers.whole import Running, running


def call(server: Running, cost: float) -> None:
    """A call of so many dollars."""
    body = {
        "id": f"c-{cost}",
        "provider": "openai",
        "model": "gpt-5",
        "started_at": datetime.now(UTC).isoformat(),
        "cost_usd": cost,
    }
    answer = server.post("/api/calls", body)
    assert answer.status < 300, answer.text


def states(server: Running) -> dict[str, str]:
    """What became of each delivery, by channel; `tried` where one waits for another try."""
    told = server.get("/api/deliveries").json()["deliveries"]
    return {
        one["channel_title"]: "tried" if one["state"] == "waiting" and one["error"] else one["state"] for one in told
    }


@pytest.mark.slow
def test_kill_9_neither_forgets_nor_doubles(tmp_path: Path) -> None:
    """What was said is not said again, what was not is said after the restart, and the alert still fires."""
    data, home = tmp_path / "data", tmp_path / "home"
    home.mkdir()
    with webhook() as good, webhook() as down:
        down.statuses[:] = [503]
        with running(data, home) as server:
            for title, got in (("good", good), ("down", down)):
                assert server.post("/api/channels", {"title": title, "url": got.url}).status == 201
            rule = {"title": "Spent", "condition": "threshold", "measure": "calls.cost", "window": "24h", "value": 5}
            assert server.post("/api/rules", rule).status == 201
            call(server, 7.5)
            good.wait(1, 90)
            until = time.monotonic() + 30
            while states(server) != {"good": "sent", "down": "tried"}:
                assert time.monotonic() < until, states(server)
                time.sleep(0.1)
            server.kill()
        down.statuses[:] = [200]
        with running(data, home) as server:
            down.wait(1, 60)
            time.sleep(2.5)
            [alert] = server.get("/api/alerts?state=firing").json()["alerts"]
            assert alert["title"] == "Spent"
            assert (len(good.posted), len(down.posted)) == (1, 1)
            assert states(server) == {"good": "sent", "down": "sent"}
