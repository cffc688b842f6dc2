"""A ClickHouse server that stops, refuses, hangs or is full: told as such, and over by itself."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from servers.clickhouse import Server, clickhouse
from servers.inside import inside
from tokometer.ledger import Batch, LedgerError, LedgerFull, LedgerUnavailable, Statement
from tokometer.ledger.clickhouse import ClickHouseLedger
from tokometer.measures import Query, run
from unit.ledger.test_ledger import call

_NUMBERS = count()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server."""
    with clickhouse() as found:
        yield found


@pytest.fixture
def ledger(server: Server) -> Iterator[ClickHouseLedger]:
    """An empty ledger on it."""
    found = ClickHouseLedger(f"clickhouse://127.0.0.1:{server.port}/away_{next(_NUMBERS)}?timeout=2")
    yield found
    found.close()


def counted(ledger: ClickHouseLedger) -> int:
    """How many calls a question is answered with."""
    [row] = run(ledger, Query(measures=("calls.requests",), since="all")).rows
    found: int = row["requests"]
    return found


def is_ready(ledger: ClickHouseLedger) -> bool:
    """Whether records can be taken."""
    try:
        ledger.ready()
    except LedgerUnavailable:
        return False
    return True


def test_a_server_that_stops_and_comes_back(server: Server, ledger: ClickHouseLedger) -> None:
    """Whoever asks meanwhile is told that it does not answer, soon; then everything goes on."""
    ledger.commit(Batch([call(1)]))
    server.stop()
    began = time.monotonic()
    for _ in range(20):
        with pytest.raises(LedgerUnavailable, match="does not answer"):
            ledger.fetch(Statement("SELECT 1"))
        with pytest.raises(LedgerUnavailable):
            ledger.commit(Batch([call(2)]))
        assert not is_ready(ledger)
    assert time.monotonic() - began < 5
    server.start()
    time.sleep(1.1)
    assert is_ready(ledger)
    assert ledger.commit(Batch([call(2), call(1)])).accepted == 1
    assert counted(ledger) == 2
    assert ledger.audit() == []


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        (243, "Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)", LedgerFull),
        (164, "default: Cannot execute query in readonly mode. (READONLY)", LedgerUnavailable),
        (242, "Table is in readonly mode (TABLE_IS_READ_ONLY)", LedgerUnavailable),
        (252, "Too many parts (300). (TOO_MANY_PARTS)", LedgerUnavailable),
    ],
)
def test_a_server_that_takes_no_writes_answers_questions(
    server: Server, ledger: ClickHouseLedger, code: int, words: str, kind: type[LedgerError]
) -> None:
    """What was committed and not settled is in the answers; it is ready as soon as it takes writes, without traffic."""
    ledger.commit(Batch([call(1), call(2)]))
    server.refuses_writes = (code, words)
    with pytest.raises(kind):
        ledger.commit(Batch([call(3)]))
    assert counted(ledger) == 2
    assert not is_ready(ledger)
    server.refuses_writes = None
    assert is_ready(ledger)
    assert ledger.commit(Batch([call(3)])).accepted == 1
    assert counted(ledger) == 3
    assert ledger.audit() == []


@pytest.mark.parametrize("code", [159, 202, 210, 241, 394, 516])
def test_what_passes_is_told_as_passing(server: Server, ledger: ClickHouseLedger, code: int) -> None:
    """Time limits, load, memory, a network, a login that is being changed: later, not never."""
    server.refuses = (code, "not just now")
    with pytest.raises(LedgerUnavailable, match="just now"):
        ledger.fetch(Statement("SELECT 1"))
    server.refuses = None
    assert ledger.fetch(Statement("SELECT 1")) == [(1,)]


def test_a_mistake_of_ours_is_not_told_as_passing(ledger: ClickHouseLedger) -> None:
    """What nobody else can mend is no reason to try again."""
    with pytest.raises(Exception, match="Code: 47") as told:
        ledger.fetch(Statement("SELECT nothing_of_the_kind"))
    assert not isinstance(told.value, LedgerError)


def test_a_server_that_hangs(server: Server, ledger: ClickHouseLedger) -> None:
    """Nobody waits longer than the time limit, and whoever asks whether it is ready not even that."""
    server.slow = 4.0
    began = time.monotonic()
    with pytest.raises(LedgerUnavailable):
        ledger.fetch(Statement("SELECT 1"))
    assert time.monotonic() - began < 10
    server.slow = 0.0
    time.sleep(1.1)
    assert is_ready(ledger)


def test_a_server_that_comes_and_goes_loses_and_doubles_nothing(server: Server, ledger: ClickHouseLedger) -> None:
    """However it stops, refuses and comes back, what was acknowledged is there, and nothing is there twice."""
    chance = random.Random(7)
    kept: set[int] = set()
    sent: set[int] = set()
    for turn in range(10):
        what = chance.choice(["goes on", "goes on", "stops", "is full"])
        if what == "stops":
            server.stop()
        server.refuses_writes = (243, "no space") if what == "is full" else None
        numbers = set(range(turn * 3, turn * 3 + 6))
        sent |= numbers
        with suppress(LedgerUnavailable):
            ledger.commit(Batch([call(number) for number in numbers]))
            kept |= numbers
        with suppress(LedgerUnavailable):
            ledger.settle()
        if what == "stops":
            server.start()
            ledger._way._silent_until = 0.0
    server.refuses_writes = None
    ledger.commit(Batch([call(number) for number in sent]))
    assert counted(ledger) == len(sent)
    assert kept <= sent
    assert ledger.audit() == []


def test_the_whole_server_comes_through(server: Server, tmp_path: Path) -> None:
    """While ClickHouse is stopped everybody gets 503 and when to try again; once it is back, everything goes on."""
    record = {"started_at": "2026-11-01T12:00:00Z", "provider": "openai", "model": "gpt-4o", "input_tokens": 1}
    env = {"TOKOMETER_LEDGER": f"clickhouse://127.0.0.1:{server.port}/away_{next(_NUMBERS)}?timeout=5"}
    addresses = ("/usage", "/sources", "/api/query?measure=calls.requests&since=all", "/api/refused", "/readyz")
    with inside(tmp_path / "data", tmp_path / "home", env=env) as found:
        assert found.post("/api/calls", [{**record, "id": "a"}]).status == 200
        assert {found.get(address).status for address in addresses} == {200}
        server.stop()
        answer = found.post("/api/calls", [{**record, "id": "b"}])
        assert (answer.status, "does not answer" in answer.text) == (503, True)
        # What was just asked is remembered for a second.
        for address in (one.replace("requests", "output_tokens") for one in addresses):
            answer = found.get(address, {"Accept": "text/html"})
            assert answer.status == 503, address
            assert int(answer.headers["retry-after"]) > 0
        server.start()
        began = time.monotonic()
        while found.get("/readyz").status != 200:
            assert time.monotonic() - began < 10
            time.sleep(0.1)
        assert found.post("/api/calls", [{**record, "id": "b"}]).json()["accepted"] == 1
        [row] = found.get("/api/query?measure=calls.requests&since=all").json()["rows"]
        assert row["requests"] == 2


def test_a_server_that_goes_away_while_costs_change(server: Server, tmp_path: Path) -> None:
    """What was begun is done when it is back, the page says so, and it can be undone."""
    env = {"TOKOMETER_LEDGER": f"clickhouse://127.0.0.1:{server.port}/away_{next(_NUMBERS)}?timeout=5"}
    record = {"started_at": "2026-11-01T12:00:00Z", "provider": "openai", "model": "gpt-4o", "input_tokens": 1_000_000}
    cost = "/api/query?measure=calls.cost&since=all"
    with inside(tmp_path / "data", tmp_path / "home", env=env) as found:
        assert found.post("/api/calls", [{**record, "id": "a"}]).status == 200
        before = found.get(cost).json()["rows"]
        half = {"provider": "openai", "model": "gpt-4o", "discount": 50}
        assert found.post("/api/prices/overrides", half).status == 201
        ledger = found.runtime.ledger
        assert isinstance(ledger, ClickHouseLedger)
        carry_out = ledger.command

        def command(sql: str, *rest: Any) -> None:
            if sql.startswith("ALTER TABLE cells"):
                server.stop()
            carry_out(sql, *rest)

        # Nothing is left to be brought up to date, so nothing but the re-costing itself comes back to it.
        settler = found.runtime.writer._settler
        until = time.monotonic() + 60
        while settler._dirty_since is not None:
            assert time.monotonic() < until
            time.sleep(0.05)
        ledger.command = command  # type: ignore[method-assign]
        asked = found.post("/api/prices/recost", {"apply": True})
        assert asked.status == 202, asked.text
        path = f"/api/prices/recost/{asked.json()['id']}"
        while found.get(path).status == 200:
            assert time.monotonic() < until
            time.sleep(0.05)
        until = time.monotonic() + 60
        ledger.command = carry_out  # type: ignore[method-assign]
        server.start()
        while (answer := found.get(path)).status != 200 or answer.json()["state"] != "applied":
            assert time.monotonic() < until, answer.text
            time.sleep(0.1)
        assert found.get(cost).json()["rows"] != before
        assert answer.json()["can_undo"]
        assert found.post(f"{path}/undo", {}).status == 202
        while found.get(path).json()["state"] != "undone":
            assert time.monotonic() < until
            time.sleep(0.1)
        assert found.get(cost).json()["rows"] == before
