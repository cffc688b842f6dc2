"""A server whose first import takes as long as a test wants."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from servers.whole import Running

#: Lines of which nothing comes, and enough of them for whoever reads them to be found, and halted.
_NOTHING = b'{"type":"progress"}\n'
_LINES = 4_000_000


def transcripts(home: Path) -> Path:
    """One call now, and something older that takes long to read, which is returned."""
    projects = home / ".claude/projects/-shop"
    projects.mkdir(parents=True)
    now = datetime.now(UTC)
    line = {
        "type": "assistant",
        "uuid": "u",
        "timestamp": now.isoformat().replace("+00:00", "Z"),
        "requestId": "r",
        "message": {"id": "m", "model": "claude-sonnet-4-5", "usage": {"input_tokens": 40, "output_tokens": 2}},
    }
    (projects / "new.jsonl").write_text(json.dumps(line) + "\n")
    old = projects / "old.jsonl"
    old.write_bytes(_NOTHING * _LINES)
    os.utime(old, ((now - timedelta(days=30)).timestamp(),) * 2)
    return old


@contextmanager
def halted(server: Running, file: Path) -> Iterator[None]:
    """Halt the process of a server that reads a file, as a busy machine would."""
    reader = 0
    while not reader:
        for children in Path(f"/proc/{server.process.pid}/task").glob("*/children"):
            try:
                found = children.read_text().split()
            except OSError:
                # A thread that has ended since it was listed.
                continue
            for child in found:
                with suppress(OSError):
                    if any(link.resolve() == file for link in Path(f"/proc/{child}/fd").iterdir()):
                        reader = int(child)
    os.kill(reader, signal.SIGSTOP)
    try:
        yield
    finally:
        # Whoever started it may have ended it.
        with suppress(ProcessLookupError):
            os.kill(reader, signal.SIGCONT)
