"""A server that is killed neither loses an alert nor has it fire twice."""

from __future__ import annotations

import random
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from generators.examples import LONG
from servers.whole import Running, running

_FILE = """
[[alert]]
title = "Any user over $50"
condition = "threshold"
measure = "calls.cost"
window = "24h"
each = "user"
value = 50
"""
KILLS = 4 if LONG else 2


def spend(server: Running, user: str) -> None:
    """A call that cost $60."""
    now = datetime.now(UTC).isoformat()
    call = {"id": user, "started_at": now, "provider": "openai", "model": "gpt-5", "user": user, "cost": 60}
    assert server.post("/api/calls", call).status == 200


def firing(server: Running) -> dict[str, dict[str, Any]]:
    """What fires, by value."""
    found = server.get("/api/alerts?state=firing").json()["alerts"]
    assert len({one["value"] for one in found}) == len(found)
    return {one["value"]: one for one in found}


def test_a_killed_server_keeps_what_fires_and_says_it_once(tmp_path: Path) -> None:
    """Killed at any moment while alerts begin: each is there, with its first time, and is announced once."""
    data, home = tmp_path / "data", tmp_path / "home"
    data.mkdir()
    (data / "tokometer.toml").write_text(_FILE)
    chance, seen = random.Random(7), {}
    for number in range(KILLS):
        with running(data, home) as server:
            if number == 0:
                # A channel, so that there is something to be said twice.
                answer = server.post("/api/channels", {"title": "Nobody", "url": "json://127.0.0.1:1/"})
                assert answer.status == 201, answer.text
            spend(server, f"user-{number}")
            end = time.monotonic() + chance.uniform(0.0, 2.5)
            while time.monotonic() < end:
                seen |= {value: one for value, one in firing(server).items() if value not in seen}
                time.sleep(0.05)
            server.kill()
    with running(data, home) as server:
        end = time.monotonic() + 30
        while len(found := firing(server)) < KILLS:
            assert time.monotonic() < end, found
            time.sleep(0.2)
        server.stop()
    for value, one in seen.items():
        assert (found[value]["id"], found[value]["fired"]) == (one["id"], one["fired"])
    with sqlite3.connect(data / "accounts.db") as database:
        assert database.execute("SELECT count(*) FROM alerts").fetchone() == (KILLS,)
        said = database.execute("SELECT about FROM deliveries WHERE about LIKE 'alert:%:fired'").fetchall()
    assert len(said) == len(set(said)) == KILLS
    database.close()
