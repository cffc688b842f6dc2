"""Where the proxy's items go: to a server that runs, or into the ledger of a folder that nobody holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tokometer.collect.proxy.keeping import NotKept
from tokometer.host.lock import FolderLock, Held
from tokometer.records import now_us
from tokometer.sources.proxy.told import NAME, PATH, PUSH

if TYPE_CHECKING:
    from tokometer.collect.reading import Prices

_SECONDS: Final = 10.0
_MEDIA_TYPE: Final = "application/x-ndjson"
#: Statuses after which the same request may do better: too many, away, being started.
_LATER: Final = (401, 403, 404, 408, 413, 425, 429)
_SERVER: Final = 500
_GOOD: Final = range(200, 300)
_MOST_SAID: Final = 200
_MOST_ANSWER: Final = 1 << 20


def send(url: str, items: bytes, key: str = "") -> None:
    """Send items to the server at `url`.

    Raises:
        NotKept: It did not take them.
    """
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    try:
        parts = urlsplit(url)
        make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = make(parts.hostname or "", parts.port, timeout=_SECONDS)
        headers = {"Content-Type": _MEDIA_TYPE} | ({"Authorization": f"Bearer {key}"} if key else {})
        try:
            connection.request("POST", parts.path.rstrip("/") + PATH, items, headers)
            response = connection.getresponse()
            answer = response.read(_MOST_ANSWER)
            wait = response.headers.get("Retry-After", "")
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        raise NotKept(f"{url}: {str(error) or type(error).__name__}") from None
    said = answer[:_MOST_SAID].decode("utf-8", "replace")
    if response.status in _GOOD:
        # A page to log in at, or whatever else is between, keeps nothing.
        if answer.lstrip()[:1] != b"{" or b'"accepted"' not in answer:
            raise NotKept(f"{url}: who answers there is no Tokometer")
        return
    final = response.status < _SERVER and response.status not in _LATER
    raise NotKept(
        f"{url} answers {response.status}: {said}", final=final, retry_after=float(wait) if wait.isdigit() else 0.0
    )


def put(data: Path, prices: Prices, items: bytes, env: Mapping[str, str]) -> None:
    """Put items into the ledger of a folder, which is held for as long as that takes.

    Raises:
        NotKept: Somebody holds it, or it cannot keep them now.
    """
    from tokometer.collect.bodies import decode_pushed
    from tokometer.collect.committing import commit_all
    from tokometer.collect.reading import priced_and_packed
    from tokometer.host.private import private_folder
    from tokometer.ledger import Batch, LedgerError
    from tokometer.ledger.opening import open_ledger
    from tokometer.sources.protocol import Sent

    try:
        private_folder(data)
        with FolderLock(data / "server.lock") as lock:
            # A server that is started in this moment waits until the folder is free.
            lock.ends()
            ledger = open_ledger(data, url=env.get("TOKOMETER_LEDGER", ""))
            try:
                found = decode_pushed(NAME, PUSH, Sent(_MEDIA_TYPE, {}, now_us()), items)
                batch: Batch = found.batch()
                batch.packed, batch.records = priced_and_packed(batch.records, prices.open(), batch.stood), []
                batch.stood = []
                commit_all(ledger, batch)
                ledger.settle()
            finally:
                ledger.close()
    except Held:
        raise NotKept(f"{data} is held by somebody who does not answer yet") from None
    except (LedgerError, OSError) as error:
        raise NotKept(str(error)) from error
