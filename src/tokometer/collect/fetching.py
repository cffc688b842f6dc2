"""Asking targets over HTTP: one connection each, kept open; bounded in time and size; redirects not followed.

The standard library's client is enough for it (decision 020), and nothing has to be imported before the first question.
No proxy of the environment is used: targets are what somebody named, mostly within their own network.
"""

from __future__ import annotations

import base64
import socket
import threading
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from tokometer import __version__
from tokometer.collect import signing
from tokometer.collect.unpacking import unpacking
from tokometer.records.redaction import redacted
from tokometer.sources.protocol import Fetched, PollError, Target

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse

#: One answer takes no longer (seconds) and is no larger, packed or not (bytes).
MOST_SECONDS: Final = 10.0
MOST_BYTES: Final = 64 << 20
#: So much longer (seconds) a question may take before it is cut off from outside.
_GRACE: Final = 1.0
_PIECE: Final = 1 << 18
_SHOWN: Final = 120
_SCHEMES: Final = ("http", "https")


class Fetcher:
    """Asks one target, one question after the other; :meth:`stop` may be called from any thread.

    The secret is sent as `options["auth"]` says: `bearer` or `basic`, `header:X-Api-Key` for a header of its own,
    `none` where the source puts it elsewhere. By itself, what looks like `user:password` is sent as Basic, else as
    Bearer.

    """

    def __init__(self, target: Target, seconds: float = MOST_SECONDS, most: int = MOST_BYTES) -> None:
        #: What is asked. Another one may be put here between two questions: its secret may have changed.
        self.target = target
        self._seconds = seconds
        self._most = most
        self._connection: HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._until = 0.0
        self._stopped = threading.Event()

    def __call__(
        self,
        path: str = "",
        query: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        method: str = "",
    ) -> Fetched:
        """See :class:`tokometer.sources.protocol.Fetch`; a list in `query` is sent as several values."""
        url = address(self.target.url)
        where = url.path.rstrip("/") + path if path else url.path or "/"
        asked = "&".join(part for part in (url.query, urlencode(query or {}, doseq=True, quote_via=quote)) if part)
        where = f"{where}?{asked}" if asked else where
        sent = {
            "Accept-Encoding": "gzip",
            "User-Agent": f"tokometer/{__version__}",
            **self._authorized(url, where, headers or {}, method or ("GET" if body is None else "POST")),
            **(headers or {}),
        }
        self._until = time.monotonic() + self._seconds
        try:
            return self._asked(method or ("GET" if body is None else "POST"), where, sent, body)
        finally:
            self._until = 0.0

    def _authorized(self, url: SplitResult, where: str, headers: Mapping[str, str], method: str) -> dict[str, str]:
        """What carries the secret, as the target wants it."""
        how, options = self.target.options.get("auth", ""), self.target.options
        if how != signing.AWS4 or not self.target.secret:
            return {} if how == signing.AWS4 else authorization(self.target.secret, how)
        region = options.get("region") or "us-east-1"
        return signing.signed(self.target.secret, region, url.netloc, where, headers, datetime.now(UTC), method)

    def close(self) -> None:
        """Let go of the connection; the next question opens another."""
        connection, self._connection, self._socket = self._connection, None, None
        if connection is not None:
            connection.close()

    def stop(self) -> None:
        """End the question that is being asked, if there is one, and let no other be asked."""
        self._stopped.set()
        self.cut()

    def cut(self) -> None:
        """End the question that is being asked."""
        connection = self._socket
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def overdue(self) -> bool:
        """Whether a question takes longer than it may: what trickles in is cut off from outside."""
        return 0.0 < self._until < time.monotonic() - _GRACE

    # -- one question --------------------------------------------------------------------------------------------------

    def _asked(self, method: str, where: str, headers: Mapping[str, str], body: bytes | None) -> Fetched:
        if self._connection is not None:
            # Kept open by us, and perhaps closed by the other side meanwhile, which is no trouble of the target.
            with suppress(_Stale):
                return self._ask(method, where, headers, body)
        try:
            return self._ask(method, where, headers, body)
        except _Stale:
            raise PollError("closes the connection without an answer") from None

    def _ask(self, method: str, where: str, headers: Mapping[str, str], body: bytes | None) -> Fetched:
        from http.client import HTTPException

        try:
            response = self._send(method, where, headers, body)
            found = Fetched(
                response.status,
                self._body(response),
                response.headers.get_content_type(),
                {name.lower(): value for name, value in response.headers.items()},
            )
        except (_Stale, PollError):
            self.close()
            raise
        except (OSError, HTTPException, ValueError, zlib.error) as error:
            self.close()
            raise self._why(error) from None
        if response.will_close:
            self.close()
        return found

    def _send(self, method: str, where: str, headers: Mapping[str, str], body: bytes | None) -> HTTPResponse:
        from http.client import RemoteDisconnected

        connection = self._connection or self._connect()
        self._wait()
        try:
            connection.request(method, where, body, dict(headers))
            return connection.getresponse()
        except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            if self._stopped.is_set() or self._left() <= 0:
                raise TimeoutError from None
            raise _Stale from None

    def _connect(self) -> HTTPConnection:
        """A new connection.

        Raises:
            OSError: Nobody listens there, or TLS fails.
        """
        from http.client import HTTPConnection, HTTPSConnection

        url, seconds = address(self.target.url), max(0.1, self._left())
        connection: HTTPConnection
        if url.scheme == "https":
            import ssl

            context = ssl.create_default_context(cafile=self.target.options.get("ca_file") or None)
            connection = HTTPSConnection(url.hostname or "", url.port, timeout=seconds, context=context)
        else:
            connection = HTTPConnection(url.hostname or "", url.port, timeout=seconds)
        connection.connect()
        self._connection, self._socket = connection, connection.sock
        return connection

    def _body(self, response: HTTPResponse) -> bytes:
        """The body, unpacked.

        Raises:
            PollError: It is too large.
            OSError: It stops coming.
        """
        unpack = unpacking(response.headers.get("Content-Encoding", "").strip().lower())
        found: list[bytes] = []
        size = taken = 0
        while True:
            self._wait()
            piece = response.read1(_PIECE)
            if not piece:
                break
            taken += len(piece)
            if unpack is not None:
                # No more than one byte beyond what may be: a small body can unpack to any size.
                piece = unpack(piece, self._most + 1 - size)
            size += len(piece)
            if max(size, taken) > self._most:
                raise PollError(f"its answer is larger than {self._most >> 20:,} MiB", final=True)
            found.append(piece)
        if response.length or (unpack is not None and not unpack.whole):
            raise PollError("its answer ends in the middle")
        # The connection stays open: it can be asked again.
        response.close()
        return b"".join(found)

    def _left(self) -> float:
        return self._until - time.monotonic()

    def _wait(self) -> None:
        """Let the next step take what is left of the time.

        Raises:
            TimeoutError: Nothing is left, or nobody waits any more.
        """
        left = self._left()
        if left <= 0 or self._stopped.is_set():
            raise TimeoutError
        if self._socket is not None:
            self._socket.settimeout(left)

    def _why(self, error: Exception) -> PollError:
        if self._stopped.is_set():
            return PollError("was not asked to the end")
        if isinstance(error, TimeoutError) or self._left() <= 0:
            return PollError(f"does not answer within {self._seconds:g} s")
        if isinstance(error, ConnectionRefusedError):
            return PollError("nothing listens there (connection refused)", absent=True)
        if isinstance(error, socket.gaierror):
            return PollError("its name cannot be resolved", absent=True)
        if isinstance(error, OSError):
            return PollError(f"cannot be reached ({error.strerror or type(error).__name__})", absent=True)
        return PollError(f"does not answer in HTTP ({type(error).__name__})")


class _Stale(Exception):
    """The connection was closed before an answer began."""


def address(url: str) -> SplitResult:
    """An address that can be asked, in its parts.

    Raises:
        PollError: It is none.
    """
    try:
        found = urlsplit(url)
        usable = found.scheme in _SCHEMES and bool(found.hostname) and (found.port is None or found.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise PollError(f"{redacted(url, _SHOWN)} is not an address of the form http://host:port", final=True)
    return found


def authorization(secret: str, how: str = "") -> dict[str, str]:
    """The header that carries a secret; none where there is none.

    Raises:
        PollError: `how` is no way to send one, or the secret cannot be sent that way.
    """
    if not secret or how == "none":
        return {}
    if not secret.isprintable() or not secret.isascii():
        raise PollError(
            "its secret has characters that cannot be sent; is there a line too many?", secret=True, final=True
        )
    kind, _, name = how.partition(":")
    if kind == "header" and name.replace("-", "").isalnum():
        return {name: secret}
    if how == "basic" or (not how and ":" in secret):
        # A key alone is a user without a password.
        secret = secret if ":" in secret else f"{secret}:"
        return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    if how in ("", "bearer"):
        return {"Authorization": f"Bearer {secret}"}
    raise PollError(
        f"its option auth takes bearer, basic, none or header:NAME, not {redacted(how, _SHOWN)}", final=True
    )
