"""The server that a proxy passes requests on to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

from tokometer.collect.proxy.framing import BadMessage

_SCHEMES = {"http": 80, "https": 443}


class Destination:
    """An address: `http://localhost:11434`, `https://api.openai.com`, one with a path in front of all others.

    Raises:
        ValueError: It is none; the message says why.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ValueError(f"is no address: {error}") from None
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise ValueError("is not an address of the form http://host:port")
        if parts.username or parts.password:
            raise ValueError("holds a name or password; the client sends its own")
        if parts.query or parts.fragment:
            raise ValueError("may have a path, and nothing behind it")
        self.name = parts.hostname
        self.port = port or _SCHEMES[parts.scheme]
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._path = parts.path.rstrip("/").encode()
        name = f"[{self.name}]" if ":" in self.name else self.name
        shown = name if self.port == _SCHEMES[parts.scheme] else f"{name}:{self.port}"
        #: What the Host header says.
        self.host = shown.encode()
        self.url = f"{parts.scheme}://{shown}"

    def target(self, asked: bytes) -> bytes:
        """What is asked for, as it is called there.

        Raises:
            BadMessage: It is of no server, or of another one.
        """
        if asked.startswith(b"/"):
            return self._path + asked
        if asked.lower().startswith((b"http://", b"https://")):
            # As to a forward proxy. Only its path counts: this one leads to one server.
            rest = asked.split(b"://", 1)[1]
            return self._path + b"/" + rest.partition(b"/")[2]
        if asked == b"*":
            return asked
        raise BadMessage("it asks for nothing that a server has")

    async def connect(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Connect.

        Raises:
            OSError: Nobody listens there, or TLS fails.
        """
        loop = asyncio.get_running_loop()
        await loop.create_connection(
            protocol, self.name, self.port, ssl=self._tls, server_hostname=self.name if self._tls else None
        )
