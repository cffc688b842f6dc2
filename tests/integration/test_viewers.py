"""Many who look at one page while records come in, through the whole server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from servers.whole import Running, fill, running

#: A panel that is renewed every minute: while much comes in, pages see what is at most two seconds old.
PANEL = "/api/panels/usage.figures?tz=UTC&range=7d"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of its own: records come in here."""
    folder: Path = tmp_path_factory.mktemp("viewers")
    fill(folder / "data", days=10, calls=500)
    with running(folder / "data", folder / "home") as found:
        # It prepares what the first viewer would ask for, which counts as well.
        before = -1
        while (now := counted(found, 'ledger_questions_total{from="made"}')) != before:
            before = now
            time.sleep(1)
        yield found


def post(server: Running, name: str) -> None:
    """A call, taken when this returns."""
    call = {
        "native_id": name,
        "started_at": datetime.now(UTC).isoformat(),
        "provider": "openai",
        "model": "gpt-5",
        "input_tokens": 1,
        "output_tokens": 1,
    }
    assert server.post("/api/calls", call).json()["accepted"] == 1


def counted(server: Running, metric: str) -> int:
    """What `/metrics` says."""
    lines = server.get("/metrics").text.splitlines()
    return int(next(line.rpartition(" ")[2] for line in lines if line.startswith(f"tokometer_{metric} ")))


def test_viewers_cost_no_questions(server: Running) -> None:
    """Two hundred requests for one panel cost the ledger what one does."""
    path = "/api/panels/usage.figures?rows=0&live=1&range=7d&tz="
    names = [f'{name}_total{{from="made"}}' for name in ("ledger_questions", "panel_answers")]

    def cost(zone: str, viewers: int) -> list[int]:
        before = [counted(server, name) for name in names]
        with ThreadPoolExecutor(20) as pool:
            replies = list(pool.map(lambda _: server.get(path + zone), range(viewers)))
        assert {reply.status for reply in replies} == {200}
        assert len({reply.body for reply in replies}) == 1
        return [counted(server, name) - number for name, number in zip(names, before, strict=True)]

    assert cost("Asia/Tokyo", 200) == cost("Asia/Seoul", 1)


def test_the_page_follows_and_the_api_is_exact(server: Running) -> None:
    """An answer has every commit at once; what a live page renews says when it lacks one, and has it soon."""
    shown = server.get(f"{PANEL}&rows=0&live=1")
    exact = server.get(PANEL)
    version = int(exact.headers["version"])
    assert int(shown.headers["version"]) == version
    post(server, "one")
    after = server.get(PANEL)
    assert int(after.headers["version"]) > version
    assert after.json()["rows"] != exact.json()["rows"]
    deadline = time.monotonic() + 10
    while int((page := server.get(f"{PANEL}&rows=0&live=1")).headers["version"]) < int(after.headers["version"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert page.json()["html"] != shown.json()["html"]
