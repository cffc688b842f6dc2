"""What several machines have ends up in one ledger, exactly once, whatever happens on the way."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from generators.claude_tree import Size, Tree, Truth
from generators.examples import LONG
from servers import forked

COMMAND = Path(sys.executable).with_name("tokometer")
SECONDS = 90


class Machine:
    """A made-up machine: a home folder, and what it runs."""

    def __init__(self, home: Path, name: str) -> None:
        self.home = home / name
        self.home.mkdir()
        self.name = name
        self.env = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "TOKOMETER_DATA": str(self.home / "data"),
            "TOKOMETER_GRPC_PORT": "off",
            "TZ": "UTC",
            "LANG": "C.UTF-8",
        }

    def has(self, seed: int) -> Truth:
        """Give it transcripts; the same seed gives the same files."""
        return Tree(seed, Size(sessions=4, calls=60)).write(self.home / ".claude" / "projects")

    def run(self, *arguments: str) -> str:
        """Run a command that ends well; what it prints."""
        done = forked.run([COMMAND, *arguments], env=self.env, text=True, timeout=SECONDS)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ship(self, url: str) -> Any:
        """Ship everything; the summary."""
        return json.loads(self.run("ship", "--to", url, "--machine", self.name, "--once", "--json"))

    @contextmanager
    def starts(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command for the time of the block; it is killed after it."""
        with forked.Forked(
            [COMMAND, *arguments],
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        """A server that takes only what it is sent; its address."""
        with self.starts("serve", "--no-discover", "--port", str(port)) as process:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found is not None
            yield found[0].rstrip("/")
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0


def kept(url: str) -> dict[str, int]:
    """Calls and their tokens on a server."""
    with urlopen(f"{url}/api/query?measure=calls.requests&measure=calls.total_tokens&since=all", timeout=30) as answer:
        [row] = json.load(answer)["rows"]
    return dict(row)


def right(*truths: Truth) -> dict[str, int]:
    """What there is to count in several different trees."""
    return {
        "requests": sum(len(truth.calls) + len(truth.failures) for truth in truths),
        "total_tokens": sum(call.usage.total for truth in truths for call in truth.calls),
    }


def test_two_machines_ship_and_what_both_have_counts_once(tmp_path: Path) -> None:
    """A home folder that is synced between two machines counts once; the server says which machines there are."""
    server, laptop, desktop = (Machine(tmp_path, name) for name in ("server", "laptop", "desktop"))
    truth = laptop.has(1)
    desktop.has(1)
    with server.serving() as url:
        assert laptop.ship(url)["accepted"] > 0
        assert kept(url) == right(truth)
        again = desktop.ship(url)
        assert (again["accepted"], again["refused"], again["declined"]) == (0, 0, 0)
        assert kept(url) == right(truth)
        assert laptop.ship(url)["sent"] == 0
        with urlopen(f"{url}/api/machines", timeout=30) as answer:
            machines = json.load(answer)["machines"]
        assert [one["machine"] for one in machines] == ["desktop", "laptop"]
        assert all(one["program"].startswith("tokometer ") and one["last_seen"] for one in machines)
        assert sum(one["calls"] for one in machines) == kept(url)["requests"]
        with urlopen(f"{url}/sources", timeout=30) as answer:
            page = answer.read().decode()
        assert "laptop" in page
        assert "2 machines that ship" in page


def test_a_server_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """What was read while the server was away is spooled, survives a kill, and arrives once it is back."""
    server, laptop = Machine(tmp_path, "server"), Machine(tmp_path, "laptop")
    truth = laptop.has(2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with laptop.starts("ship", "--to", url) as process:
        assert process.stderr is not None
        assert "trying again" in process.stderr.readline()
        process.kill()
    for path in (laptop.home / ".claude").rglob("*.jsonl"):
        path.unlink()
    with server.serving(port) as address:
        assert laptop.ship(address)["declined"] == 0
        assert 0 < kept(address)["requests"] <= right(truth)["requests"]
        laptop.has(2)
        laptop.ship(address)
        assert kept(address) == right(truth)


def test_a_server_whose_ledger_was_lost_is_sent_everything(tmp_path: Path) -> None:
    """What was shipped to one server is shipped to another that took its place, or whose ledger is new; once."""
    laptop = Machine(tmp_path, "laptop")
    truth = laptop.has(8)
    for name, anew in (("server", 0), ("other", 1)):
        with Machine(tmp_path, name).serving() as url:
            assert laptop.ship(url)["anew"] == anew
            assert laptop.ship(url)["sent"] == 0
            assert kept(url) == right(truth)


@pytest.mark.parametrize("seed", [3, 4] if LONG else [3])
def test_kills_lose_and_double_nothing(tmp_path: Path, seed: int) -> None:
    """A shipper that is killed again and again, and a server that is, leave what a quiet day would have."""
    server, laptop = Machine(tmp_path, "server"), Machine(tmp_path, "laptop")
    truth = laptop.has(seed)
    with server.serving() as url:
        for number in range(6):
            with laptop.starts("ship", "--to", url) as process:
                time.sleep(0.35 + 0.12 * number)
                process.kill()
        laptop.ship(url)
        assert kept(url) == right(truth)


def test_what_is_written_is_followed(tmp_path: Path) -> None:
    """A line that a tool writes now is on the server a moment later."""
    server, laptop = Machine(tmp_path, "server"), Machine(tmp_path, "laptop")
    first = laptop.has(5)
    with server.serving() as url, laptop.starts("ship", "--to", url):
        _until(url, right(first))
        later = Tree(6, Size(sessions=1, calls=5)).write(laptop.home / ".claude" / "projects")
        _until(url, right(first, later))


def test_a_bundle_is_read_anywhere(tmp_path: Path) -> None:
    """What one machine wrote into a file is imported on another, once, with the sources that it had."""
    server, laptop = Machine(tmp_path, "server"), Machine(tmp_path, "laptop")
    truth = laptop.has(7)
    bundle = tmp_path / "laptop.tokometer"
    laptop.run("ship", "--to", str(bundle), "--machine", "laptop")
    assert bundle.stat().st_mode & 0o077 == 0
    server.run("import", str(bundle))
    assert "Nothing new" in server.run("import", str(bundle))
    report = json.loads(server.run("report", "--json"))
    assert report["totals"]["requests"] == right(truth)["requests"]
    found = json.loads(server.run("doctor", "--json", "--audit"))
    assert found["audit"]["count"] == 0
    by_source = json.loads(server.run("query", "--measure", "calls.requests", "--by", "calls.source", "--json"))
    assert {row["source"] for row in by_source["rows"]} == {"claude_code"}


def _until(url: str, wanted: dict[str, int]) -> None:
    until = time.monotonic() + SECONDS
    while (found := kept(url)) != wanted:
        assert time.monotonic() < until, (found, wanted)
        time.sleep(0.1)
