"""Task folders as Cline and its descendants keep them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generators.left import Step, document, together

TASK = "1772442000000"
#: 2 March 2026, 09:00 UTC, in milliseconds.
BEGAN = 1_772_442_000_000
FOLDER = "/home/ada/code/engine"


def ts(minute: int) -> int:
    """A time of the morning on which all this happens, in milliseconds."""
    return BEGAN + minute * 60_000


def say(kind: str, minute: int, text: Any = "…", **more: Any) -> dict[str, Any]:
    """A message that tells something."""
    words = text if isinstance(text, str) else json.dumps(text)
    return {"ts": ts(minute), "type": "say", "say": kind, "text": words, **more}


def ask(kind: str, minute: int, text: Any = "…", **more: Any) -> dict[str, Any]:
    """A message that asks something."""
    words = text if isinstance(text, str) else json.dumps(text)
    return {"ts": ts(minute), "type": "ask", "ask": kind, "text": words, **more}


def request(minute: int, fresh: int, read: int, written: int, output: int, cost: float, **more: Any) -> dict[str, Any]:
    """A request that was answered."""
    info = {"request": "…", "tokensIn": fresh, "tokensOut": output, "cacheReads": read, "cacheWrites": written}
    said = {key: more.pop(key) for key in ("modelInfo",) if key in more}
    return say("api_req_started", minute, info | {"cost": cost} | more, **said)


def sent(minute: int, model: str, mode: str = "code") -> list[dict[str, Any]]:
    """What was sent to the model with a request: environment details that name it."""
    details = (
        f"<environment_details>\n# Current Workspace Directory ({FOLDER}) Files\na.py\n"
        f"# Current Mode\n<slug>{mode}</slug>\n<name>Code</name>\n<model>{model}</model>\n</environment_details>"
    )
    question = {"role": "user", "content": [{"type": "text", "text": details}], "ts": ts(minute) + 40}
    return [question, {"role": "assistant", "content": [{"type": "text", "text": "…"}], "ts": ts(minute) + 9_000}]


def task(root: str, messages: list[Any], name: str = TASK, **beside: Any) -> Step:
    """A task's folder; `beside` are its other files, by their names without ending."""
    folder = f"{root}/tasks/{name}"
    others = [document(f"{folder}/{file}.json", value) for file, value in beside.items()]
    return together(*others, document(f"{folder}/ui_messages.json", messages))


def spoil(root: str, name: str = TASK) -> Callable[[Path], None]:
    """Break what one request says of itself."""

    def go(home: Path) -> None:
        path = home / root / "tasks" / name / "ui_messages.json"
        messages = json.loads(path.read_text())
        broken = next(message for message in messages if message.get("say") == "api_req_started")
        broken["text"] = broken["text"][:-3]
        path.write_text(json.dumps(messages))

    return go
