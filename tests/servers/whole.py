"""The whole server, as the command line starts it, on a folder of its own and with a HOME of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers.forked import Forked, suits
from tokometer.demo import Spending, generate
from tokometer.ledger.opening import open_ledger

#: Charts are compiled once for all tests of this machine, as they are for all starts of a user.
CACHE = Path(tempfile.gettempdir()) / f"tokometer-test-cache-{os.getuid()}"
#: How often answers of one moment are asked for.
_TRIES = 5


@dataclass(frozen=True)
class Answer:
    """A reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body, as text."""
        return self.body.decode()


@dataclass(frozen=True)
class Running:
    """A server that runs."""

    url: str
    process: subprocess.Popen[Any]
    data: Path
    home: Path

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET."""
        return self.send("GET", path, None, headers)

    def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
        """POST an object as JSON, or bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, content, {"Content-Type": "application/json", **(headers or {})})

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None = None) -> Answer:
        """Any request."""
        request = urllib.request.Request(self.url + path, body, dict(headers or {}), method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return Answer(reply.status, {k.lower(): v for k, v in reply.headers.items()}, reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())

    def at_one_moment(self, *paths: str) -> list[Answer]:
        """GET panels and their files as of the same moment: it takes another where one ended before all had come."""
        for _ in range(_TRIES):
            answers = [self.get(path, {"Moment": word}) for word in [secrets.token_hex(8)] for path in paths]
            assert {answer.status for answer in answers} == {200}, [answer.text[:300] for answer in answers]
            if len({answer.headers["moment"] for answer in answers}) == 1:
                return answers
        raise AssertionError(f"no moment lasted for {len(paths)} answers")

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and give its exit code."""
        self.process.send_signal(by)
        return self.process.wait(30)

    def kill(self) -> None:
        """End it at once, as a crash would, and wait until it is gone."""
        self.stop(signal.SIGKILL)

    def children(self) -> list[int]:
        """The processes that it has started and that still run."""
        found: list[int] = []
        for path in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, path.read_text().split())
        return found

    def resident(self) -> int:
        """The memory that it holds, its children's not included (bytes)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def totals(self, *measures: str) -> dict[str, Any]:
        """Measures over all time; `calls.requests` and tokens unless others are named."""
        asked = measures or ("calls.requests", "calls.input_tokens", "calls.output_tokens")
        question = {"measures": asked, "since": "2015-01-01T00:00:00Z", "until": "2101-01-01T00:00:00Z"}
        answer = self.post("/api/query", question)
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json()["rows"][0]
        return found


def environment(home: Path) -> dict[str, str]:
    """What the server sees: no HOME and no settings of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"HOME": str(home), "XDG_CACHE_HOME": str(CACHE), "PYTHONUNBUFFERED": "1"}


@contextmanager
def running(
    data: Path,
    home: Path,
    *,
    discover: bool = False,
    demo: bool = False,
    env: Mapping[str, str] | None = None,
    port: int = 0,
    grpc_port: int | None = None,
    fresh: bool = False,
) -> Iterator[Running]:
    """Start a server, on a free port unless one is named; it is stopped at the end. `env` is added to what it sees.

    It is forked with its modules there already where that suits `env` (see :mod:`servers.forked`), unless it is to be a
    `fresh` process.
    """
    home.mkdir(parents=True, exist_ok=True)
    code = (
        "import os, sys; from pathlib import Path; from tokometer.server import serve; "
        f"serve(Path(sys.argv[1]), '127.0.0.1', {port}, discover={discover}, demo={demo}, "
        f"home=Path(sys.argv[2]), env=os.environ, grpc_port={grpc_port})"
    )
    seen = environment(home) | dict(env or {})
    start: type[subprocess.Popen[Any]] = Forked if suits(seen) and not fresh else subprocess.Popen
    process = start(
        [sys.executable, "-c", code, str(data), str(home)],
        env=seen,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert " is at " in line, f"the server did not start: {line!r}"
        yield Running(line.split(" is at ")[1].strip(), process, data, home)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def fill(data: Path, *, days: int, calls: int, seed: int = 1) -> None:
    """Commit generated records that end now, with the settings that go with them."""
    data.mkdir(parents=True, exist_ok=True)
    now = time.time_ns() // 1000
    spending = Spending(now)
    ledger = open_ledger(data)
    try:
        for batch in generate(days=days, calls=calls, seed=seed, now_us=now):
            ledger.commit(batch)
            spending.add(batch.records)
        ledger.settle()
    finally:
        ledger.close()
    spending.write(data)
