"""A chat's log as calls: one for each request that says what it used.

Lines are `{kind, k, v, i}`: 0 is the whole chat, 1 sets what stands under the path `k`, 2 adds to the list there (after
cutting it to `i`), 3 takes it away. Of a request only what we read is remembered; all else is most of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from tokometer.host.regular import read_bytes
from tokometer.records import ModelCall, Record, RecordError, Status, infer_provider, status_of
from tokometer.sources import folders
from tokometer.sources.copilot_cli.usage import PROVIDER
from tokometer.sources.machine import host
from tokometer.sources.noticed import Noticed
from tokometer.sources.told import Told

NAME: Final = "copilot_chat"
_VENDOR: Final = "copilot/"
#: Names of a choice that is left to Copilot: no model's.
_AUTO: Final = frozenset({"auto", "copilot-auto"})
#: What of a request is read: its own keys, and those of what it says of its result.
_OWN: Final = frozenset({"requestId", "timestamp", "modelId", "promptTokens", "completionTokens"})
_RESULT: Final = frozenset({"promptTokens", "outputTokens", "resolvedModel", "toolCallRounds"})
#: No chat has as many requests.
_MOST: Final = 10_000
_MOST_BYTES: Final = 1 << 20
_INITIAL, _SET, _PUSH, _DELETE = range(4)
_AT_REQUEST: Final = 2

Request = dict[str, Any]


class Kept(msgspec.Struct):
    """What is remembered of a chat between two readings."""

    session: str = ""
    requests: list[Request] = []


class Requests:
    """What of a request is kept."""

    @staticmethod
    def kept(value: Any) -> Request:  # noqa: ANN401 - any JSON
        """A request without what is not read."""
        if not isinstance(value, dict):
            return {}
        found = {key: value[key] for key in _OWN if key in value}
        return found | Requests.result(value.get("result"))

    @staticmethod
    def result(value: Any) -> Request:  # noqa: ANN401
        """What a result says."""
        found: Request = {}
        if not isinstance(value, dict):
            return found
        timings = value.get("timings")
        if isinstance(timings, dict):
            found |= {key: timings[key] for key in ("totalElapsed", "firstProgress") if key in timings}
        if value.get("errorDetails"):
            details = value["errorDetails"]
            found["error"] = details.get("message", "") if isinstance(details, dict) else ""
        return found | Requests.metadata(value.get("metadata"))

    @staticmethod
    def metadata(value: Any) -> Request:  # noqa: ANN401
        """What a result's metadata says; how much was thought in all rounds."""
        if not isinstance(value, dict):
            return {}
        found = {f"result.{key}": value[key] for key in _RESULT if key in value}
        rounds = found.pop("result.toolCallRounds", None)
        thoughts = [one["thinking"] for one in rounds or () if isinstance(one, dict) and "thinking" in one]
        told = [one.get("tokens") for one in thoughts if isinstance(one, dict)]
        counts = [count for count in told if isinstance(count, int) and count > 0]
        return found | ({"thinking": sum(counts)} if counts else {})


class Chat:
    """One reading of one chat."""

    def __init__(self, path: Path, memory: Kept, noticed: Noticed) -> None:
        self._path = path
        self._memory = memory
        self._noticed = noticed
        #: Requests of which something was told in this reading.
        self._touched: dict[int, int] = {}

    def take(self, line: Told, offset: int) -> None:
        """Apply a line of the log.

        Raises:
            RecordError: It cannot be applied.
        """
        kind, path, value = line.raw("kind"), line.raw("k"), line.plain.get("v")
        if kind == _INITIAL:
            told = line.within("v")
            self._memory.session = told.text("sessionId") or self._memory.session
            self._memory.requests = [Requests.kept(one.plain) for one in told.each("requests")][:_MOST]
            self._touched = dict.fromkeys(range(len(self._memory.requests)), offset)
        elif kind not in (_SET, _PUSH, _DELETE):
            self._noticed.add("line", f"of kind {kind}", offset)
        elif isinstance(path, list) and path and path[0] == "requests":
            self._correct(kind, path, value, line.whole("i"), offset)

    def _correct(self, kind: int, path: Sequence[Any], value: Any, cut: int | None, offset: int) -> None:  # noqa: ANN401
        requests = self._memory.requests
        if len(path) == 1:
            if kind == _PUSH and cut is not None:
                del requests[cut:]
            elif kind != _PUSH:
                requests.clear()
            new = value if isinstance(value, list) else []
            self._touched |= dict.fromkeys(range(len(requests), len(requests) + len(new)), offset)
            requests += [Requests.kept(one) for one in new[: _MOST - len(requests)]]
            return
        at = path[1]
        if not isinstance(at, int) or not 0 <= at < len(requests):
            raise RecordError("k", "points at a request that is not there")
        if kind != _SET:
            return
        if len(path) == _AT_REQUEST:
            requests[at] = Requests.kept(value)
        elif not self._set(requests[at], path[2:], value):
            return
        self._touched[at] = offset

    @staticmethod
    def _set(request: Request, path: Sequence[Any], value: Any) -> bool:  # noqa: ANN401
        """Set something of a request; whether it is anything that is read."""
        if len(path) == 1 and path[0] in _OWN:
            request[path[0]] = value
        elif path == ["result"]:
            request |= Requests.result(value)
        elif list(path) == ["result", "metadata"]:
            request |= Requests.metadata(value)
        elif list(path[:2]) == ["result", "metadata"] and len(path) == 3 and path[2] in _RESULT:  # noqa: PLR2004
            request |= Requests.metadata({path[2]: value})
        else:
            return False
        return True

    def calls(self) -> Iterator[Record]:
        """The calls of requests of which something new was told."""
        for at, offset in self._touched.items():
            if at < len(self._memory.requests):
                yield from self.of(self._memory.requests[at], offset)

    def of(self, request: Request, offset: int) -> Iterator[Record]:
        """The call of a request, if it says what was used.

        Raises:
            RecordError: Something in it cannot be believed.
        """
        told = Told(request, "requests.")
        prompt = told.whole("promptTokens", "result.promptTokens")
        output = told.whole("completionTokens", "result.outputTokens")
        if not prompt and not output:
            return
        named, resolved = told.text("modelId"), told.text("result.resolvedModel")
        own = not named or named.startswith(_VENDOR)
        model = resolved or named.removeprefix(_VENDOR)
        model = "" if model in _AUTO else model if own else model.rpartition("/")[2]
        if not model:
            self._noticed.add("model", "a request whose model Copilot chose and does not name", offset)
        started_at = told.needed(told.moment("timestamp"), "timestamp")
        session, thought = self._memory.session or self._path.stem, told.whole("thinking")
        yield ModelCall(
            source=NAME,
            native_id=f"{session}|{told.text('requestId') or started_at // 1000}",
            started_at=started_at,
            # It is told again as more is known of it.
            revision=(prompt or 0) + (output or 0),
            machine=host(),
            provider=PROVIDER if own else infer_provider(model),
            model=model,
            status=_status(told),
            error_message=told.message("error"),
            latency_us=told.milliseconds("totalElapsed"),
            ttft_us=told.milliseconds("firstProgress"),
            input_tokens=prompt,
            output_tokens=output,
            reasoning_tokens=None if thought is None else min(thought, output or 0),
            session_id=session,
            project=self._project(),
            agent="copilot-chat",
            user_messages=1,
        )

    def _project(self) -> str:
        """The folder that the chat's window had open, as the file beside the chats says."""
        try:
            said = msgspec.json.decode(read_bytes(self._path.parent.parent / "workspace.json", _MOST_BYTES))
            address = urlsplit(str(said.get("folder") or said.get("workspace") or ""))
        except (OSError, ValueError, AttributeError, RecursionError):
            return ""
        home = folders.home_above(self._path, ".config", "Library", "AppData")
        return folders.project(unquote(address.path), home) if address.scheme == "file" else ""


def _status(told: Told) -> Status:
    if "error" not in told:
        return "ok"
    status = status_of(None, told.message("error"))
    return "server_error" if status == "ok" else status
