"""Whatever we write when something of ours crashes has no provider's key, however that key looks.

Syncs and tests of accounts die by mistakes that quote the key, at several places; the log with its tracebacks, what the
interpreter prints when it is aborted, the check-up, every answer and every file are searched for it.
"""

from __future__ import annotations

import base64
import json
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from providers.openai import OpenAI
from providers.serving import Asked, Reply, serving
from servers import breaking
from servers.whole import Running, environment

_PATIENCE = 120.0


class Quoting(OpenAI):
    """An organisation below an address for each place; with each answer it quotes the key."""

    def answer(self, asked: Asked) -> Reply:
        """As ever, and the key in a header and in a field that nobody knows."""
        place, _, path = asked.path.removeprefix("/").partition("/")
        assert place in (*breaking.PLACES, "form")
        reply = super().answer(Asked(asked.method, f"/{path}", asked.query, asked.headers, asked.body))
        body = reply.body | {"asked_with": self.key} if isinstance(reply.body, dict) else reply.body
        return Reply(body, reply.status, {"X-Asked-With": self.key})


def made_up() -> str:
    """A key that no rule takes for one, with characters that are escaped where they are quoted."""
    return f"plum'{secrets.token_hex(4)}/{secrets.token_hex(4)}+{secrets.token_hex(3)}&\\"


def forms(key: str) -> list[bytes]:
    """A key in each form in which it could stand somewhere."""
    plain = key.encode()
    packed = [base64.b64encode(plain), base64.b64encode(plain + b":")]
    quoted = [quote(key).encode(), quote(key, safe="").encode(), json.dumps(key)[1:-1].encode(), repr(key).encode()]
    return [plain, *packed, *quoted, plain[5:22]]


def test_crashes_say_no_key(tmp_path: Path) -> None:
    """Not in a traceback of any thread, of what is let go of or of a request; each of them is in the log, though."""
    provider, data, home = Quoting(), tmp_path / "data", tmp_path / "home"
    provider.key = key = made_up()
    home.mkdir()
    env = environment(home) | {"PLANTED": key, "PYTHONFAULTHANDLER": "1", "TOKOMETER_GRPC_PORT": "off"}
    answers: list[bytes] = []
    log = tmp_path / "log"
    with serving(provider) as address, log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, breaking.__file__, str(data), str(home)],
            env=env,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert " is at " in line, log.read_text()
            server = Running(line.split()[-1], process, data, home)
            limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
            assert next(one for one in limits if one.startswith("Max core file size")).split()[4] == "0"
            first = {"type": "openai", "key": key}
            for place in breaking.TESTED:
                answer = server.post("/api/accounts/test", first | {"address": f"{address}/{place}/v1"})
                assert answer.status in (200, 502), (place, answer.text)
                answers.append(answer.body)
            answer = server.post("/api/accounts", first | {"title": "form", "address": f"{address}/form/v1"})
            assert (answer.status, "mistake" in answer.text) == (500, True)
            answers.append(answer.body)
            for place in breaking.PLACES:
                answer = server.post("/api/accounts", first | {"title": place, "address": f"{address}/{place}/v1"})
                assert answer.status == 201, answer.text
                answers += [answer.body, *_synced(server, answer.json()["id"])]
            answers += [server.get(path).body for path in ("/api/accounts", "/accounts", "/sources", "/metrics")]
            asked = [sys.executable, "-m", "tokometer", "doctor", "--json", "--data", str(data)]
            done = subprocess.run(asked, env=environment(home), capture_output=True, timeout=60, check=False)
            answers += [done.stdout, done.stderr]
            process.send_signal(signal.SIGABRT)
            assert process.wait(30) == -signal.SIGABRT
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
    told = log.read_text()
    assert "Fatal Python error: Aborted" in told
    for place in {*breaking.PLACES, "form"} - {"socket", "ledger"}:
        assert f"planted {place}: [key]" in told, place
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if path.name.startswith("core")]
    for form in forms(key):
        assert not [path for path in files if form in path.read_bytes()], form
        assert not [answer for answer in answers if form in answer], form


def _synced(server: Running, account: str) -> list[bytes]:
    """What is told of an account once its first sync has ended; one whose end cannot be written down has none."""
    until = time.monotonic() + _PATIENCE
    while True:
        answer = server.get(f"/api/accounts/{account}/runs")
        [run] = answer.json()["runs"] or [{}]
        if run.get("ended") is not None:
            return [answer.body]
        assert time.monotonic() < until, answer.text
        time.sleep(0.1)


_ADDING = """
import sys
from tokometer.cli import accounts
from tokometer.cli.app import run

class Door:
    def told(self, method, path, body=None):
        if method == "POST":
            raise RuntimeError(f"planted command: {body['key']} {body!r}")
        return {"kinds": [{"type": "openai", "key": {"title": "Key"}}]}

accounts._door = lambda _: Door()
sys.exit(run(["accounts", "add", "openai", "--data", sys.argv[1]]))
"""


def test_a_command_that_crashes_says_no_key(tmp_path: Path) -> None:
    """Its traceback is shown, and what was typed is not in it."""
    key = made_up()
    done = subprocess.run(
        [sys.executable, "-c", _ADDING, str(tmp_path)],
        env=environment(tmp_path),
        input=key,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "planted command: [key]" in done.stderr
    assert not [form for form in forms(key) if form.decode() in done.stderr + done.stdout]
