"""Having a message sent by a process of its own: it can hang or crash, and the server is none the worse."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

#: What a service gets to answer, and the process around it (seconds).
PATIENCE: Final = 30.0
_AROUND: Final = 20.0
#: The largest file that goes with a message.
MOST_FILE: Final = 20 << 20

Kind = Literal["info", "success", "warning", "failure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Something that goes with a message."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is said: one line, a text, how it is meant."""

    title: str
    body: str
    kind: Kind = "info"
    file: File | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How it went."""

    ok: bool
    #: Why not, without anything of the address.
    why: str = ""
    #: Trying again is of no use.
    lasting: bool = False
    #: The file went with it.
    attached: bool = False


class Post:
    """Sends messages, each by a process of its own. Thread-safe.

    Args:
        patience: What a service gets to answer (seconds).
        around: What the process may take beyond that, until it is ended (seconds).
    """

    def __init__(self, patience: float = PATIENCE, around: float = _AROUND) -> None:
        self._patience = patience
        self._around = around
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def send(self, url: str, message: Message) -> Sent:
        """Send a message to an address. It takes as long as it takes, and no longer than its patience."""
        task: dict[str, Any] = {"url": url, "title": message.title, "body": message.body, "kind": message.kind}
        if message.file is not None and len(message.file.content) <= MOST_FILE:
            task |= {"file": base64.b64encode(message.file.content).decode(), "file_name": message.file.name}
        return self._told(task)

    def check(self, url: str) -> Sent:
        """Whether an address means something; nothing is sent. `attached` says whether its service takes files."""
        return self._told({"url": url, "check": True})

    def close(self) -> None:
        """End what is being sent, and begin nothing more."""
        with self._lock:
            self._closed = True
            for process in self._running:
                with suppress(OSError):
                    process.kill()

    def _told(self, task: dict[str, Any]) -> Sent:
        told = json.dumps(task | {"seconds": self._patience}).encode()
        process = self._start()
        if process is None:
            return Sent(ok=False, why="the server is ending")
        try:
            answer, _ = process.communicate(told, self._patience + self._around)
        except subprocess.TimeoutExpired:
            return Sent(ok=False, why=f"no answer within {self._patience + self._around:.0f} s")
        finally:
            self._end(process)
        try:
            said = json.loads(answer)
            return Sent(ok=said["ok"], why=said["why"], lasting=said["lasting"], attached=said["attached"])
        except (ValueError, KeyError, TypeError):
            return Sent(ok=False, why="the process that sends has ended without a word")

    def _start(self) -> subprocess.Popen[bytes] | None:
        # -P: not what happens to lie in the current folder.
        command = [sys.executable, "-P", "-m", "tokometer.posting.sending", str(os.getpid())]
        with self._lock:
            if self._closed:
                return None
            process = subprocess.Popen(  # noqa: S603 - ours
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self._running.add(process)
            return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._running.discard(process)
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
