"""Asking a server from a command that another program waits for: quickly, and never failing."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

#: The most that is read of an answer, or of what a program tells.
MOST: Final = 1 << 20


def server_of(url: str, data: Path) -> tuple[str, str]:
    """Whom to ask, and with which key: the named one, $TOKOMETER_URL, or the folder's; empty where there is nobody."""
    named = url or os.environ.get("TOKOMETER_URL", "")
    if named:
        return named.rstrip("/"), os.environ.get("TOKOMETER_KEY", "")
    from tokometer.cli.remote import find_server

    server = find_server(data)
    return ("", "") if server is None else (server.url, server.token)


def asked(url: str, key: str, method: str, path: str, body: bytes | None = None, seconds: float = 1.0) -> bytes:
    """What is answered; nothing where that takes too long, or goes wrong."""
    from http.client import HTTPConnection, HTTPException, HTTPSConnection
    from urllib.parse import urlsplit

    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    try:
        parts = urlsplit(url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=seconds)
        try:
            connection.request(method, parts.path.rstrip("/") + path, body=body, headers=headers)
            response = connection.getresponse()
            return response.read(MOST) if response.status == 200 else b""  # noqa: PLR2004 - all is well
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError):
        return b""


def object_of(text: bytes) -> dict[str, Any]:
    """A JSON object; an empty one where it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def part_of(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within an object; an empty one where it is none."""
    value = told.get(name)
    return value if isinstance(value, dict) else {}
