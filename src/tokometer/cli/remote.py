"""The server that holds a data folder, asked over HTTP by the commands that would otherwise open the folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tokometer.cli.problems import Mistake, Problem
from tokometer.cli.progress import Progressed
from tokometer.host.regular import read_bytes

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse

    from tokometer.sources.table.reading import Portion

#: A server that is there answers at once; imports and audits may take their time after that.
_CONNECT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """What server.json says of the server that holds a data folder."""

    pid: int
    url: str
    token: str


def find_server(data: Path) -> RunningServer | None:
    """The live server of a data folder; None where there is none, or where its server.json outlived it."""
    try:
        said = json.loads(read_bytes(data / "server.json"))
        server = RunningServer(int(said["pid"]), str(said["url"]), str(said["token"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None
    return server if _lives(server.pid) and _answers(server.url) else None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return pid > 0


def _answers(url: str) -> bool:
    """Whether something listens there: after a crash the process id may belong to somebody else by now."""
    try:
        connection = _connect(url)
    except (OSError, ValueError, OverflowError):
        return False
    connection.close()
    return True


def _connect(url: str) -> HTTPConnection:
    # Imported where a server is: HTTP takes longer to import than most commands to answer.
    from http.client import HTTPConnection
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=_CONNECT_SECONDS)
    connection.connect()
    connection.sock.settimeout(None)
    return connection


class RemoteDoor:
    """Asks the running server."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server

    @property
    def words(self) -> str:
        """Who answers, for people."""
        return f"the server at {self.server.url}"

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a query, as `POST /api/query` gives it."""
        answer: dict[str, Any] = json.loads(self._send("POST", "/api/query", question).read())
        return answer

    def ask_csv(self, question: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The answer to a query as CSV, and its window."""
        response = self._send("POST", "/api/query", question, accept="text/csv")
        since, _, until = response.headers.get("Tokometer-Window", "").partition("/")
        missing = response.headers.get("Tokometer-Missing", "")
        meta = {"since": since, "until": until, "tz": question["tz"], "missing": [missing] if missing else []}
        return response.read().decode("utf-8"), meta

    def told(self, method: str, path: str, question: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What an address of the API answers; an empty object where it says nothing."""
        answer: dict[str, Any] = json.loads(self._send(method, path, question).read() or b"{}")
        return answer

    def file(self, path: str) -> bytes:
        """A file that the server makes, by its address."""
        return self._send("GET", path, accept="*/*").read()

    def import_new(self, source: str, paths: tuple[Path, ...], progress: Progressed) -> dict[str, Any]:
        """Have the server import, and pass on how far it is."""
        question = {"source": source, "paths": [str(path) for path in paths]}
        return self._work("/api/control/import", question, progress)

    def take(self, portion: Portion, place: str) -> dict[str, Any]:  # noqa: ARG002 - the server names it by its way in
        """Have the server keep what a portion of a table says, as records of our own format."""
        from tokometer.records import RecordError
        from tokometer.sources.table.given import as_json

        wrong = [(number, given) for number, given in portion.items if isinstance(given, RecordError)]
        good = [(number, given) for number, given in portion.items if isinstance(given, dict)]
        body = b"\n".join(as_json(given) for _, given in good)
        told: dict[str, Any] = {"accepted": 0, "duplicate": 0, "changed": 0, "refused": 0, "refusals": []}
        if body:
            path = f"/api/records/{portion.map.kind}"
            answer = json.loads(self._send("POST", path, body=body, media_type="application/x-ndjson").read())
            for name in ("accepted", "duplicate", "changed"):
                told[name] = int(answer.get(name, 0))
            refused = answer.get("refused", [])
            told["refused"] = int(answer.get("refused_count", len(refused)))
            told["refusals"] = [
                {"position": good[one["index"]][0], "field": one["field"], "reason": one["reason"]} for one in refused
            ]
        told["refused"] += len(wrong)
        told["refusals"] += [{"position": at, "field": one.field, "reason": one.reason} for at, one in wrong]
        return told

    def export(self, kind: str, since: int, until: int) -> Iterator[dict[str, Any]]:
        """The records of a kind in a window, as the server reads them."""
        whole = False
        for line in self._lines("/api/control/export", {"kind": kind, "since": since, "until": until}):
            if "error" in line:
                raise Problem(str(line["error"]))
            if "summary" in line:
                whole = True
            else:
                yield line["record"]
        if not whole:
            raise Problem("the server stopped in the middle of it; nothing is written. Run it again")

    def focus(self, period: str, form: str, version: str, tags: Sequence[str] | None) -> bytes:
        """A month as a FOCUS file, as the server makes it."""
        from urllib.parse import urlencode

        asked = [("period", period), ("format", form), ("version", version), *(("tag", tag) for tag in tags or ())]
        return self.file(f"/api/export/focus?{urlencode(asked)}")

    def reprice(self, asked: Mapping[str, Any], progress: Progressed) -> dict[str, Any]:
        """Have the server read its prices again and price calls anew."""
        return self._work("/api/control/reprice", asked, progress)

    def examine(self, *, audit: bool) -> dict[str, Any]:
        """The server's own check-up."""
        path = "/api/control/doctor" + ("?audit=1" if audit else "")
        answer: dict[str, Any] = json.loads(self._send("GET", path).read())
        return answer

    def close(self) -> None:
        """Nothing is held between questions."""

    def _work(self, path: str, question: Mapping[str, Any], progress: Progressed) -> dict[str, Any]:
        for line in self._lines(path, question):
            if "summary" in line:
                summary: dict[str, Any] = line["summary"]
                return summary
            if "error" in line:
                raise Problem(str(line["error"]))
            progress(line["progress"]["done"], line["progress"]["all"])
        raise Problem("the server stopped in the middle of it; what it had committed is kept. Run it again")

    def _lines(self, path: str, question: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for line in self._send("POST", path, question):
            if line.strip():
                yield json.loads(line)

    def _send(
        self,
        method: str,
        path: str,
        question: Mapping[str, Any] | None = None,
        accept: str = "application/json",
        *,
        body: bytes | None = None,
        media_type: str = "application/json",
    ) -> HTTPResponse:
        from http.client import HTTPException

        headers = {
            "Accept": accept,
            "Authorization": f"Bearer {self.server.token}",
            "Content-Type": media_type,
        }
        if question is not None:
            body = json.dumps(question).encode()
        try:
            connection = _connect(self.server.url)
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
        except (OSError, HTTPException, ValueError) as error:
            raise Problem(f"the server at {self.server.url} does not answer ({error}); is it stopping?") from error
        if response.status >= 400:  # noqa: PLR2004
            raise Mistake(_reason(response)) if response.status in {400, 422} else Problem(_reason(response))
        return response


def _reason(response: HTTPResponse) -> str:
    """What the server says is wrong, as one line."""
    text = response.read().decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except ValueError:
        said = text
    if isinstance(said, dict):
        said = said.get("error", said.get("detail", said))
    if isinstance(said, dict):
        said = said.get("message", said.get("reason", said))
    return str(said).strip() or f"the server answered {response.status} {response.reason}"
