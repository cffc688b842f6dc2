"""The proxy's listening side: who may ask, what is refused, and what becomes of what was seen."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

from tokometer.collect.proxy.destination import Destination
from tokometer.collect.proxy.exchange import Ending, Exchange
from tokometer.collect.proxy.framing import BadMessage, Head
from tokometer.collect.proxy.passing import Client

_BACKLOG: Final = 512
#: Names by which only somebody on this machine or in this network can mean us.
_NEAR: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
_LOG: Final = logging.getLogger(__name__)


class Passing:
    """Passes requests on to a destination; `record` is called with what was seen of each, and must not wait."""

    def __init__(
        self, destination: Destination, record: Callable[[Exchange], None], names: tuple[str, ...] = ()
    ) -> None:
        self.destination = destination
        self.clients: set[Client] = set()
        self._record = record
        self._ending: asyncio.Event | None = None
        self._names = {"localhost", socket.gethostname().lower(), *(name.lower() for name in names)}
        #: Exchanges of which nothing could be kept because of a mistake of ours.
        self.mistakes = 0

    async def listen(self, listener: socket.socket) -> asyncio.Server:
        """Begin to take connections."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Client(self), sock=listener, backlog=_BACKLOG)

    async def end(self) -> None:
        """Let connections go as soon as nothing is under way on them; returns once all have gone."""
        self._ending = asyncio.Event()
        for client in list(self.clients):
            client.close()
        if self.clients:
            await self._ending.wait()

    def gone(self, client: Client) -> None:
        """A client has gone."""
        self.clients.discard(client)
        if self._ending is not None and not self.clients:
            self._ending.set()

    @property
    def ending(self) -> bool:
        """Whether connections are let go."""
        return self._ending is not None

    def check(self, head: Head) -> None:
        """Refuse what cannot be passed on, or must not be.

        A web page anywhere can have a browser ask a server on this machine under a name of its own. Servers look at
        the Host to tell that; we replace the Host, so that we have to look in their place.

        Raises:
            BadMessage: It is refused.
        """
        method, _, _ = head.first
        if method == b"CONNECT":
            raise BadMessage("tunnels are not opened; it passes requests on to one server", 501)
        host = head.get(b"host").decode("latin-1")
        if host and not self._is_ours(host):
            raise BadMessage(f"the host {host[:80]!r} is not this machine; use its address, or localhost", 403)

    def observe(self, head: Head, shape: tuple[str, str]) -> Exchange | None:
        """Begin to keep a copy of a request and its answer."""
        try:
            return Exchange(head, shape, self.destination.url)
        except Exception:  # noqa: BLE001 - whatever it is, the call goes through
            self._mistaken()
            return None

    def over(self, exchange: Exchange, ending: Ending) -> None:
        """Hand on what was seen. Whatever goes wrong with it, the call goes through."""
        try:
            exchange.end(ending)
            self._record(exchange)
        except Exception:  # noqa: BLE001 - whatever it is, the call goes through
            self._mistaken()

    def _mistaken(self) -> None:
        self.mistakes += 1
        if self.mistakes == 1:
            _LOG.exception("a call could not be recorded; it went through")

    def _is_ours(self, host: str) -> bool:
        name = host.lower()
        name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
        if name in self._names or name.endswith(_NEAR):
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True
