"""A clock that is wrong loses nothing: what it does not believe is kept aside, and kept when it has come to it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from generators.claude_json import answer, prompt
from generators.codex_lines import NAME, THREAD, count, meta, usage
from generators.codex_lines import line as codex_line
from generators.otlp_spans import as_json, protobuf, span
from servers.ledgers import place
from tokometer.collect import resuming
from tokometer.collect.bodies import decode
from tokometer.collect.checkup import examine
from tokometer.collect.follower import Follower
from tokometer.collect.importer import import_all
from tokometer.collect.reading import Prices
from tokometer.collect.writer import Writer
from tokometer.ledger import Ledger, LedgerFull, Receipt, Statement
from tokometer.ledger.aside import waits
from tokometer.ledger.opening import open_ledger
from tokometer.ledger.refused import list_refused
from tokometer.prices import PriceBook
from tokometer.records.time import to_us
from tokometer.settings import LabelSettings
from tokometer.sources.registry import FILE_SOURCES

NOW = to_us(datetime(2026, 9, 2, tzinfo=UTC))
IN_1970 = 5_000_000
DAY = 86_400_000_000


class Clock:
    """A clock that stands where it is put, and goes on from there."""

    def __init__(self) -> None:
        self.put(NOW)

    def put(self, us: int) -> None:
        """Set it."""
        self._us, self._since = us, time.monotonic_ns()

    def __call__(self) -> int:
        """Its time in nanoseconds."""
        return self._us * 1_000 + time.monotonic_ns() - self._since


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Our clock, at the day after what the generated files say."""
    made = Clock()
    monkeypatch.setattr("tokometer.records.time._clock", made)
    monkeypatch.setattr(resuming, "LOOK_SECONDS", 0.1)
    return made


@pytest.fixture
def ledger(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """An empty ledger, on DuckDB unless a test says otherwise."""
    url = "" if getattr(request, "param", "duckdb") == "duckdb" else place(f"clock_{time.monotonic_ns()}")
    opened = open_ledger(tmp_path / "data", url=url)
    yield opened
    opened.close()


@pytest.fixture
def writer(ledger: Ledger, clock: Clock) -> Iterator[Writer]:
    """A writer of it."""
    made = Writer(ledger, PriceBook())
    yield made
    made.close()


def until(true: Callable[[], bool]) -> bool:
    """Wait for something to become true."""
    deadline = time.monotonic() + 20
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def write_files(home: Path) -> None:
    """A session of each tool with a tool's use, repeated lines, and an end."""
    claude = home / ".claude" / "projects" / "-a" / "s1.jsonl"
    claude.parent.mkdir(parents=True)
    use = {"content": [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}]}
    result = [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}]
    lines = [
        prompt("do it"),
        answer("msg_1", uuid="a1", usage={"output_tokens": 1}, message=use),
        answer("msg_1", uuid="a2", usage={"output_tokens": 9}),
        prompt(result, uuid="r1", timestamp="2026-09-01T10:00:06.000Z"),
        answer("msg_2", "req_2", uuid="a3", timestamp="2026-09-01T10:00:09.000Z"),
    ]
    claude.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    codex = home / ".codex" / "sessions" / "2026" / "03" / "02" / NAME
    codex.parent.mkdir(parents=True)
    lines = [meta(), codex_line("turn_context", {"model": "gpt-5.1"}, 1)]
    lines += [count(usage(10 * number, 2 * number), usage(10, 2), number) for number in range(2, 6)]
    codex.write_bytes(b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines))


def everything(ledger: Ledger) -> dict[str, Any]:
    """What a ledger holds that anyone asks for."""
    fields = (
        "source, native_id, started_at, session_id, model, input_tokens, output_tokens, latency_us, cost_usd, attempt"
    )
    return {
        "calls": sorted(ledger.fetch(Statement(f"SELECT {fields} FROM calls")), key=str),
        "tools": sorted(ledger.fetch(Statement("SELECT native_id, status, duration_us FROM tools")), key=str),
        "refused": list_refused(ledger, limit=99),
        "aside": waits(ledger).count,
    }


def imported(ledger: Ledger, home: Path) -> dict[str, Any]:
    """The same after an import."""
    import_all(ledger, Prices(), FILE_SOURCES, home, {})
    return everything(ledger)


def test_files_that_were_read_in_1970_are_there_when_the_clock_is_right(
    tmp_path: Path, clock: Clock, ledger: Ledger
) -> None:
    """Everything a right clock would have kept, with its sessions and latencies, and nothing is refused any more."""
    write_files(tmp_path)
    right = open_ledger(tmp_path / "right")
    expected = imported(right, tmp_path)
    right.close()
    assert len(expected["calls"]) == 6
    assert expected["refused"] == []

    clock.put(IN_1970)
    found = imported(ledger, tmp_path)
    assert found["calls"] == found["tools"] == []
    assert found["aside"] == len(expected["calls"]) + len(expected["tools"])
    assert len(found["refused"]) > 0
    assert all("kept aside" in refusal.reason for refusal in found["refused"])
    again = imported(ledger, tmp_path)
    assert (again["aside"], len(again["refused"])) == (found["aside"], len(found["refused"]))

    clock.put(NOW)
    assert imported(ledger, tmp_path) == expected
    assert ledger.audit() == []


def test_a_server_keeps_them_as_soon_as_its_clock_is_put_right(
    tmp_path: Path, clock: Clock, ledger: Ledger, writer: Writer
) -> None:
    """Followed files, half of them written while the clock was behind: nobody has to read or send anything again."""
    clock.put(IN_1970)
    write_files(tmp_path)
    follower = Follower(writer, ledger, FILE_SOURCES, Prices(), tmp_path, {})
    follower.start()
    assert follower.caught_up.wait(20)
    assert until(lambda: waits(ledger).count > 0)
    clock.put(NOW)
    assert until(lambda: waits(ledger).count == 0)
    path = tmp_path / ".claude" / "projects" / "-a" / "s1.jsonl"
    with path.open("ab") as file:
        file.write(
            json.dumps(answer("msg_3", "req_3", uuid="a4", timestamp="2026-09-01T10:01:00.000Z")).encode() + b"\n"
        )
    assert until(lambda: len(everything(ledger)["calls"]) == 7)
    assert everything(ledger)["refused"] == []
    follower.stop()
    assert {session for _, _, _, session, *_ in everything(ledger)["calls"]} == {"s1", THREAD}


def test_a_clock_that_jumps_about_doubles_and_loses_nothing(
    tmp_path: Path, clock: Clock, ledger: Ledger, writer: Writer
) -> None:
    """Behind, right, behind again, far ahead: at the end everything is there once."""
    write_files(tmp_path)
    for at in (IN_1970, NOW, NOW - 400 * DAY, IN_1970, NOW + 3_000 * DAY):
        clock.put(at)
        import_all(ledger, Prices(), FILE_SOURCES, tmp_path, {})
        time.sleep(0.15)
    assert until(lambda: waits(ledger).count == 0)
    assert len(everything(ledger)["calls"]) == 6
    assert everything(ledger)["refused"] == []
    writer.close()
    assert ledger.audit() == []


def own(*days: float, first: int = 0) -> bytes:
    """Records of our own API so many days ahead."""
    records = [
        {
            "id": f"c{first + number}",
            "started_at": (NOW + int(ahead * DAY)) // 1_000_000,
            "model": "gpt-4o",
            "input_tokens": 9,
        }
        for number, ahead in enumerate(days)
    ]
    return b"\n".join(json.dumps(record).encode() for record in records)


@pytest.mark.parametrize("ledger", ["duckdb", "clickhouse"], indirect=True)
def test_a_sender_is_told_that_it_is_kept_and_it_is_kept_when_it_is_due(
    clock: Clock, ledger: Ledger, writer: Writer, tmp_path: Path
) -> None:
    """Refused with its index for now; sent again it stands there once; its price is the one of when it is kept."""
    for _ in range(2):
        found = decode("calls:0:0:application/x-ndjson", own(0, 3, 0.5), LabelSettings())
        receipt = writer.submit(found.batch(corrections=True)).result(20)
        assert receipt.accepted + receipt.duplicate == 2
        assert [(one.position, one.field) for one in found.refusals] == [(1, "started_at")]
        assert "kept aside, and tried again" in found.refusals[0].reason
    assert waits(ledger).count == 1
    time.sleep(0.3)
    assert waits(ledger).count == 1
    waiting = examine(ledger, PriceBook(), home=tmp_path, env={})["ledger"]["waiting"]
    assert waiting == {"count": 1, "by_source": {"api": 1}, "next_due": "2026-09-04T00:00:00+00:00"}
    clock.put(NOW + 2 * DAY)
    assert until(lambda: waits(ledger).count == 0)
    rows = ledger.fetch(Statement("SELECT native_id, cost_usd IS NOT NULL FROM calls ORDER BY native_id"))
    assert [(name, bool(priced)) for name, priced in rows] == [("c0", True), ("c1", True), ("c2", True)]
    assert list_refused(ledger, limit=9) == []


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_spans_ahead_of_our_clock_are_kept_aside(encoding: str, clock: Clock, ledger: Ledger, writer: Writer) -> None:
    """An agent's run and what it used, which share an id, both come; the spans around them are kept at once."""
    said = {"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 7}
    start = (NOW + 9 * DAY) * 1_000
    ahead = span(attributes=said, startTimeUnixNano=start, endTimeUnixNano=start + 10**9)
    body = protobuf(ahead) if encoding == "protobuf" else json.dumps(as_json(ahead)).encode()
    found = decode(f"otlp:traces:0:{encoding}", body, LabelSettings())
    assert found.records == []
    writer.submit(found.batch()).result(20)
    assert waits(ledger).by_source == {"otlp": 2}
    clock.put(NOW + 9 * DAY)
    assert until(lambda: waits(ledger).count == 0)
    assert (ledger.stats()["calls"], ledger.stats()["runs"], ledger.stats()["refusals"]) == (1, 1, 0)


def test_what_no_clock_makes_right_is_refused_for_good(ledger: Ledger, clock: Clock, writer: Writer) -> None:
    """Before 2015 and after 2100 nothing is kept, whatever our clock says."""
    clock.put(IN_1970)
    body = own(-20_000, 40_000, 365 * 80)
    found = decode("calls:0:0:application/x-ndjson", body, LabelSettings())
    writer.submit(found.batch()).result(20)
    assert len(found.refusals) == 3
    assert waits(ledger).count == 0


def test_a_ledger_that_cannot_write_just_then_is_tried_again(
    clock: Clock, ledger: Ledger, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is due stays aside until it is committed, with growing pauses, and is there once."""
    monkeypatch.setattr(resuming, "_FIRST_RETRY", 0.05)
    writer.submit(decode("calls:0:0:application/x-ndjson", own(3), LabelSettings()).batch()).result(20)
    commit, tried = ledger.commit, []

    def full(_: object) -> Receipt:
        tried.append(1)
        raise LedgerFull("the disk is full")

    monkeypatch.setattr(ledger, "commit", full)
    clock.put(NOW + 2 * DAY)
    assert until(lambda: len(tried) > 1)
    assert waits(ledger).count == 1
    monkeypatch.setattr(ledger, "commit", commit)
    assert until(lambda: waits(ledger).count == 0)
    assert ledger.stats()["calls"] == 1
    assert list_refused(ledger, limit=9) == []


def test_a_server_that_is_started_later_keeps_what_is_due(clock: Clock, tmp_path: Path) -> None:
    """What another process kept aside is tried again at the start."""
    ledger = open_ledger(tmp_path / "data")
    first = Writer(ledger, PriceBook())
    first.submit(decode("calls:0:0:application/x-ndjson", own(3, 30), LabelSettings()).batch()).result(20)
    first.close()
    clock.put(NOW + 2 * DAY)
    told: list[Receipt] = []
    second = Writer(ledger, PriceBook(), told.append)
    assert until(lambda: waits(ledger).count == 1)
    assert [receipt.accepted for receipt in told] == [1]
    second.close()
    ledger.close()
