"""What lies beside a task's messages: which model it used when, for which project, on whose behalf.

No tool and version says all of it, and none says it in the same place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from tokometer.host.regular import read_bytes
from tokometer.records import provider_of
from tokometer.sources.told import Told

_HISTORY: Final = "api_conversation_history.json"
_MOST_BYTES: Final = 128 << 20
_MODEL: Final = re.compile(rb"<model>([^<]{1,200})</model>")
_MODE: Final = re.compile(rb"<slug>([^<]{1,80})</slug>")
_FOLDER: Final = re.compile(rb"Current (?:Workspace|Working) Directory \(([^)\\\n]{1,1000})\)")
#: Where environment details can stand in what was sent: not in the middle of a file that was read.
_DETAILS: Final = re.compile(rb"<environment_details>.*?</environment_details>", re.DOTALL)


class Used(NamedTuple):
    """What answered from some moment on."""

    model: str
    provider: str = ""
    mode: str = ""


class _Sent(msgspec.Struct):
    role: str = ""
    ts: float | None = None
    content: msgspec.Raw = msgspec.Raw(b"")


class Context:
    """What is known of a task beside its messages."""

    def __init__(self, folder: Path) -> None:
        item = _told(folder / "history_item.json")
        listed = _listed(folder.parent.parent / "state" / "taskHistory.json", folder.name)
        self.parent = item.text("parentTaskId") or listed.text("parentTaskId")
        self.mode = item.text("mode")
        self.project = item.text("workspace") or listed.text("cwdOnTaskInitialization", "workspace")
        self._since: list[int] = []
        self._used: list[Used] = []
        self._later = False
        for at, used in sorted(_usage(folder), key=lambda one: one[0]):
            self._since.append(at)
            self._used.append(used)
        if not self._used:
            self._read_history(folder)

    def used(self, at: int, until: int) -> Used:
        """What answered a request that was made at a moment, before the next one at another (microseconds)."""
        where = bisect_right(self._since, at)
        if self._later:
            # What was sent is written down right after the request that it was sent with.
            next_one = where < len(self._since) and self._since[where] < until
            where += 1 if next_one else 0
        if where:
            return self._used[where - 1]
        return self._used[0] if self._used else Used("", "", self.mode)

    def _read_history(self, folder: Path) -> None:
        try:
            sent = msgspec.json.decode(read_bytes(folder / _HISTORY, _MOST_BYTES), type=list[_Sent])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        self._later = True
        for message in sent:
            details = _DETAILS.findall(bytes(message.content))
            if message.role == "user" and details:
                if not self.project and (folder_found := _FOLDER.search(details[-1])):
                    self.project = folder_found[1].decode("utf-8", "replace")
                if model := _MODEL.search(details[-1]):
                    mode = _MODE.search(details[-1])
                    used = Used(_text(model[1]), "", _text(mode[1]) if mode else self.mode)
                    self._since.append(round((message.ts or 0) * 1_000))
                    self._used.append(used)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").strip()


def _usage(folder: Path) -> Iterator[tuple[int, Used]]:
    """The models that `task_metadata.json` lists, with the moments from which on they were used."""
    for one in _told(folder / "task_metadata.json").each("model_usage"):
        at = one.moment("ts")
        if at is not None and one.text("model_id"):
            yield at, Used(one.text("model_id"), provider_of(one.text("model_provider_id")), one.text("mode"))


def _told(path: Path) -> Told:
    value = _json(path)
    return Told(value if isinstance(value, dict) else {})


def _listed(path: Path, task: str) -> Told:
    """What the list of all tasks says of one."""
    value = _json(path)
    found = (one for one in value if isinstance(one, dict) and one.get("id") == task) if isinstance(value, list) else ()
    return Told(next(iter(found), {}))


def _json(path: Path) -> Any:  # noqa: ANN401 - any JSON
    try:
        return msgspec.json.decode(read_bytes(path, _MOST_BYTES))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
