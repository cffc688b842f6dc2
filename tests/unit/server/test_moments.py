"""Moments: what a page shows is all of one, whatever is committed meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from servers.whole import Running, running
from tokometer.server.moments import Moment, Moments

PANELS = ("usage.figures", "usage.models", "usage.spend")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """An empty server."""
    with running(tmp_path / "data", tmp_path / "home") as found:
        yield found


def post(server: Running, name: str) -> None:
    """A call, taken when this returns."""
    call = {"native_id": name, "started_at": datetime.now(UTC).isoformat(), "provider": "openai", "model": "gpt-5"}
    assert server.post("/api/calls", call | {"input_tokens": 1, "output_tokens": 1}).json()["accepted"] == 1


def requests_of(server: Running, panel: str, word: str, more: str = "") -> tuple[int, str]:
    """How many requests a panel tells of, and of which moment it is."""
    headers = {"Moment": word} if word else {}
    answer = server.get(f"/api/panels/{panel}?tz=UTC&range=today&measure=requests{more}", headers)
    body = answer.json()
    columns, rows = body["columns"], body["rows"]
    if panel == "usage.figures":
        return int(next(value for name, value, _ in rows if name == "calls.requests")), answer.headers.get("moment", "")
    at = columns.index("calls.requests")
    return sum(int(row[at]) for row in rows), answer.headers.get("moment", "")


def test_panels_of_one_word_are_of_one_moment(server: Running) -> None:
    """However many calls come in between, headline, chart and table of one word tell of the same number."""
    stop, sent = threading.Event(), 0

    def send() -> None:
        nonlocal sent
        while not stop.is_set():
            post(server, f"call {sent}")
            sent += 1

    sender = threading.Thread(target=send)
    sender.start()
    try:
        seen = set()
        for turn in range(12):
            before = sent
            with ThreadPoolExecutor(3) as pool:
                more = "&live=1" if turn % 2 else ""
                found = list(pool.map(lambda panel: requests_of(server, panel, f"turn {turn}", more), PANELS))  # noqa: B023
            assert len(set(found)) == 1, found
            # Who does not follow what comes gets all that was taken before.
            assert turn % 2 or found[0][0] >= before
            seen.add(found[0][0])
            time.sleep(0.05)
        assert len(seen) > 2, "nothing came in between"
    finally:
        stop.set()
        sender.join()


def test_a_word_keeps_its_moment(server: Running) -> None:
    """What is asked with a word later has nothing that came after its first question; another word has it at once."""
    post(server, "one")
    count, moment = requests_of(server, PANELS[0], "first")
    post(server, "two")
    assert requests_of(server, PANELS[1], "first") == (count, moment)
    assert requests_of(server, PANELS[1], "second")[0] == count + 1
    assert requests_of(server, PANELS[2], "") == (count + 1, "")


def test_many_share_what_is_about_to_be_made() -> None:
    """While one takes its time, all who come with words of their own wait for the same next one."""
    version = 1
    snapshot = SimpleNamespace(state=None, is_lost=False, close=lambda: None)
    moments = Moments(lambda: snapshot, lambda: version, lambda: datetime.now(UTC))  # type: ignore[arg-type, return-value]
    future, turn = moments.claim("first", 0.0)
    assert turn == 0.0
    moments.make(future)
    first = future.result()
    assert first is not None
    first.took = 0.5
    version += 1
    claims = [moments.claim(f"viewer {number}", 0.0) for number in range(4)]
    assert len({id(found) for found, _ in claims}) == 1
    [turn] = [turn for _, turn in claims if turn is not None]
    assert 0.3 < turn <= 0.5
    moments.make(claims[0][0])
    second = claims[0][0].result()
    assert second is not None
    assert second.version == version
    assert moments.claim("viewer 9", 0.0)[0].result() is second


def test_moments_are_let_go_of() -> None:
    """One that nobody asks any more is closed, and its word is bound to another; all are at the end."""
    taken: list[SimpleNamespace] = []

    def snapshot() -> SimpleNamespace:
        taken.append(SimpleNamespace(state=None, is_lost=False, closed=False))
        taken[-1].close = lambda one=taken[-1]: setattr(one, "closed", True)
        return taken[-1]

    version = 1
    moments = Moments(snapshot, lambda: version, lambda: datetime.now(UTC))  # type: ignore[arg-type, return-value]

    def moment(word: str, hold: float = 0.0) -> Moment:
        future, turn = moments.claim(word, hold)
        if turn is not None:
            moments.make(future)
        found = future.result()
        assert found is not None
        return found

    first = moment("a")
    assert moment("a") is moment("b") is first
    version += 1
    assert moment("a") is first
    assert moment("c") is not first
    assert moment("d", hold=60.0) is moment("c")
    with moments.asking(first):
        first.used -= 60
        moments.sweep()
        assert not taken[0].closed
    first.used -= 60
    moments.sweep()
    assert taken[0].closed
    assert moment("a") is not first
    taken[-1].is_lost = True
    assert not moment("a").reading.is_lost
    moments.close()
    assert all(one.closed for one in taken)
    assert len(moments) == 0
