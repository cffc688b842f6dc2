"""Sending what this machine has to a server: read and followed as usual, spooled, sent, tried again, never twice.

What has been read is on disk before it is sent, and is deleted once the server said that it keeps it. A shipment that
was sent and not answered is sent again: ids see to it that it counts once.
"""

from __future__ import annotations

import select
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

import msgspec

from tokometer.collect.follower import Follower, Following
from tokometer.collect.outbox import Outbox, Waiting
from tokometer.collect.patience import Backoff
from tokometer.collect.writer import Writer
from tokometer.ledger import Ledger
from tokometer.records.redaction import redacted
from tokometer.sources.protocol import FileSource
from tokometer.sources.shipment.source import PATH
from tokometer.sources.shipment.wire import MEDIA_TYPE

#: A server that is there answers within this (seconds).
_PATIENCE: Final = 60.0
#: How often to see whether there is something to send, or whether to stop (seconds).
_TURN: Final = 0.2
_FIRST_RETRY: Final = 0.5
_LAST_RETRY: Final = 60.0
#: An answer is short; of a longer one the rest is not read.
_MOST_ANSWER: Final = 1 << 20
_OK: Final = 200
#: Where a server lists the machines that have shipped to it.
MACHINES: Final = "/api/machines"
#: What no later try changes, for it is of the shipment.
_FINAL: Final = frozenset({400, 413, 415, 422})
_BARRED: Final = frozenset({401, 403})
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class BadAddress(Exception):
    """No server can be at this address, or taken for it with this key."""


@dataclass(slots=True)
class Shipped:
    """How the sending goes, to show. Counts are of records since the start."""

    sent: int = 0
    accepted: int = 0
    duplicate: int = 0
    changed: int = 0
    refused: int = 0
    #: Shipments that the server takes nothing of; they are kept, and tried again at the next start.
    declined: int = 0
    #: How often everything was sent anew, to a server that knew nothing of this machine.
    anew: int = 0
    #: Why nothing arrives just now; empty while all is well.
    trouble: str = ""
    #: The server does not take the key.
    barred: bool = False
    last_sent_at: float = field(default=0.0)


class Shipper:
    """Reads and follows what `sources` have, and sends it to the server at `url`."""

    def __init__(
        self,
        outbox: Outbox,
        url: str,
        sources: Mapping[str, FileSource],
        home: Path,
        env: Mapping[str, str],
        *,
        key: str = "",
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self.shipped = Shipped()
        self._outbox = outbox
        self._server = _Server(url, key)
        self._told = told
        #: Whether the server was asked if it knows this machine, or could not be asked.
        self._asked = False
        self._stop = threading.Event()
        self._backoff = Backoff(_FIRST_RETRY, _LAST_RETRY, jitter=0.3)
        # It writes to the outbox and asks it how far each file was read, and needs nothing else of either.
        self._made: Callable[[], Follower] = lambda: Follower(
            cast("Writer", outbox), cast("Ledger", outbox), sources, outbox.sender, home, env
        )
        self._follower = self._made()
        #: Held while one follower takes another's place, and while both are stopped for good.
        self._changing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="tokometer-shipper", daemon=True)

    @property
    def following(self) -> Following:
        """How the reading goes."""
        return self._follower.following

    def start(self) -> None:
        """Begin; returns at once."""
        self._follower.start()
        self._thread.start()

    def done(self) -> bool:
        """Whether everything that was there at the start has been read and sent."""
        return self._asked and self._follower.caught_up.is_set() and not self._outbox.waiting[0]

    def stop(self, seconds: float) -> bool:
        """Stop; what waits is sent after the next start. Whether all ended within so many seconds."""
        self._stop.set()
        until = time.monotonic() + seconds
        with self._changing:
            ended = self._follower.stop(seconds)
        if self._thread.is_alive():
            self._thread.join(max(0.0, until - time.monotonic()))
        return ended and not self._thread.is_alive()

    # -- the sender's thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            shipment = None
            try:
                shipment = self._outbox.first()
                if not self._asked or (shipment is not None and not self._server.connected):
                    self._meet()
                if shipment is None:
                    self._stop.wait(_TURN)
                elif not self._stop.is_set():
                    self._send(shipment)
            except Exception as error:  # noqa: BLE001 - whatever it is, what waits waits on, and is tried again
                # Who has nothing to send need not wait for a server to say that it knows him.
                self._asked = self._asked or shipment is None
                self._trouble(str(error) or type(error).__name__)
        self._server.close()

    def _meet(self) -> None:
        """See that who listens there has what was shipped: one that knows nothing of this machine is sent everything.

        It may be another server than before, or the same one with a ledger that was lost.
        """
        known = self._server.knows(self._outbox.sender.machine)
        if known is False and self._outbox.has_sent:
            with self._changing:
                if self._stop.is_set() or not self._follower.stop(_PATIENCE):
                    return
                self._outbox.start_over()
                self._follower = self._made()
                self._follower.start()
            self.shipped.anew += 1
            self._told()
        self._asked = True

    def _send(self, shipment: Waiting) -> None:
        status, answer, retry_after = self._server.post(shipment.body)
        told = _object(answer)
        if status == _OK and isinstance(told.get("accepted"), int):
            self._arrived(shipment, told)
        elif status == _OK:
            # A page to log in at, or whatever else is between: nothing of it was kept.
            self._server.close()
            self._trouble("who answers there is no Tokometer")
        elif status in _FINAL and isinstance(told.get("error"), str):
            # It would be the same each time, and all that waits behind it would wait for good.
            self._outbox.declined(shipment)
            self.shipped.declined += 1
            self.shipped.trouble = f"the server takes none of {shipment.records:,} records: {_error(status, answer)}"
            self._told()
        else:
            self.shipped.barred = status in _BARRED
            self._trouble(_error(status, answer), retry_after)

    def _arrived(self, shipment: Waiting, told: Mapping[str, object]) -> None:
        self._outbox.sent(shipment)
        self._backoff.went_well()
        shipped = self.shipped
        shipped.sent += shipment.records
        shipped.trouble, shipped.barred = "", False
        shipped.last_sent_at = time.time()
        for name in ("accepted", "duplicate", "changed"):
            count = told.get(name)
            setattr(shipped, name, getattr(shipped, name) + (count if isinstance(count, int) else 0))
        refused = told.get("refused")
        shipped.refused += len(refused) if isinstance(refused, list) else 0
        self._told()

    def _trouble(self, words: str, at_least: float = 0.0) -> None:
        self.shipped.trouble = redacted(words, 300)
        self._told()
        self._stop.wait(self._backoff.failed(at_least))


class _Server:
    """The server's side, over one connection that is kept alive."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        try:
            port = parts.port
        except ValueError:
            raise BadAddress(f"{url!r} has no port that can be") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadAddress(f"{redacted(url, 100)!r} is no address of a server; write http://HOST:7420")
        made = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = made(parts.hostname, port, timeout=_PATIENCE)
        self._base = parts.path.rstrip("/")
        self._headers = {"Content-Type": MEDIA_TYPE}
        key = key.strip()
        if key:
            if not key.isascii() or not key.isprintable():
                raise BadAddress("the key has letters that no key has; is it copied whole?")
            self._headers["Authorization"] = f"Bearer {key}"
        self._near = parts.hostname in _LOOPBACK

    @property
    def connected(self) -> bool:
        """Whether the connection still stands on which the last answer came."""
        sock = self._connection.sock
        if sock is None:
            return False
        if not isinstance(self._connection, HTTPSConnection) and select.select([sock], [], [], 0)[0]:
            # Nothing was asked: what there is to read is its end. (Of TLS it may be a ticket.)
            self._connection.close()
            return False
        return True

    def knows(self, machine: str) -> bool | None:
        """Whether the server has ever been sent anything by a machine; None where it does not say.

        Raises:
            OSError: It is away.
            HTTPException: Something else is there.
        """
        status, answer, _ = self._ask("GET", MACHINES, None, self._headers)
        listed = _object(answer).get("machines")
        if status != _OK or not isinstance(listed, list):
            return None
        return any(isinstance(one, dict) and one.get("machine") == machine for one in listed)

    def post(self, body: bytes) -> tuple[int, bytes, float]:
        """The status, the answer, and after how many seconds to try again.

        Raises:
            OSError: It is away.
            HTTPException: Something else is there.
        """
        headers = dict(self._headers)
        if not self._near:
            # To this machine itself it is quicker as it is.
            body, headers["Content-Encoding"] = zlib.compress(body, 1), "deflate"
        return self._ask("POST", PATH, body, headers)

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes, float]:
        try:
            self._connection.request(method, self._base + path, body, headers)
            with self._connection.getresponse() as response:
                answer = response.read(_MOST_ANSWER)
                # What is left of a longer one would be read as the next.
                if response.read(1):
                    self._connection.close()
                return response.status, answer, _seconds(response.headers.get("Retry-After", ""))
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _seconds(text: str) -> float:
    return min(float(text), _LAST_RETRY) if text.isdigit() else 0.0


def _object(answer: bytes) -> dict[str, object]:
    try:
        return msgspec.json.decode(answer, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}


def _error(status: int, answer: bytes) -> str:
    if status in _BARRED:
        return f"the server does not accept the key (HTTP {status})"
    said = _object(answer).get("error", "")
    return f"the server answers HTTP {status}{': ' if said else ''}{said}"
