"""`tokometer verdict`: whether a call may be made, for scripts; and asking it for hooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import EXIT_FINDINGS, Mistake
from tokometer.cli.shown import say, say_json
from tokometer.cli.softly import asked, object_of, server_of

#: So long (s) a server is waited for; without an answer the call may be made.
SECONDS: Final = 1.0
WORDS: Final = ("allow", "warn", "stop")
_NAMED: Final = ("user", "model", "provider", "project", "team", "agent")


def verdict_of(told: Iterable[tuple[str, str]], url: str, data: Path) -> dict[str, Any]:
    """What the server says of a call; `allow` with `failed_open` and a reason where it says nothing."""
    address, key = server_of(url, data)
    if not address:
        return _open("No server runs for this data folder: start `tokometer`, or name one by --url or TOKOMETER_URL")
    query = urlencode([(name, value) for name, value in told if value])
    found = object_of(asked(address, key, "GET", f"/api/verdict?{query}", seconds=SECONDS))
    if found.get("verdict") not in WORDS:
        return _open(f"The server at {address} does not answer")
    return found


def pairs(where: Iterable[str]) -> list[tuple[str, str]]:
    """`team=research` as name and value.

    Raises:
        Mistake: It is none.
    """
    found = []
    for one in where:
        name, sign, value = one.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise Mistake(f"--where {one!r}: write a dimension and a value, as in team=research")
        found.append((name.strip().removeprefix("calls."), value.strip()))
    return found


def _open(reason: str) -> dict[str, Any]:
    return {"verdict": "allow", "reason": f"{reason}.", "budgets": [], "untold": [], "failed_open": True}


@click.command(short_help="Whether a call may be made: allow, warn or stop.")
@click.option("--user", default="", help="Who makes it.")
@click.option("--model", default="", help="The model's whole name.")
@click.option("--provider", default="", help="The provider, as in openai.")
@click.option("--project", default="", help="The project.")
@click.option("--team", default="", help="The team.")
@click.option("--agent", default="", help="The agent.")
@click.option("--where", multiple=True, metavar="DIMENSION=VALUE", help="Any other dimension of calls; repeatable.")
@click.option("--url", default="", metavar="URL", help="The server. [default: $TOKOMETER_URL, else --data's]")
@click.option("--json", "as_json", is_flag=True, help="All of the answer, as JSON.")
@data_option
def verdict(url: str, where: tuple[str, ...], data: Path, *, as_json: bool, **named: str) -> None:
    """Ask the server whether a call may be made by the budgets that are for it.

    \b
    tokometer verdict --user ada --model gpt-5 --team research && run-the-job

    It prints the verdict and why, and ends with 1 where that is stop, else with 0: also where there is no server, as
    whoever meters must not hold up work.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    told = [(name, named[name]) for name in _NAMED] + pairs(where)
    found = verdict_of(told, url, data)
    if as_json:
        say_json(found)
    else:
        say(line_of(found))
    if found["verdict"] == "stop":
        raise SystemExit(EXIT_FINDINGS)


def line_of(found: Mapping[str, Any]) -> str:
    """The verdict and why, in a line."""
    return f"{found['verdict']}: {found.get('reason', '')}"
