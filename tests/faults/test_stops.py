"""Whoever is asked to end does so soon, whatever hangs, without a loss, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from faults.budget import Budget
from generators.claude_tree import Size, Tree
from servers.halted import halted, transcripts
from servers.whole import Running, environment, running
from tokometer.host.ending import SERVER_SECONDS
from tokometer.ledger.opening import open_ledger

#: What is promised, with room for a machine on which much else runs (seconds).
MOST = SERVER_SECONDS + 5
#: What nothing that hangs needs, as long as nothing else does.
SOON = 12.0
CALL = {"native_id": "acknowledged", "started_at": "2026-01-05T10:00:00Z", "model": "gpt-4o", "input_tokens": 7}


def _ended(process: subprocess.Popen[str] | subprocess.Popen[bytes], within: float) -> float:
    """How long it takes to end, which must not be longer than that."""
    began = time.monotonic()
    process.wait(within)
    return time.monotonic() - began


def _gone(process: int, within: float = 5.0) -> bool:
    """Whether a process ends within so many seconds; one that nobody has heard of has ended."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        with suppress(OSError):
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
            if state not in "ZX":
                time.sleep(0.05)
                continue
        return True
    return False


def _kept(data: Path) -> int:
    """How many calls the ledger of a folder holds; its sums are right."""
    ledger = open_ledger(data)
    try:
        assert ledger.audit() == []
        return ledger.stats()["calls"]
    finally:
        ledger.close()


@contextmanager
def _hanging(tmp_path: Path, patch: str, *, wait: bool = True, discover: bool = False) -> Iterator[Running]:
    """A server in which something hangs, with a second and a half to end instead of fifteen."""
    code = (
        "import ctypes, os, sys, time; from pathlib import Path\n"
        "import tokometer.server.serving as serving; from tokometer.server import serve\n"
        f"serving.SERVER_SECONDS = 1.5\ntaken = ctypes.create_string_buffer(64)\n"
        "def hang(*_, **__):\n    for _ in range(2):\n        ctypes.CDLL(None).pthread_mutex_lock(taken)\n"
        f"{patch}\n"
        f"serve(Path(sys.argv[1]), '127.0.0.1', 0, discover={discover}, demo=False, home=Path(sys.argv[2]), "
        "env=os.environ)"
    )
    data, home = tmp_path / "data", tmp_path / "home"
    home.mkdir(exist_ok=True)
    command = [sys.executable, "-c", code, str(data), str(home)]
    with subprocess.Popen(
        command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline() if wait else ""
        try:
            yield Running(line.partition(" is at ")[2].strip(), process, data, home)
        finally:
            process.kill()


def test_much_is_being_imported(tmp_path: Path) -> None:
    """An import of which one reader does not get on is let go; what was acknowledged is there at the next start."""
    data, home = tmp_path / "data", tmp_path / "home"
    old = transcripts(home)
    with running(data, home, discover=True) as server:
        assert server.post("/api/calls", [CALL]).json()["accepted"] == 1
        with halted(server, old):
            children = server.children()
            server.process.terminate()
            assert _ended(server.process, MOST) < SOON
            assert server.process.returncode == 0
            assert children
            assert all(_gone(child) for child in children)
    assert _kept(data) >= 1


def test_many_listen_and_a_body_never_comes(tmp_path: Path) -> None:
    """A hundred pages and a body of which half has come hold nothing up."""
    with running(tmp_path / "data", tmp_path / "home") as server, ExitStack() as open_:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        for _ in range(100):
            page = open_.enter_context(socket.create_connection(address, timeout=10))
            page.sendall(b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200 OK" in page.recv(1024)
        half = open_.enter_context(socket.create_connection(address, timeout=10))
        half.sendall(b"POST /api/calls HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n[")
        time.sleep(0.3)
        server.process.terminate()
        assert _ended(server.process, MOST) < SOON
        assert server.process.returncode == 0


def test_a_process_that_decodes_hangs(tmp_path: Path) -> None:
    """A request that is being decoded in a process which does not answer is given up, and the process ends."""
    with running(tmp_path / "data", tmp_path / "home") as server, ExitStack() as open_:
        many = [CALL | {"native_id": f"n{number}"} for number in range(2_000)]
        deadline = time.monotonic() + 60
        while not server.children():
            assert server.post("/api/calls", many).status == 200
            assert time.monotonic() < deadline
        [child] = server.children()
        time.sleep(2)
        os.kill(child, signal.SIGSTOP)
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        waiting = open_.enter_context(socket.create_connection(address, timeout=10))
        body = b"[" + b" " * 200_000 + b"]"
        head = f"POST /api/calls HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        waiting.sendall(head.encode() + body)
        time.sleep(0.5)
        server.process.terminate()
        assert _ended(server.process, MOST) < SOON
        assert server.process.returncode == 0
        assert _gone(child)
    assert _kept(tmp_path / "data") == 2_000


#: What may hang: a reader of files, a settle, a commit, letting go of the ledger, opening it.
HANGS = {
    "reading": "import tokometer.sources.tail as tail; tail.Tail.blocks = hang",
    "looking": "import tokometer.collect.follower as follower; follower.look = hang",
    "settling": "import tokometer.ledger.duckdb.ledger as ledger; ledger.DuckDBLedger.settle = hang",
    "committing": "import tokometer.ledger.duckdb.ledger as ledger; ledger.DuckDBLedger.commit = hang",
    "closing": "import tokometer.ledger.duckdb.ledger as ledger; ledger.DuckDBLedger.close = hang",
}


@pytest.mark.parametrize("what", HANGS)
def test_something_hangs(tmp_path: Path, what: str) -> None:
    """Whatever does not come to an end, the process does."""
    transcripts(tmp_path / "home")
    with _hanging(tmp_path, HANGS[what], discover=True) as server:
        if what == "committing":
            port = int(server.url.rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port), timeout=10) as sender:
                sender.sendall(b"POST /api/calls HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n[]")
                time.sleep(0.3)
        time.sleep(0.5)
        server.process.terminate()
        assert _ended(server.process, MOST) < SOON
        assert server.process.returncode == 0
        children = server.children()
        assert all(_gone(child) for child in children)
    assert _kept(tmp_path / "data") >= 0


def test_the_start_hangs(tmp_path: Path) -> None:
    """A migration that takes long is ended by the signal, although Python's own handlers have to wait for it."""
    with _hanging(tmp_path, "serving.runtimes.start = hang", wait=False) as server:
        deadline = time.monotonic() + 30
        while not (server.data / "server.lock").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(1)
        server.process.terminate()
        assert _ended(server.process, MOST) < SOON
        assert server.process.stderr is not None
        assert "nothing that was acknowledged is lost" in server.process.stderr.read()


def test_the_second_signal_does_not_wait(tmp_path: Path) -> None:
    """Who asks twice gets it at once."""
    with _hanging(tmp_path, "serving.SERVER_SECONDS = 60.0\n" + HANGS["closing"]) as server:
        server.process.terminate()
        time.sleep(2)
        assert server.process.poll() is None
        server.process.terminate()
        assert _ended(server.process, MOST) < 3
        assert server.process.returncode == 128 + signal.SIGTERM


def test_who_leaves_in_the_middle(tmp_path: Path) -> None:
    """A client that leaves before its body is whole costs no line in the log, and nothing of it is kept."""
    with _hanging(tmp_path, "pass") as server:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        for path in ("/api/calls", "/v1/traces", "/api/query", "/api/records/tools"):
            for body in (b"", b"[", b'[{"native_id": "half", "model": "m", "started_at": 1764201600}'):
                head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                with socket.create_connection(address, timeout=10) as leaver:
                    leaver.sendall(head.encode() + b"Content-Length: 1000\r\n\r\n" + body)
                    time.sleep(0.05)
        time.sleep(0.5)
        assert server.totals("calls.requests")["requests"] == 0
        server.process.terminate()
        _out, err = server.process.communicate(timeout=MOST)
        assert err == ""


def test_children_of_one_that_was_killed(tmp_path: Path) -> None:
    """After kill -9 the processes that read and decode end as well, even those that are halted."""
    old = transcripts(tmp_path / "home")
    with running(tmp_path / "data", tmp_path / "home", discover=True) as server, halted(server, old):
        children = server.children()
        assert children
        server.kill()
        assert all(_gone(child) for child in children)


def test_another_waits_for_the_one_that_ends(tmp_path: Path) -> None:
    """A server that is started while another on the folder comes to its end begins when that has."""
    data, home = tmp_path / "data", tmp_path / "home"
    with running(data, home) as first:
        assert first.post("/api/calls", [CALL]).json()["accepted"] == 1
        address = ("127.0.0.1", int(first.url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=10) as half:
            half.sendall(b"POST /api/calls HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n[")
            time.sleep(0.3)
            first.process.terminate()
            deadline = time.monotonic() + 10
            while "ending" not in (data / "server.lock").read_text():
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert first.process.poll() is None
            with running(data, home) as second:
                assert first.process.wait(10) == 0
                assert second.totals("calls.requests")["requests"] == 1


TOKOMETER = (sys.executable, "-c", "import sys; from tokometer.cli import main; sys.exit(main())")
COMMANDS: dict[str, Callable[[Path], list[str]]] = {
    "import": lambda data: ["import", "--data", str(data)],
    "report": lambda data: ["report", "--data", str(data)],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_commands_end_within_seconds(tmp_path: Path, command: str, by: signal.Signals, budget: Budget) -> None:
    """An import of the command line ends soon after Ctrl-C or SIGTERM, at whatever moment, and goes on where it was."""
    home, data = tmp_path / "home", tmp_path / "data"
    truth = Tree(7, Size(sessions=60, calls=2_500, result=4_000)).write(home / ".claude" / "projects")
    chance = budget.random(f"commands {command} {by}")
    for _ in range(budget.of(2, 30)):
        words = [*TOKOMETER, *COMMANDS[command](data)]
        with subprocess.Popen(
            words, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            time.sleep(chance.uniform(0.2, 2.0))
            children = Running("", process, data, home).children()
            process.send_signal(by)
            _ended(process, 6)
            _out, err = process.communicate()
            # A signal that comes before Python takes any ends it as it ends anybody.
            assert process.returncode in (0, 128 + by, -by), err
            assert "Traceback" not in err
            assert all(_gone(child) for child in children)
    done = subprocess.run(
        [*TOKOMETER, "import", "--data", str(data)],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert _kept(data) == len(truth.calls) + len(truth.failures)
