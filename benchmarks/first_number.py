"""The first number at once: from ready to the newest day's right figure, while 600 MB of transcripts come in.

    python benchmarks/first_number.py [--rounds 3] [--keep DIR] [--small]

A server starts on an empty ledger and a home with a made-up tree (tests/generators/claude_tree.py), whose files bear
the times of their last lines. From the moment that it is ready, the newest day's cost and calls are asked for again and
again; when everything is in, the last answer is the right one, and the first that says the same is what counts. The
tree ends on a day of its own, which stands for today. Target: 0.7 s.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from transcripts import TOKOMETER, make_tree  # noqa: E402 - found through the line above

_AT = re.compile(rb'"timestamp":"([^"]+)"')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a folder to keep the tree in, for the next time")
    parser.add_argument("--small", action="store_true", help="a tenth of the size")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="tokometer-first-"))
    try:
        if not (folder / "home").exists():
            make_tree(folder / "home", small=options.small)
        newest = date_files(folder / "home")
        rounds = [one_round(folder, newest) for _ in range(options.rounds + 1)][1:]
        for name in rounds[0]:
            values = [found[name] for found in rounds]
            print(f"{name:44} median {statistics.median(values):.2f} s, best {min(values):.2f} s")
    finally:
        if options.keep is None:
            shutil.rmtree(folder)


def date_files(home: Path) -> datetime:
    """Give every transcript the time of its last line; returns the newest."""
    newest = 0.0
    for file in (home / ".claude/projects").rglob("*.jsonl"):
        times = _AT.findall(file.read_bytes())
        at = max(datetime.fromisoformat(text.decode()) for text in times).timestamp() if times else 0.0
        os.utime(file, (at, at))
        newest = max(newest, at)
    return datetime.fromtimestamp(newest, UTC)


def one_round(folder: Path, newest: datetime) -> dict[str, float]:
    """One server on an empty ledger, until everything is in."""
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    env = {"HOME": str(folder / "home"), "PATH": os.environ["PATH"], "TZ": "UTC"}
    command = [*TOKOMETER, "serve", "--port", "0", "--data", str(data)]
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = ready(data)
        started = time.perf_counter()
        day = {"since": f"{newest:%Y-%m-%d}", "until": f"{newest:%Y-%m-%d}", "tz": "UTC"}
        asked = {"measures": ["calls.cost", "calls.requests", "calls.total_tokens"], **day}
        heard: list[tuple[float, Any]] = []
        while True:
            answer = ask(url, asked)
            heard.append((time.perf_counter() - started, answer["rows"]))
            if "reading" not in answer and is_whole(url):
                break
        right = ask(url, asked)["rows"]
        wrong = [at for at, rows in heard if rows != right]
        first = next((at for at, rows in heard if rows == right and at > max(wrong, default=0.0)), heard[-1][0])
        return {"from ready to the newest day's right figure": first, "from ready to everything": heard[-1][0]}
    finally:
        server.terminate()
        server.wait()


def ready(data: Path) -> str:
    """Wait until the server is; returns its address."""
    while True:
        try:
            url = str(json.loads((data / "server.json").read_bytes())["url"])
            with urllib.request.urlopen(f"{url}/readyz") as reply:
                if reply.status == 200:
                    return url
        except (OSError, ValueError, urllib.error.URLError):
            time.sleep(0.005)


def ask(url: str, question: dict[str, Any]) -> Any:
    body = json.dumps(question).encode()
    request = urllib.request.Request(f"{url}/api/query", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as reply:
        return json.loads(reply.read())


def is_whole(url: str) -> bool:
    """Whether the oldest is in: before the import has begun nothing is being read either."""
    total = ask(url, {"measures": ["calls.requests"], "since": "all"})["rows"]
    time.sleep(0.3)
    return (
        bool(total and total[0]["requests"])
        and total == ask(url, {"measures": ["calls.requests"], "since": "all"})["rows"]
    )


if __name__ == "__main__":
    main()
