"""Commands while a server holds the data folder, and the server's own beginning and end."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from generators.claude_tree import Size, Tree, Truth
from servers import forked

COMMAND = Path(sys.executable).with_name("tokometer")
SECONDS = 60


class User:
    """A made-up user, whose server may be running."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        self.env = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "TOKOMETER_DATA": str(self.data),
            "TOKOMETER_GRPC_PORT": "off",
            "TMPDIR": str(home),
            "TZ": "UTC",
            "LANG": "C.UTF-8",
        }

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command and check its exit code."""
        done = forked.run([COMMAND, *arguments], env=self.env, text=True, timeout=SECONDS)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[str]:
        """Run a server; its address. It ends with the block, and ends well: nothing to complain of."""
        with (
            tempfile.TemporaryFile("w+") as complaints,
            forked.Forked(
                [COMMAND, *arguments, "--port", "0"],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
            ) as process,
        ):
            try:
                assert process.stdout is not None
                found = re.search(r"http://\S+", process.stdout.readline())
                assert found is not None
                yield found[0]
                process.send_signal(signal.SIGTERM)
                assert process.wait(SECONDS) == 0
                complaints.seek(0)
                assert [line for line in complaints if not line.startswith("Making up ")] == []
            finally:
                process.kill()


@pytest.fixture
def user(tmp_path: Path) -> User:
    """A user who has used nothing yet."""
    return User(tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[User, Truth, str]]:
    """A user of Claude Code whose server runs and takes only what it is told to; with the truth and the address."""
    user = User(tmp_path_factory.mktemp("served"))
    truth = Tree(5, Size(sessions=3, calls=30)).write(user.home / ".claude" / "projects")
    with user.serving("serve", "--no-discover") as url:
        user.run("import")
        yield user, truth, url


Served = tuple[User, Truth, str]


def request(url: str, method: str, path: str, token: str | None) -> tuple[int, bytes]:
    """Ask the server something."""
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)) as connection:
        connection.request(method, path, headers={} if token is None else {"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        return response.status, response.read()


def test_answers_of_a_server_say_their_window_and_why_they_are_empty(served: Served) -> None:
    """The same remarks as without one, also beside CSV, which has no place for them."""
    user, _, _ = served
    for form in ((), ("--json",), ("--csv",)):
        done = user.run("query", "--measure", "calls.cost", *form)
        assert re.search(r"^Window: all time, from \d+ \w+ \d{4} to now, in UTC$", done.stderr, re.MULTILINE)
    done = user.run("query", "--measure", "calls.cost", "--where", "calls.provider=anthropc", "--csv")
    assert "did you mean 'anthropic'?" in done.stderr
    assert "Last use: " in user.run("report", "--since", "15m").stderr


def test_commands_ask_the_server(served: Served) -> None:
    """Import, report, query and doctor go through the server, and give what they would give without it."""
    user, truth, url = served
    requests = len(truth.calls) + len(truth.failures)
    report = json.loads(user.run("report", "--json").stdout)
    assert report["totals"]["requests"] == requests
    assert report["totals"]["total_tokens"] == sum(call.usage.total for call in truth.calls)
    answer = json.loads(user.run("query", "--measure", "calls.requests", "--since", "all", "--json").stdout)
    assert answer["rows"] == [{"requests": requests}]
    csv = user.run("query", "--measure", "calls.requests", "--since", "all", "--csv").stdout
    assert csv.splitlines()[1] == str(requests)
    assert "Nothing new" in user.run("import").stdout
    assert url in user.run("doctor").stdout
    found = json.loads(user.run("doctor", "--audit", "--json").stdout)
    assert found["audit"]["count"] == 0
    assert next(one for one in found["sources"] if one["name"] == "claude_code")["calls"] == requests


def test_mistakes_are_told_alike(served: Served) -> None:
    """A question that cannot be understood is one line and exit code 2, as without a server."""
    user, _, _ = served
    error = user.run("query", "--measure", "calls.cots", code=2).stderr
    assert "did you mean 'calls.cost'" in error
    assert error.count("\n") == 1


def test_control_needs_the_token(served: Served) -> None:
    """Only who can read server.json may have the server import or look itself over."""
    user, _, url = served
    card = user.data / "server.json"
    assert card.stat().st_mode & 0o077 == 0
    token = json.loads(card.read_text())["token"]
    for method, path in (("GET", "/api/control/doctor"), ("POST", "/api/control/import")):
        assert request(url, method, path, None)[0] == 401
        assert request(url, method, path, token[:-1])[0] == 401
    assert request(url, "GET", "/api/control/doctor", token)[0] == 200


def test_a_second_server_says_who_holds_the_folder(served: Served) -> None:
    """A second server on a folder names the first one and ends."""
    user, _, url = served
    error = user.run("serve", "--port", "0", code=3).stderr
    assert url in error
    assert error.count("\n") == 1


def test_server_card_goes_with_the_server(user: User) -> None:
    """server.json is there while the server runs, and gone after it."""
    card = user.data / "server.json"
    with user.serving("serve", "--no-discover") as url:
        assert json.loads(card.read_text())["url"] == url
    assert not card.exists()
    user.run("query", "--measure", "calls.cost")


@pytest.mark.parametrize(
    "card",
    [
        '{"pid": 999999999, "url": "http://127.0.0.1:9", "token": "x"}',
        json.dumps({"pid": os.getpid(), "url": "http://127.0.0.1:9", "token": "x"}),
        '{"pid": 1',
        "{}",
        '{"pid": -1, "url": "http://127.0.0.1:9", "token": "x"}',
    ],
    ids=["gone", "somebody else's", "cut short", "empty", "impossible"],
)
def test_stale_cards_are_ignored(user: User, card: str) -> None:
    """A server.json whose server is gone, or that is broken, keeps no command from working."""
    user.data.mkdir()
    (user.data / "server.json").write_text(card)
    user.run("query", "--measure", "calls.cost")


def test_demo_is_labelled_and_leaves_nothing(user: User) -> None:
    """The demo serves generated data from a temporary folder, says so, and removes it."""
    with user.serving("demo", "--days", "3", "--calls", "500") as url:
        [folder] = user.home.glob("tokometer-demo-*")
        status, body = request(url, "GET", "/api/query?measure=calls.requests&since=all", None)
        assert status == 200
        assert json.loads(body)["rows"][0]["requests"] >= 500
        assert (folder / "ledger.duckdb").exists()
    assert not list(user.home.glob("tokometer-demo-*"))
    assert not user.data.exists()


def test_demo_never_mixes(user: User) -> None:
    """Demo data goes into no folder that already holds something."""
    user.data.mkdir()
    (user.data / "ledger.duckdb").write_bytes(b"")
    assert "not empty" in user.run("demo", "--data", str(user.data), code=2).stderr


def test_demo_is_offered_as_long_as_there_is_nothing(user: User) -> None:
    """Who starts it on a machine without usage is offered demo data, may say no, and is offered it the next time."""
    for _ in range(2):
        process, terminal = pty.fork()
        if process == 0:
            os.execve(COMMAND, [str(COMMAND), "serve", "--port", "0"], user.env)
        try:
            said = read_until(terminal, "demo data instead?")
            assert "Found no usage" in said
            os.write(terminal, b"n\n")
            assert "`tokometer demo` shows it at any time" in read_until(terminal, "http://127.0.0.1:")
            os.kill(process, signal.SIGINT)
            _, status = os.waitpid(process, 0)
            assert os.waitstatus_to_exitcode(status) == 0
        except BaseException:
            os.kill(process, signal.SIGKILL)
            raise
        finally:
            os.close(terminal)


def read_until(terminal: int, words: str) -> str:
    """What a terminal shows, up to some words."""
    shown = ""
    end = time.monotonic() + SECONDS
    while words not in shown:
        assert select.select([terminal], [], [], max(0, end - time.monotonic()))[0], shown
        shown += os.read(terminal, 4096).decode("utf-8", "replace")
    return shown
