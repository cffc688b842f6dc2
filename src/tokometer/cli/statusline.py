"""`tokometer statusline`: the command of Claude Code's status line. Passes on what it is told, and prints one line."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click

from tokometer.cli.options import data_option
from tokometer.cli.shown import say
from tokometer.cli.softly import MOST, asked, object_of, part_of, server_of

#: Claude Code waits for the line: so long (s) a server is waited for, and a line that is longer is no status line.
_SECONDS: Final = 1.0
_BETWEEN: Final = " · "
_WINDOWS: Final = {"five_hour": "5h", "seven_day": "week"}


@click.command(short_help="The command of Claude Code's status line.")
@click.option("--url", default="", metavar="URL", help="The server. [default: $TOKOMETER_URL, else --data's]")
@data_option
def statusline(url: str, data: Path) -> None:
    """Pass what Claude Code tells its status line on to the server, and print a line: cost today, use of the plan.

    \b
    In ~/.claude/settings.json:
    {"statusLine": {"type": "command", "command": "tokometer statusline"}}

    It never fails, and waits a second at most for each answer: without a server the line has what Claude Code says by
    itself. Where the server asks for a key, it is in TOKOMETER_KEY.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    text = _read()
    told = object_of(text)
    address, key = server_of(url, data)
    cost = None
    if address:
        from tokometer.sources.machine import host

        path = f"/api/webhooks/claude-code/statusline?machine={quote(host())}"
        if told:
            asked(address, key, "POST", path, text, _SECONDS)
        answer = object_of(asked(address, key, "POST", "/api/query", json.dumps(_question()).encode(), _SECONDS))
        cost = _first(answer.get("rows"), "cost")
    say(line_of(told, cost))


def _read() -> bytes:
    try:
        return sys.stdin.buffer.read(MOST)
    except (AttributeError, OSError):  # there is no input at all
        return b""


def line_of(told: Mapping[str, Any], cost: float | None) -> str:
    """The line: cost of today, use of the plan, fullness of the context; what is unknown is left out."""
    parts = [] if cost is None else [f"${cost:,.2f} today"]
    limits = part_of(told, "rate_limits")
    for window, name in _WINDOWS.items():
        used = _number(part_of(limits, window).get("used_percentage"))
        if used is not None:
            parts.append(f"{name} {used:.0f}%{_until(_number(part_of(limits, window).get('resets_at')))}")
    context = _number(part_of(told, "context_window").get("used_percentage"))
    if context is not None:
        parts.append(f"context {context:.0f}%")
    if cost is None:
        session = _number(part_of(told, "cost").get("total_cost_usd"))
        if session is not None:
            parts.append(f"${session:,.2f} this session")
    return _BETWEEN.join(parts) or "tokometer"


def _until(resets: float | None) -> str:
    """When a window begins anew, if that is today."""
    if resets is None:
        return ""
    try:
        at = datetime.fromtimestamp(resets).astimezone()
    except (ValueError, OverflowError, OSError):
        return ""
    return f" until {at:%H:%M}" if at.date() == datetime.now().astimezone().date() else ""


def _question() -> dict[str, Any]:
    from tokometer.records.zone import local_zone

    return {"measures": ["calls.cost"], "since": "today", "tz": local_zone()}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _first(rows: object, name: str) -> float | None:
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        return None
    try:
        return float(rows[0][name])
    except (KeyError, TypeError, ValueError):
        return None
