"""Connecting to ClickHouse: a server, or the engine inside this process."""

from __future__ import annotations

import logging
import re
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import clickhouse_connect
from urllib3.exceptions import HTTPError

from tokometer.ledger.environment import VariableError
from tokometer.ledger.protocol import LedgerError
from tokometer.records.redaction import masked

_VARIABLE: Final = "TOKOMETER_LEDGER"
_SCHEMES: Final = ("chdb", "clickhouse", "clickhouses", "http", "https")
_RIGHT: Final = "use clickhouse://host:8123/database"
#: Of what ClickHouse says when it cannot; the rest is where in its own code.
_LONGEST: Final = 400
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
        VariableError: The URL is none of a ledger.
        LedgerError: It does not answer.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 0
    except ValueError as error:
        raise VariableError(_VARIABLE, f"is no address ({error}); {_RIGHT}") from None
    if parts.scheme not in _SCHEMES:
        raise VariableError(_VARIABLE, f"names no ledger ({masked(url)[:60]!r}); {_RIGHT}")
    database = parts.path.strip("/") or "tokometer"
    if not re.fullmatch(r"\w+", database, re.ASCII):
        raise VariableError(
            _VARIABLE, f"has no name of a database ({database[:60]!r}): letters, digits and underscores only"
        )
    # It says on its own what the error says, too.
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
    # It says of each try that it failed, with the whole address.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    try:
        if parts.scheme == "chdb":
            [folder] = parse_qs(parts.query).get("path", [None])
            client = clickhouse_connect.get_client(interface="chdb", path=folder)
        else:
            client = clickhouse_connect.get_client(
                host=parts.hostname or "localhost",
                port=port,
                username=unquote(parts.username or "default"),
                password=unquote(parts.password or ""),
                secure=parts.scheme in ("clickhouses", "https"),
                autogenerate_session_id=False,
                connect_timeout=_CONNECT_SECONDS,
                send_receive_timeout=_timeout(parts.query),
            )
        client.command(f"CREATE DATABASE IF NOT EXISTS {database}")
        client.database = database
        if parts.scheme == "chdb":
            client.command(f"USE {database}")
    except (clickhouse_connect.driver.exceptions.Error, OSError, HTTPError) as error:
        raise LedgerError(
            f"cannot use ClickHouse at {place_of(url)}: {masked(' '.join(str(error).split()))[:_LONGEST]}"
        ) from error
    return client, database


def _timeout(query: str) -> int:
    [seconds] = parse_qs(query).get("timeout", [str(_ANSWER_SECONDS)])
    if not seconds.isascii() or not seconds.isdecimal() or not int(seconds[:6]):
        raise VariableError(_VARIABLE, f"says timeout={seconds[:20]}, which is no number of seconds")
    return int(seconds[:6])
