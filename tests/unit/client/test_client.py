"""The client never waits, never raises and loses nothing without saying so."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tokometer.client import Client

SRC = Path(__file__).resolve().parents[3] / "src"


class Receiver:
    """A server that answers as it is told, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[tuple[int, bytes, dict[str, str]]] = []
        self.most = 10**9
        self.pause = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body are two writes: with Nagle's algorithm the second waits for the reader, 40 ms.
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Nothing."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                time.sleep(receiver.pause)
                lines = [json.loads(line) for line in body.split(b"\n")]
                status, answer, headers = receiver.answers.pop(0) if receiver.answers else (200, b'{"accepted": 1}', {})
                if len(lines) > receiver.most:
                    status, answer = 413, b"{}"
                if status == 200 and answer.startswith(b"{"):
                    receiver.taken += [(self.path, line) for line in lines]
                    receiver.headers.append(dict(self.headers))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that takes everything, unless it is told otherwise."""
    made = Receiver()
    yield made
    made.close()


def test_records_arrive_in_batches_with_ids_and_times(receiver: Receiver) -> None:
    """Each kind goes to its own path; what is common to all is said once; the key is a bearer token."""
    with Client(receiver.url, "k" * 8, team="blue", every=0.05) as meter:
        for number in range(1_200):
            meter.call(model="gpt-5.2", output_tokens=number, latency_ms=500)
        meter.tool("grep", status="ok")
        assert meter.flush()
        assert meter.stats.sent == 1_201
    calls = [line for path, line in receiver.taken if path == "/api/records/calls"]
    assert [line["output_tokens"] for line in calls] == list(range(1_200))
    assert len({line["id"] for line in calls}) == 1_200
    assert all(line["team"] == "blue" for _, line in receiver.taken)
    assert abs(time.time() * 1e6 - 500_000 - calls[0]["started_at"]) < 60e6
    assert receiver.headers[0]["Authorization"] == "Bearer " + "k" * 8
    assert receiver.headers[0]["Content-Encoding"] == "gzip"
    assert 3 <= len(receiver.headers) <= 10


def test_a_server_that_is_away_is_waited_for(receiver: Receiver) -> None:
    """503, a key that is not accepted yet, a page to log in at and a connection that breaks are tried again."""
    login = (200, b"<html>Log in</html>", {})
    receiver.answers = [(503, b"", {"Retry-After": "0"}), (401, b"", {}), login, (500, b"oops", {})]
    with Client(receiver.url, every=0.01) as meter:
        meter.call(model="m")
        assert meter.flush(20)
        assert (meter.stats.sent, meter.stats.dropped, meter.stats.trouble) == (1, 0, "")
    assert len(receiver.taken) == 1


def test_what_is_refused_and_what_is_never_taken_is_counted(receiver: Receiver) -> None:
    """A record that the server does not believe is counted; so is a batch that it will never take."""
    receiver.answers = [(200, b'{"accepted": 0, "refused": [{"index": 0}]}', {}), (400, b'{"error": "no"}', {})]
    with Client(receiver.url, every=0.01) as meter:
        meter.call(model="m")
        meter.flush()
        meter.call(model="m")
        meter.flush()
        assert (meter.stats.sent, meter.stats.refused, meter.stats.dropped) == (0, 1, 1)


def test_a_batch_that_is_too_large_is_divided(receiver: Receiver) -> None:
    """A server that takes less at once gets less at once."""
    receiver.most = 3
    with Client(receiver.url, every=0.01) as meter:
        for number in range(40):
            meter.call(model="m", output_tokens=number)
        assert meter.flush()
    assert [line["output_tokens"] for _, line in receiver.taken] == list(range(40))


def test_no_half_of_a_divided_batch_is_lost(receiver: Receiver) -> None:
    """The server has no room for the first half just then: it is sent again, and the other is not sent twice."""
    receiver.answers = [(413, b"", {}), (503, b"", {"Retry-After": "0"})]
    with Client(receiver.url, every=0.05) as meter:
        for number in range(8):
            meter.call(model="m", output_tokens=number)
        assert meter.flush(20)
        assert meter.stats.sent == 8
    assert [line["output_tokens"] for _, line in receiver.taken] == list(range(8))


class Odd:
    """An object that cannot be written."""

    def __repr__(self) -> str:
        raise ZeroDivisionError


def test_nothing_that_a_program_gives_raises_into_it(receiver: Receiver) -> None:
    """Durations that are none, objects that cannot say what they are, a key that is no key."""
    with Client(receiver.url, "tok_\u2026", every=0.01) as meter:
        for took in (float("nan"), float("inf"), 10**400, True):
            meter.call(model="m", latency_ms=took)
        meter.call(model="m", labels={"odd": Odd()})
        meter.flush()
        assert (meter.stats.sent, meter.stats.dropped) == (4, 1)


def test_a_process_of_multiprocessing_sends_what_it_has(receiver: Receiver) -> None:
    """It ends without what a program does at its end."""
    script = """
import multiprocessing, sys
from tokometer.client import Client
meter = Client(sys.argv[1], every=60)
worker = multiprocessing.get_context("fork").Process(target=meter.call, args=("of a worker",))
worker.start()
worker.join()
"""
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    subprocess.run([sys.executable, "-c", script, receiver.url], env=environment, check=True, timeout=60)
    assert [line["model"] for _, line in receiver.taken] == ["of a worker"]


def test_nobody_waits_for_it_and_what_does_not_fit_is_counted() -> None:
    """With no server at all, a hundred thousand records take no time that anybody notices, and memory is bounded."""
    meter = Client("http://127.0.0.1:9", most=1_000)
    started = time.perf_counter()
    for _ in range(100_000):
        meter.call(model="m")
    assert time.perf_counter() - started < 30
    assert meter.stats.dropped >= 98_000
    assert meter.stats.waiting <= 1_000
    assert not meter.flush(0.1)
    meter.close(0.1)
    until = time.monotonic() + 10
    while meter.stats.waiting and time.monotonic() < until:
        time.sleep(0.02)
    assert (meter.stats.waiting, meter.stats.dropped, meter.stats.sent) == (0, 100_000, 0)


def test_values_that_are_no_json_are_told_as_text_or_dropped(receiver: Receiver) -> None:
    """Whatever a program gives, the program goes on."""
    circle: dict[str, Any] = {}
    circle["circle"] = circle
    with Client(receiver.url, every=0.01) as meter:
        meter.call(model="m", labels={"path": Path("/tmp")})
        meter.call(model="m", labels=circle)
        meter.flush()
        assert (meter.stats.sent, meter.stats.dropped) == (1, 1)
    assert receiver.taken[0][1]["labels"] == {"path": "/tmp"}


def test_agents_and_jobs_are_told_with_what_happens_inside(receiver: Receiver) -> None:
    """A call inside a run has its agent, session and trace; an exception makes the run an error and goes on."""
    with Client(receiver.url, every=0.01) as meter:

        @meter.job("nightly", schedule="0 3 * * *")
        def nightly() -> int:
            with meter.agent("researcher", task="look", project="atlas", session_id="s-1") as run:
                call = meter.call(model="m")
                run.add(labels={"depth": "2"})
            with pytest.raises(ValueError, match="broken"), meter.agent("writer"):
                raise ValueError("broken")
            assert call
            return 7

        assert nightly() == 7
        meter.flush()
    told: dict[str, list[dict[str, Any]]] = {}
    for path, line in receiver.taken:
        told.setdefault(path.rpartition("/")[2], []).append(line)
    [job], [call] = told["jobs"], told["calls"]
    research, write = told["runs"]
    assert (job["job_id"], job["status"], job["schedule"]) == ("nightly", "ok", "0 3 * * *")
    assert (research["agent"], research["status"], research["labels"]) == ("researcher", "ok", {"depth": "2"})
    assert (write["status"], write["error_message"]) == ("error", "ValueError: broken")
    assert (call["agent"], call["session_id"], call["project"]) == ("researcher", "s-1", "atlas")
    assert call["parent_id"] == research["span_id"]
    assert research["parent_id"] == write["parent_id"] == job["span_id"]
    assert len({line["trace_id"] for line in (job, call, research, write)}) == 1


def test_runs_of_an_event_loop_do_not_mix(receiver: Receiver) -> None:
    """Two agents at the same time keep their own calls; cancelling one is no error of its."""

    async def main(meter: Client) -> None:
        @meter.agent("decorated")
        async def decorated() -> None:
            await asyncio.sleep(0.01)
            meter.call(model="of-decorated")

        async def one(name: str) -> None:
            async with meter.agent(name):
                await asyncio.sleep(0.01)
                meter.call(model=f"of-{name}")
                if name == "slow":
                    await asyncio.sleep(60)

        slow = asyncio.create_task(one("slow"))
        await asyncio.gather(one("a"), one("b"), decorated())
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        assert await meter.flush_async()

    meter = Client(receiver.url, every=0.01)
    asyncio.run(main(meter))
    meter.close()
    calls = {line["model"]: line["agent"] for path, line in receiver.taken if path.endswith("calls")}
    assert calls == {f"of-{name}": name for name in ("a", "b", "slow", "decorated")}
    runs = {line["agent"]: line["status"] for path, line in receiver.taken if path.endswith("runs")}
    assert runs == {"a": "ok", "b": "ok", "decorated": "ok", "slow": "cancelled"}


def test_a_program_that_ends_sends_what_it_has(receiver: Receiver) -> None:
    """Nobody has to close a client, and one that forked sends what is its own, once."""
    script = """
import os, sys
from tokometer.client import Client
meter = Client(sys.argv[1], every=60)
meter.call(model="parent")
child = os.fork()
if not child:
    meter.call(model="child")
    sys.exit(0)
os.waitpid(child, 0)
"""
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    subprocess.run([sys.executable, "-c", script, receiver.url], env=environment, check=True, timeout=60)
    assert sorted(line["model"] for _, line in receiver.taken) == ["child", "parent"]


def test_the_client_needs_nothing_but_python() -> None:
    """Importing it imports no package of others, and takes no noticeable time."""
    script = "import sys; before = set(sys.modules); import tokometer.client; print(*(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", script],
        env={"PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded - {"tokometer"} <= set(sys.stdlib_module_names) | {"__mp_main__"}
