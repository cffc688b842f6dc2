"""The whole server with mistakes of ours planted in it, each of which quotes the key of the account that meets it.

Run as a program: `breaking.py DATA HOME`. Where a mistake is met is named by the account's address
(`http://127.0.0.1:PORT/PLACE/v1`) or title; the key is in the variable `PLANTED`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tokometer.collect.syncing import asking, syncing
from tokometer.collect.syncing.asking import Asker
from tokometer.collect.syncing.keeping import Keeper
from tokometer.ledger import LedgerError
from tokometer.server import accounts, serve

#: Where a sync dies, and where a test of an account does.
PLACES = ("transport", "socket", "decoder", "dropped", "thread", "places", "keeping", "ledger", "ending")
TESTED = ("transport", "socket", "decoder", "dropped", "thread")


class Planted(Exception):
    """A mistake that nobody has thought of."""


def said(place: str, *more: object) -> str:
    """What an exception says: with the key as it is, and as `repr` shows whatever has it."""
    key = os.environ["PLANTED"]
    return f"planted {place}: {key} {[key, key.encode()]!r} {more!r}"


class _Dropped:
    def __del__(self) -> None:
        raise Planted(said("dropped"))


def _thread() -> None:
    raise Planted(said("thread"))


def _instead(owner: Any, name: str, mistake: Callable[..., None]) -> None:
    """Have a mistake made first, wherever it is one, and go on as ever elsewhere."""
    before = getattr(owner, name)

    def planted(*arguments: Any, **named: Any) -> Any:
        mistake(*arguments, **named)
        return before(*arguments, **named)

    setattr(owner, name, planted)


def _in_transport(_: HTTPConnection, method: str, url: str, body: object, headers: object) -> None:
    if url.startswith("/transport/"):
        raise Planted(said("transport", method, url, body, headers))
    if url.startswith("/socket/"):
        raise OSError(5, said("socket", headers))


def _in_decoder(asker: Asker, *_: object, **__: object) -> None:
    address = asker._target.url
    if "/decoder/" in address:
        raise Planted(said("decoder", asker._target))
    if "/dropped/" in address:
        _Dropped()
    if "/thread/" in address:
        thread = threading.Thread(target=_thread)
        thread.start()
        thread.join()


def _at_places(keeper: Keeper) -> None:
    if keeper._whose.title == "places":
        raise Planted(said("places"))


def _in_keeping(keeper: Keeper, *_: object, **__: object) -> None:
    if keeper._whose.title == "keeping":
        raise Planted(said("keeping"))
    if keeper._whose.title == "ledger":
        raise LedgerError(said("ledger"))


def _at_the_end(account: Any, *_: object) -> None:
    if account.title == "ending":
        raise Planted(said("ending"))


def _in_the_form(given: Any, *_: object) -> None:
    if given.get("title") == "form":
        raise Planted(said("form", given))


def main(data: Path, home: Path) -> None:
    """Serve until it is ended. What is asked again is asked at once."""
    vars(asking).update(_FIRST_WAIT=0.01, _LONGEST_WAIT=0.02)
    _instead(HTTPConnection, "request", _in_transport)
    _instead(Asker, "__call__", _in_decoder)
    _instead(Keeper, "places", _at_places)
    _instead(Keeper, "keep", _in_keeping)
    _instead(syncing, "after", _at_the_end)
    _instead(accounts, "understood", _in_the_form)
    serve(data, "127.0.0.1", 0, discover=False, demo=False, home=home, env=os.environ)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
