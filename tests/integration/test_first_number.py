"""While a server reads much at once, whoever asks is answered from what is there, and told how far it is."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from servers import forked
from servers.halted import halted, transcripts
from servers.whole import Running, environment, running

COMMAND = Path(sys.executable).with_name("tokometer")


def _today(server: Running) -> dict[str, Any]:
    query = {"measures": ["calls.input_tokens"], "since": "7d"}
    answer: dict[str, Any] = server.post("/api/query", query).json()
    return answer


def test_what_is_newest_is_answered_while_the_rest_is_read(tmp_path: Path) -> None:
    """By the API, by its events, by the command line and by the check-up; all say so until everything is in."""
    home = tmp_path / "home"
    old = transcripts(home)
    env = environment(home) | {"TOKOMETER_DATA": str(tmp_path / "data"), "TZ": "UTC"}
    with running(tmp_path / "data", home, discover=True) as server:
        with halted(server, old):
            answer = _today(server)
            while not answer.get("reading", {}).get("files"):
                answer = _today(server)
            assert answer["rows"] == [{"input_tokens": 40}]
            assert (answer["reading"]["files"], answer["reading"]["all_files"]) == (1, 2)
            with urllib.request.urlopen(server.url + "/api/live", timeout=10) as events:
                hello = next(text for text in events if text.startswith(b"data:"))
            assert json.loads(hello.partition(b":")[2])["reading"]["all_files"] == 2
            done = forked.run([COMMAND, "report", "--since", "7d", "--json"], env=env, text=True, check=True)
            found = json.loads(done.stdout)
            assert found["totals"]["input_tokens"] == 40
            assert found["reading"]["all_files"] == 2
            assert "Read 1 of 2 files, back to " in done.stderr
            assert "the server is still importing the rest" in done.stderr
            doctor = forked.run([COMMAND, "doctor"], env=env, text=True, check=True)
            assert doctor.stdout.startswith("Still importing: read 1 of 2 files")
        deadline = time.monotonic() + 120
        while "reading" in _today(server):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert _today(server)["rows"] == [{"input_tokens": 40}]
