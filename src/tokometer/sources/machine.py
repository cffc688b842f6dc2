"""Which machine this is."""

from __future__ import annotations

import socket
from functools import cache


@cache
def host() -> str:
    """This machine's name, as its people know it: without a domain. Empty where it has none."""
    return socket.gethostname().partition(".")[0][:200]
