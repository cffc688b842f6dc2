"""Connecting to ClickHouse: a server, or the engine inside this process."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import clickhouse_connect
from urllib3.exceptions import HTTPError

from tokometer.ledger.protocol import LedgerError
from tokometer.records.redaction import masked

#: How long a server may take to take a connection, and then to answer (seconds), unless `?timeout=` says so.
_CONNECT_SECONDS: Final = 5
_ANSWER_SECONDS: Final = 120


def place_of(url: str) -> str:
    """Where a URL's ClickHouse is, without its password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or ''}".rstrip(":")


def connect(url: str) -> tuple[Any, str]:
    """A client, and the name of its database, which is made where it is missing.

    Raises:
        LedgerError: The URL names no ClickHouse, or it does not answer.
    """
    parts = urlsplit(url)
    database = parts.path.strip("/") or "tokometer"
    if not re.fullmatch(r"\w+", database):
        raise LedgerError(f"{database!r} is no database name: letters, digits and underscores only")
    try:
        if parts.scheme == "chdb":
            [folder] = parse_qs(parts.query).get("path", [None])
            client = clickhouse_connect.get_client(interface="chdb", path=folder)
        elif parts.scheme in ("clickhouse", "clickhouses", "http", "https"):
            client = clickhouse_connect.get_client(
                host=parts.hostname or "localhost",
                port=parts.port or 0,
                username=unquote(parts.username or "default"),
                password=unquote(parts.password or ""),
                secure=parts.scheme in ("clickhouses", "https"),
                autogenerate_session_id=False,
                connect_timeout=_CONNECT_SECONDS,
                send_receive_timeout=_timeout(parts.query),
            )
        else:
            raise LedgerError(f"{parts.scheme}:// is not a ledger: use clickhouse://host:8123/database")
        client.command(f"CREATE DATABASE IF NOT EXISTS {database}")
        client.database = database
        if parts.scheme == "chdb":
            client.command(f"USE {database}")
    except (clickhouse_connect.driver.exceptions.Error, OSError, HTTPError) as error:
        raise LedgerError(f"cannot use ClickHouse at {place_of(url)}: {masked(str(error))}") from error
    return client, database


def _timeout(query: str) -> int:
    [seconds] = parse_qs(query).get("timeout", [str(_ANSWER_SECONDS)])
    if not seconds.isascii() or not seconds.isdecimal() or not int(seconds[:6]):
        raise LedgerError(f"timeout={seconds[:20]} is no number of seconds")
    return int(seconds[:6])
