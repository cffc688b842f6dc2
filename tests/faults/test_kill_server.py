"""The whole server, killed and stopped at random moments of everything that it does at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Self

import pytest

from faults.budget import Budget
from faults.everything import audit
from generators.claude_json import answer
from generators.claude_tree import Size, Tree
from generators.otlp_spans import protobuf, span
from servers.clock import Clock
from servers.whole import Running, environment, running
from tokometer.ledger import Statement
from tokometer.ledger.opening import open_ledger

SENDERS = 2
RECORDS = 25
TRANSCRIPTS = 3
#: A start that takes longer than this is none. A bound, not a speed.
READY_SECONDS = 60.0


class World:
    """What goes on around a server, whatever becomes of it: senders, a tool that writes, somebody who looks."""

    def __init__(self, home: Path, chance: Random) -> None:
        self.url = ""
        self.token = ""
        self.stop = threading.Event()
        self.acknowledged = 0
        #: Sent, and perhaps there: the answer did not come.
        self.unsure = 0
        self.lines = 0
        self._home = home
        self._chance = chance
        self._lock = threading.Lock()
        jobs: list[Callable[[], None]] = [self._write, self._look, self._reprice]
        self._threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        self._threads += [threading.Thread(target=self._send, args=(number,), daemon=True) for number in range(SENDERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(60)

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> int:
        """The status of a reply, 0 where there is none."""
        try:
            request = urllib.request.Request(self.url + path, body, headers)
            with urllib.request.urlopen(request, timeout=30) as reply:
                reply.read()
                return int(reply.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except Exception:  # noqa: BLE001 - a reply that does not come, or ends in the middle, has many names
            return 0

    def _send(self, number: int) -> None:
        turn = 0
        while not self.stop.is_set():
            made = [
                {
                    "id": f"s{number}-{turn}-{index}",
                    "started_at": f"2026-09-{1 + turn % 28:02d}T10:00:00Z",
                    "model": "gpt-5",
                    "input_tokens": 1,
                    "session_id": f"{number}-{turn % 7}",
                }
                for index in range(RECORDS)
            ]
            body = "\n".join(map(json.dumps, made)).encode()
            sent = False
            while self.ask("/api/calls", body, **{"Content-Type": "application/x-ndjson"}) != 200:
                sent = True
                if self.stop.wait(0.05):
                    with self._lock:
                        self.unsure += RECORDS * sent
                    return
            with self._lock:
                self.acknowledged += RECORDS
            turn += 1

    def _write(self) -> None:
        folder = self._home / ".claude/projects/-home-ada-code-app"
        folder.mkdir(parents=True, exist_ok=True)
        while not self.stop.wait(0.02):
            line = answer(f"msg_w{self.lines}", f"req_w{self.lines}", usage={"output_tokens": 5})
            with (folder / f"s{self.lines % TRANSCRIPTS}.jsonl").open("ab") as file:
                file.write(json.dumps(line).encode() + b"\n")
            self.lines += 1

    def _look(self) -> None:
        while not self.stop.wait(0.1):
            question = {"measures": ["calls.cost"], "by": ["calls.session"], "since": "2026-01-01"}
            self.ask("/api/query", json.dumps(question).encode(), **{"Content-Type": "application/json"})
            self.ask("/usage")

    def _reprice(self) -> None:
        while not self.stop.wait(0.3):
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
            self.ask("/api/control/reprice", b'{"apply": true}', **headers)


@contextmanager
def served(data: Path, home: Path, world: World) -> Iterator[Running]:
    """The server, once it answers; the world finds it."""
    began = time.monotonic()
    with running(data, home, discover=True) as server:
        world.token = json.loads((data / "server.json").read_text())["token"]
        world.url = server.url
        assert time.monotonic() - began < READY_SECONDS
        yield server


def test_killed_and_stopped_while_all_goes_on(tmp_path: Path, budget: Budget) -> None:
    """What was acknowledged is there exactly once, whatever was under way; what was written is read to its end."""
    home, data = tmp_path / "home", tmp_path / "data"
    chance = budget.random("kill server")
    world = World(home, chance)
    with world:
        for _ in range(budget.of(2, 80)):
            with served(data, home, world) as server:
                time.sleep(chance.uniform(0.0, 2.5))
                by = signal.SIGTERM if chance.random() < 0.4 else signal.SIGKILL
                assert server.stop(by) in (0, -signal.SIGKILL)
    with served(data, home, world) as server:
        until = time.monotonic() + 60
        question = {"measures": ["calls.requests"], "by": ["calls.source"], "since": "2026-01-01"}
        while True:
            rows = server.post("/api/query", question).json()["rows"]
            counted = {row["source"]: row["requests"] for row in rows}
            if counted.get("claude_code") == world.lines or time.monotonic() > until:
                break
            time.sleep(0.1)
        assert counted["claude_code"] == world.lines
        assert world.acknowledged <= counted["api"] <= world.acknowledged + world.unsure
        tokens = server.totals()
        assert tokens["output_tokens"] == 5 * world.lines
        assert audit(server) == []
    assert world.acknowledged


def test_killed_while_a_folder_is_made(tmp_path: Path, budget: Budget) -> None:
    """A first start that is killed at any moment leaves a folder in which the next one starts."""
    chance = budget.random("kill first start")
    code = "import os, sys; from pathlib import Path; from tokometer.server import serve; "
    code += (
        "serve(Path(sys.argv[1]), '127.0.0.1', 0, discover=False, demo=False, home=Path(sys.argv[2]), env=os.environ)"
    )
    home = tmp_path / "home"
    home.mkdir()
    for number in range(budget.of(2, 80)):
        data = tmp_path / f"data{number}"
        for _ in range(2):
            command = [sys.executable, "-c", code, str(data), str(home)]
            with subprocess.Popen(command, env=environment(home), stdout=subprocess.DEVNULL) as starting:
                time.sleep(chance.uniform(0.1, 1.5))
                starting.kill()
        with running(data, home) as server:
            assert server.post("/api/calls", {"started_at": "2026-09-01T10:00:00Z", "model": "m"}).status == 200
            assert audit(server) == []


def test_two_servers_race_for_a_folder(tmp_path: Path, budget: Budget) -> None:
    """Of several that start at once one serves; the others say who does, and do nothing."""
    code = "import os, sys; from pathlib import Path; from tokometer.cli import main; sys.exit(main())"
    home = tmp_path / "home"
    home.mkdir()
    for number in range(budget.of(1, 25)):
        data = tmp_path / f"data{number}"
        command = [sys.executable, "-c", code, "serve", "--data", str(data), "--port", "0", "--no-discover"]
        starting = [
            subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        try:
            lines = [process.stdout.readline() for process in starting if process.stdout is not None]
            serving = [process for process, line in zip(starting, lines, strict=True) if " is at " in line]
            assert len(serving) == 1, lines
            for process in starting:
                if process in serving:
                    continue
                out, complaint = process.communicate(timeout=60)
                assert process.returncode not in (0, None), (out, complaint)
                assert "Traceback" not in complaint
                assert "already" in complaint, complaint
        finally:
            for process in starting:
                process.terminate()
                process.communicate(timeout=60)


def _decoders(server: Running) -> list[int]:
    found = []
    for child in server.children():
        with suppress(OSError):
            if b"tokometer.collect.decoding" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


def test_the_process_that_decodes_is_killed(tmp_path: Path, budget: Budget) -> None:
    """What was sent is answered all the same, and counted once."""
    chance = budget.random("kill decoder")
    stop, killed = threading.Event(), 0
    with running(tmp_path / "data", tmp_path / "home") as server:
        sent: list[int] = []
        failed: list[str] = []

        def send() -> None:
            turn = 0
            while not stop.is_set():
                said = {"gen_ai.request.model": "gpt-5", "gen_ai.usage.input_tokens": 1, "x": "y" * 400}
                body = protobuf(*(span(attributes=said) for _ in range(200)))
                reply = server.send("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
                if reply.status == 200:
                    sent.append(200)
                else:
                    failed.append(reply.text[:200])
                turn += 1

        thread = threading.Thread(target=send)
        thread.start()
        until = time.monotonic() + budget.of(60, 600)
        try:
            while killed < budget.of(2, 100) and time.monotonic() < until:
                for child in _decoders(server):
                    time.sleep(chance.uniform(0.0, 0.4))
                    with suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)
                        killed += 1
                time.sleep(0.02)
        finally:
            stop.set()
            thread.join(60)
        assert failed == []
        assert killed >= budget.of(2, 100)
        assert server.totals()["requests"] == sum(sent)
        assert audit(server) == []


def test_killed_while_what_was_set_aside_is_tried_again(tmp_path: Path, budget: Budget) -> None:
    """What our clock did not believe is kept once when it has come to it, however often that is interrupted."""
    home, data = tmp_path / "home", tmp_path / "data"
    folder = home / ".claude/projects/-home-ada-code-app"
    folder.mkdir(parents=True)
    stamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    lines = [answer(f"msg_a{n}", f"req_a{n}", usage={"output_tokens": 5}, timestamp=stamp) for n in range(2_000)]
    (folder / "s.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    clock = Clock(tmp_path, -3 * 86_400)
    with running(data, home, discover=True, env=clock.env) as server:
        token = json.loads((data / "server.json").read_text())["token"]
        assert server.post("/api/control/import", {}, {"Authorization": f"Bearer {token}"}).status == 200
        assert not server.totals()["requests"]
    clock.set(0)
    chance = budget.random("kill aside")
    for _ in range(budget.of(1, 40)):
        with running(data, home, env=clock.env) as server:
            time.sleep(chance.uniform(0.0, 1.0))
            server.kill()
    with running(data, home, env=clock.env) as server:
        until = time.monotonic() + 60
        while server.totals()["requests"] != len(lines) and time.monotonic() < until:
            time.sleep(0.1)
        assert server.totals() == {
            "requests": len(lines),
            "input_tokens": 3 * len(lines),
            "output_tokens": 5 * len(lines),
        }
        assert audit(server) == []


@pytest.mark.slow
def test_processes_that_read_are_killed(tmp_path: Path, budget: Budget) -> None:
    """An import whose processes are killed reads what they did not deliver, and has all of it."""
    home = tmp_path / "home"
    truth = Tree(9, Size(sessions=40, calls=1500, result=3_000)).write(home / ".claude" / "projects")
    chance = budget.random("kill pool")
    script = Path(__file__).with_name("test_kill_import.py").read_text().split('SCRIPT = """')[1].split('"""')[0]
    killed = 0
    for number in range(budget.of(1, 40)):
        data = tmp_path / f"data{number}"
        command = [sys.executable, "-c", script, str(data), str(home), "2"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(home)) as importing:
            assert importing.stdout is not None
            time.sleep(chance.uniform(0.3, 0.9))
            for path in Path(f"/proc/{importing.pid}/task").glob("*/children"):
                with suppress(OSError):
                    for child in path.read_text().split()[:1]:
                        os.kill(int(child), signal.SIGKILL)
                        killed += 1
            assert importing.wait(120) == 0
        ledger = open_ledger(data)
        try:
            columns = list(truth.tokens())
            sums = ", ".join(f"sum({name})" for name in columns)
            ((*tokens,),) = ledger.fetch(Statement(f"SELECT {sums} FROM calls"))
            assert dict(zip(columns, map(int, tokens), strict=True)) == truth.tokens()
            assert ledger.audit() == []
        finally:
            ledger.close()
    assert killed or not budget.long
