"""Pipes, sockets, devices, folders and links in place of files, and names that are no text."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from servers import forked
from servers.whole import Running, environment, running

TOKOMETER = (sys.executable, "-c", "import sys; from tokometer.cli import main; sys.exit(main())")


def line(name: str) -> bytes:
    """A line of a transcript: one call."""
    call = {
        "type": "assistant",
        "uuid": f"u-{name}",
        "sessionId": f"s-{name}",
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "requestId": f"r-{name}",
        "message": {"id": f"m-{name}", "model": "claude-sonnet-4-5", "usage": {"input_tokens": 4, "output_tokens": 2}},
    }
    return json.dumps(call).encode() + b"\n"


def pipe(path: Path) -> None:
    """A named pipe."""
    os.mkfifo(path)


def listening(path: Path) -> None:
    """A socket."""
    before = Path.cwd()
    os.chdir(path.parent)  # its address may only be short
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(before)


def zeros(path: Path) -> None:
    """A device without an end."""
    path.symlink_to("/dev/zero")


def circle(path: Path) -> None:
    """A link to itself."""
    path.symlink_to(path.name)


def folder(path: Path) -> None:
    """A folder."""
    path.mkdir()


def sparse(path: Path) -> None:
    """A hundred gigabytes of nothing."""
    with path.open("wb") as file:
        file.truncate(100 << 30)


ODD: list[Callable[[Path], None]] = [pipe, listening, zeros, circle, folder]
ROLLOUT = "rollout-2026-11-27T00-00-00-0199a213-81ca-7800-8aa1-bbab2a035a5"


def odd_home(home: Path) -> int:
    """A home with everything that is not a file wherever a file is looked for; how many calls there are beside."""
    projects, codex = home / ".claude/projects/-shop", home / ".codex/sessions/2026/11/27"
    projects.mkdir(parents=True)
    codex.mkdir(parents=True)
    calls = 0
    for number, make in enumerate(ODD):
        make(projects / f"{make.__name__}.jsonl")
        make(codex / f"{ROLLOUT}{number}.jsonl")
        # Beside a subagent's transcript, where its kind is told.
        (projects / f"agent-{number}.jsonl").write_bytes(line(f"agent-{number}"))
        make(projects / f"agent-{number}.meta.json")
        calls += 1
    sparse(projects / "sparse.jsonl")
    for path in (
        home / ".claude.json",
        home / ".claude/.claude.json",
        home / ".codex/auth.json",
        home / ".codex/config.toml",
    ):
        pipe(path)
    (projects / "ordinary.jsonl").write_bytes(line("ordinary"))
    return calls + 1


def counted(server: Running, calls: int, within: float = 60.0) -> bool:
    """Whether the server has so many calls before long."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if server.totals("calls.requests")["requests"] == calls:
            return True
        time.sleep(0.2)
    return False


def test_following_a_home_of_pipes(tmp_path: Path) -> None:
    """All that is a file is read; the rest is listed as what it is, and the end does not wait for any of it."""
    home = tmp_path / "home"
    calls = odd_home(home)
    with running(tmp_path / "data", home, discover=True) as server:
        assert counted(server, calls)
        refused = {
            Path(one["place"]).name: one["reason"] for one in server.get("/api/refused?limit=1000").json()["refused"]
        }
        for make in (pipe, listening, zeros, folder):
            assert refused[f"{make.__name__}.jsonl"] == "cannot be read: not a regular file"
        (home / ".claude/projects/-shop/later.jsonl").write_bytes(line("later"))
        assert counted(server, calls + 1)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 12


def test_importing_a_home_of_pipes(tmp_path: Path) -> None:
    """A command reads what is a file, and ends."""
    home = tmp_path / "home"
    calls = odd_home(home)
    (home / ".claude/projects/-shop/sparse.jsonl").unlink()
    done = forked.run(
        [*TOKOMETER, "import", "--json", "--data", str(tmp_path / "data")],
        env=environment(home),
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["accepted"] >= calls


@pytest.mark.parametrize("make", [pipe, zeros, listening, folder])
@pytest.mark.parametrize(
    "name", ["tokometer.toml", "prices.toml", "server.json", "colours.json", "server.lock", "ledger.duckdb"]
)
def test_a_data_folder_of_pipes(tmp_path: Path, name: str, make: Callable[[Path], None]) -> None:
    """What is not a file in the data folder is named in one line, or is as if it were not there; nothing waits."""
    data, home = tmp_path / "data", tmp_path / "home"
    data.mkdir()
    home.mkdir()
    make(data / name)
    done = forked.run(
        [*TOKOMETER, "doctor", "--data", str(data)],
        env=environment(home),
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    if name in ("tokometer.toml", "prices.toml", "ledger.duckdb"):
        assert done.returncode in (2, 3)
        assert name in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    else:
        assert done.returncode == 0, done.stderr


#: Names that are no UTF-8, and others that nobody would choose.
NAMES = [
    *(b"caf\xe9.jsonl", b"\xff\xfe.jsonl", b"\xed\xa0\x80.jsonl", b"two\nlines.jsonl", b"tab\t\x1b[31m.jsonl"),
    *(b"-rf.jsonl", b"a" * 240 + b".jsonl", b" .jsonl", b"%s%n{}.jsonl"),
    *("\u202efull.jsonl".encode(), "e\u0301.jsonl".encode(), "é.jsonl".encode()),
]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """A file is read whatever it is called, once, and followed; so is what lies in a folder of such a name."""
    home = tmp_path / "home"
    projects = os.fsencode(home / ".claude/projects")
    places = [projects + b"/-shop/" + name for name in NAMES] + [projects + b"/-sh\xff\xfep/x.jsonl"]
    for number, place in enumerate(places):
        path = Path(os.fsdecode(place))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(line(f"n{number}"))
    for _ in range(2):
        with running(tmp_path / "data", home, discover=True) as server:
            assert counted(server, len(places)), server.get("/api/refused").text
            assert server.get("/api/refused").json()["refused"] == []
    with running(tmp_path / "data", home, discover=True) as server:
        for place in (places[0], places[-1]):
            with Path(os.fsdecode(place)).open("ab") as file:
                file.write(line(place.hex()))
        assert counted(server, len(places) + 2)
        assert server.get("/sources").status == 200


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    """What is left of it is read, and what comes later, too."""
    home = tmp_path / "home"
    path = home / ".claude/projects/-shop/x.jsonl"
    path.parent.mkdir(parents=True)
    with running(tmp_path / "data", home, discover=True) as server:
        for number in range(20):
            path.write_bytes(b"".join(line(f"{number}-{part}") for part in range(200)))
            os.truncate(path, 1_000 + number)
        path.write_bytes(line("last"))
        deadline = time.monotonic() + 30
        while (
            "s-last" not in server.get("/api/query?measure=calls.requests&by=calls.session&since=24h&limit=100000").text
        ):
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_a_hundred_thousand_files(tmp_path: Path) -> None:
    """A folder of as many empty files costs the first look a few seconds, and the end nothing."""
    home = tmp_path / "home"
    projects = home / ".claude/projects/-shop"
    projects.mkdir(parents=True)
    for number in range(100_000 if os.environ.get("FAULTS") == "long" else 10_000):
        (projects / f"{number}.jsonl").touch()
    (projects / "one.jsonl").write_bytes(line("one"))
    with running(tmp_path / "data", home, discover=True) as server:
        assert counted(server, 1, 120)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 12
