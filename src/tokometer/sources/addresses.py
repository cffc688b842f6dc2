"""The host of an address: never its path, query or login, which can hold secrets."""

from __future__ import annotations

import re
from typing import Final

_HOST: Final = re.compile(r"(?:[a-zA-Z][-+.a-zA-Z0-9]*://)?(?:[^/@?#]*@)?([^/?#@]+)")
_WEB_PORTS: Final = (":443", ":80")
_LONGEST: Final = 200


def host_of(address: str) -> str:
    """Host, with its port where that is not the web's; empty where there is none."""
    match = _HOST.match(address.strip())
    if match is None:
        return ""
    host = match[1][:_LONGEST].lower()
    for port in _WEB_PORTS:
        host = host.removesuffix(port)
    return host
