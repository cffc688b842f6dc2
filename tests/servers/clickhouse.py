"""ClickHouse over HTTP: the real engine, behind a server that a test can stop, start again and have refuse."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import chdb
import lz4.frame

from servers.ledgers import ENGINE

#: What clickhouse-connect says beside the statement that is no setting of the engine.
_NO_SETTING: Final = {
    "query",
    "database",
    "query_id",
    "session_id",
    "compress",
    "client_protocol_version",
    "default_format",
}
_OTHERS: Final = ("wait_end_of_query", "send_progress_in_http_headers", "http_", "enable_http", "cancel_http")
_CODE: Final = re.compile(r"Code: (\d+)")
_ENGINE: Final = threading.Lock()


class Engine:
    """The engine in this process."""

    def __init__(self) -> None:
        self._connection = chdb.connect(ENGINE)

    def query(self, statement: str, asked: dict[str, str], data: bytes, default: str) -> bytes:
        """Run a statement."""
        database = asked.get("database", "default")
        values = {name.removeprefix("param_"): value for name, value in asked.items() if name.startswith("param_")}
        settings = {
            name: value
            for name, value in asked.items()
            if not name.startswith("param_") and name not in _NO_SETTING and not name.startswith(_OTHERS)
        }
        with _ENGINE, TemporaryDirectory() as folder:
            self._run(f"USE {database}", "TabSeparated", {})
            for name, value in settings.items():
                self._run(f"SET {name} = '{value}'", "TabSeparated", {})
            found = re.match(r"(INSERT INTO .*?) FORMAT (\w+)\s*\Z", statement, re.DOTALL)
            if found and data:
                file = Path(folder) / "data"
                file.write_bytes(data)
                statement = f"{found[1]} FROM INFILE '{file}' FORMAT {found[2]}"
            elif format_ := re.search(r"\sFORMAT (\w+)\s*\Z", statement):
                statement, default = statement[: format_.start()], format_[1]
            return self._run(statement, default, values)

    def close(self) -> None:
        """Let go of it."""
        with _ENGINE:
            self._connection.close()

    def _run(self, statement: str, format_: str, values: dict[str, str]) -> bytes:
        found = self._connection.query(statement, format_, params=values)
        return bytes(found.bytes()) if found is not None else b""


class Server:
    """An HTTP server in front of the engine; the data outlive it."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.engine = Engine()
        #: What writes are answered with instead, as (code, words); and reads.
        self.refuses_writes: tuple[int, str] | None = None
        self.refuses: tuple[int, str] | None = None
        #: Seconds before each answer.
        self.slow = 0.0
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Listen."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body are two writes: with Nagle's algorithm the second waits for the reader, 40 ms.
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                outer._answer(self)

            do_GET = do_POST  # noqa: N815 - http.server's name

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Be away: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        body = (
            request.rfile.read(int(request.headers.get("Content-Length") or 0))
            if "Content-Length" in request.headers
            else _chunks(request)
        )
        encoding = request.headers.get("Content-Encoding", "")
        if encoding == "lz4":
            body = lz4.frame.decompress(body)
        asked = dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))
        statement, data = asked.get("query", ""), body
        if not statement:
            head, _, rest = (
                body.partition(b"\n")
                if body.startswith(b"INSERT") and b" FORMAT " in body[:20_000]
                else (body, b"", b"")
            )
            statement, data = head.decode(), rest
        time.sleep(self.slow)
        if self._server is None:
            # Connections that stay open go with the server.
            request.close_connection = True
            request.connection.close()
            return
        writes = statement.lstrip().startswith(("INSERT", "ALTER", "CREATE"))
        refusal = self.refuses or (self.refuses_writes if writes else None)
        if refusal is not None:
            _send(request, 500, f"Code: {refusal[0]}. DB::Exception: {refusal[1]}".encode(), refusal[0])
            return
        try:
            _send(request, 200, self.engine.query(statement, asked, data, asked.get("default_format", "TabSeparated")))
        except Exception as error:  # noqa: BLE001 - the asker is told
            code = _CODE.search(str(error))
            _send(request, 500, str(error).encode(), int(code[1]) if code else 0)


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, code: int = 0) -> None:
    request.send_response(status)
    if code:
        request.send_header("X-ClickHouse-Exception-Code", str(code))
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def _chunks(request: BaseHTTPRequestHandler) -> bytes:
    """A chunked body."""
    if request.headers.get("Transfer-Encoding", "") != "chunked":
        return b""
    parts = []
    while length := int(request.rfile.readline().split(b";")[0], 16):
        parts.append(request.rfile.read(length))
        request.rfile.readline()
    request.rfile.readline()
    return b"".join(parts)


@contextmanager
def clickhouse() -> Iterator[Server]:
    """A server that listens, on an engine of its own."""
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()
        server.engine.close()
