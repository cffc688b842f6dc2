"""The time zone of this machine."""

from __future__ import annotations

import os
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tokometer.host.regular import read_text


def local_zone() -> str:
    """The IANA name of this machine's time zone; UTC where it cannot be told."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name:
        # /etc/localtime is a link into the zone database on Debian, Fedora, macOS and most others.
        path = os.path.realpath("/etc/localtime")
        name = path.partition("/zoneinfo/")[2]
        if not name:
            try:
                name = read_text("/etc/timezone", 1024).strip()
            except (OSError, UnicodeDecodeError):
                name = ""
    try:
        return ZoneInfo(name).key if name else "UTC"
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
