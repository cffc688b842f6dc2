"""`tokometer accounts`: accounts with providers, by the server that holds the data folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import Mistake, Problem
from tokometer.cli.shown import say, say_json

if TYPE_CHECKING:
    from tokometer.cli.remote import RemoteDoor

#: How long a sync is waited for, and how often it is looked at (seconds).
_LOOK: Final = 0.5
_ENDED: Final = ("done", "partly", "failed", "broken_off", "cancelled")


@click.group(short_help="Accounts with providers: list, add, test, sync, pause, remove.")
def accounts() -> None:
    """Connect accounts with providers and sync them, by the server that holds the data folder."""


@accounts.command("list", short_help="Accounts, and how each stands.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_option
def list_(as_json: bool, data: Path) -> None:
    """List all accounts: state, balance, spend of this month, last sync, error."""
    found = _door(data).told("GET", "/api/accounts")["accounts"]
    if as_json:
        return say_json(found)
    if not found:
        return say("No account is connected yet: tokometer accounts kinds, tokometer accounts add KIND.")
    for one in found:
        balance, month = one["balance"], one["month"]
        left = f"{balance['amount']} {balance['unit']} left" if balance["amount"] is not None else "balance not known"
        spent = f"{month['amount']} USD {month['by']} this month" if month["amount"] else "no spend known this month"
        say(f"{one['title']} ({one['kind']}): {one['state']}; {left}; {spent}; {_synced(one['synced'])}")
        if one["error"]:
            say(f"  {one['error']}. {one['remedy']}")
    return None


@accounts.command(short_help="Kinds of account, and what each wants to know.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_option
def kinds(as_json: bool, data: Path) -> None:
    """List the kinds of account that can be connected."""
    found = _door(data).told("GET", "/api/accounts/kinds")["kinds"]
    if as_json:
        return say_json(found)
    for one in found:
        key = f"; key: {one['key']['title']}" if one["key"] else ""
        options = ", ".join(option["name"] for option in one["options"])
        say(f"{one['type']}: {one['about']}{key}" + (f"; options: {options}" if options else ""))
    return None


@accounts.command(short_help="Connect an account.")
@click.argument("kind")
@click.option("--title", default="", help="What it is called; its kind's title otherwise.")
@click.option("--address", default="", metavar="URL", help="Where it is asked, if not at its provider.")
@click.option("--option", multiple=True, metavar="NAME=VALUE", help="What else its kind wants to know.")
@click.option(
    "--variable", default="", metavar="NAME", help="The server's variable that holds the key (TOKOMETER_KEY_…)."
)
@click.option("--key-env", default="", metavar="NAME", help="The variable of this shell to take the key from.")
@click.option("--untested", is_flag=True, help="Keep it without asking its provider first.")
@data_option
def add(
    kind: str,
    title: str,
    address: str,
    option: tuple[str, ...],
    variable: str,
    key_env: str,
    untested: bool,
    data: Path,
) -> None:
    """Test an account and keep it; its first sync begins at once.

    The key is read from standard input, or asked for where that is a terminal, or taken from a variable: never from
    the command line, which others can read. It is kept encrypted.
    """
    door = _door(data)
    known = {one["type"]: one for one in door.told("GET", "/api/accounts/kinds")["kinds"]}
    if kind not in known:
        raise Mistake(f"there is no kind {kind!r}; there are {', '.join(sorted(known))}")
    body: dict[str, Any] = {"type": kind, "options": dict(_pair(one) for one in option)}
    body |= {name: value for name, value in (("title", title), ("address", address), ("variable", variable)) if value}
    if not variable and known[kind]["key"] is not None:
        body["key"] = _key(known[kind]["key"], key_env)
    if not untested:
        door.told("POST", "/api/accounts/test", body)
    made = door.told("POST", "/api/accounts", body)
    say(f"{made['title']} is connected{'' if untested else ', and answers'}; its first sync begins.")


@accounts.command(short_help="Ask a provider whether an account's key may read.")
@click.argument("account")
@data_option
def test(account: str, data: Path) -> None:
    """Ask one cheap question with the key that is kept."""
    door = _door(data)
    one = _named(door, account)
    facts = door.told("POST", f"/api/accounts/{one['id']}/test")["facts"]
    say(f"{one['title']} answers." + "".join(f" {name}: {value}." for name, value in facts.items()))


@accounts.command(short_help="Sync an account now.")
@click.argument("account")
@click.option("--no-wait", is_flag=True, help="Do not wait for the end.")
@data_option
def sync(account: str, no_wait: bool, data: Path) -> None:
    """Sync an account and say what came of it. Exits with 1 where something of it failed."""
    import time

    door = _door(data)
    one = _named(door, account)
    number = door.told("POST", f"/api/accounts/{one['id']}/sync")["run"]
    if no_wait:
        return say(f"{one['title']} is being synced.")
    while True:
        runs = door.told("GET", f"/api/accounts/{one['id']}/runs")["runs"]
        run = next((run for run in runs if run["number"] == number), None)
        if run is None or run["state"] in _ENDED:
            break
        time.sleep(_LOOK)
    if run is None:
        raise Problem(f"{one['title']} was removed meanwhile")
    counts = ", ".join(f"{run[name]:,} {name}" for name in ("new", "changed", "withdrawn", "same", "refused"))
    say(f"{one['title']}: {run['word']}; lines: {counts}; {run['requests']:,} questions, {run['retries']:,} again.")
    if run["state"] != "done":
        raise click.ClickException(run["error"] or "it did not come to its end")
    return None


@accounts.command(short_help="Put another key in place of an account's own.")
@click.argument("account")
@click.option("--variable", default="", metavar="NAME", help="The server's variable that holds it (TOKOMETER_KEY_…).")
@click.option("--key-env", default="", metavar="NAME", help="The variable of this shell to take it from.")
@click.option("--untested", is_flag=True, help="Keep it without asking its provider first.")
@data_option
def key(account: str, variable: str, key_env: str, untested: bool, data: Path) -> None:
    """Test another key and keep it; the one before stays where that fails. What is known stays.

    The key comes as for `add`: from standard input, a prompt or a variable.
    """
    door = _door(data)
    one = _named(door, account)
    kind = next(kind for kind in door.told("GET", "/api/accounts/kinds")["kinds"] if kind["type"] == one["type"])
    if kind["key"] is None:
        raise Mistake(f"{one['title']} has no key")
    body = {"variable": variable} if variable else {"key": _key(kind["key"], key_env)}
    if not any(body.values()):
        raise Mistake("no key was given: nothing is changed")
    if not untested:
        door.told("POST", "/api/accounts/test", body | {"id": one["id"]})
    door.told("PATCH", f"/api/accounts/{one['id']}", body | {"revision": one["revision"]})
    say(f"{one['title']} has another key{'' if untested else ', which it answers to'}.")


@accounts.command(short_help="Sync an account no more by itself.")
@click.argument("account")
@data_option
def pause(account: str, data: Path) -> None:
    """Sync an account no more by itself; `sync` still does."""
    _pause(data, account, paused=True)


@accounts.command(short_help="Sync a paused account by itself again.")
@click.argument("account")
@data_option
def resume(account: str, data: Path) -> None:
    """Sync a paused account by itself again."""
    _pause(data, account, paused=False)


@accounts.command(short_help="Remove an account with its key.")
@click.argument("account")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
def remove(account: str, yes: bool, data: Path) -> None:
    """Remove an account, its key and its top-ups. What it has stated stays."""
    door = _door(data)
    one = _named(door, account)
    if not yes:
        click.confirm(f"Remove {one['title']} with its key? What it has stated stays", abort=True, err=True)
    door.told("DELETE", f"/api/accounts/{one['id']}")
    say(f"{one['title']} is removed; what it has stated stays.")


def _pause(data: Path, account: str, *, paused: bool) -> None:
    door = _door(data)
    one = _named(door, account)
    door.told("PATCH", f"/api/accounts/{one['id']}", {"paused": paused})
    say(f"{one['title']} is {'paused' if paused else 'synced by itself again'}.")


def _door(data: Path) -> RemoteDoor:
    from tokometer.cli.remote import RemoteDoor, find_server

    server = find_server(data)
    if server is None:
        raise Problem(f"no server runs on {data}: accounts are synced by one. Start it with tokometer serve")
    return RemoteDoor(server)


def _named(door: RemoteDoor, account: str) -> Mapping[str, Any]:
    found = door.told("GET", "/api/accounts")["accounts"]
    for one in found:
        if account in (one["id"], one["title"]):
            return dict(one)
    titles = ", ".join(one["title"] for one in found) or "none"
    raise Mistake(f"there is no account {account!r}; there are {titles}")


def _key(key: Mapping[str, Any], variable: str) -> str:
    """The key that somebody gives; from now on it stands in nothing that this command says."""
    from tokometer.records.redaction import Held

    told = _told(key, variable)
    Held(told)
    return told


def _told(key: Mapping[str, Any], variable: str) -> str:
    if variable:
        found = os.environ.get(variable, "").strip()
        if not found:
            raise Mistake(f"the variable {variable} is not set")
        return found
    if sys.stdin.isatty():
        typed: str = click.prompt(key["title"], hide_input=True, err=True, default="", show_default=False)
        return typed.strip()
    return sys.stdin.read().strip()


def _pair(told: str) -> tuple[str, str]:
    name, equals, value = told.partition("=")
    if not equals:
        raise Mistake(f"--option takes NAME=VALUE, not {told[:60]!r}")
    return name.strip(), value.strip()


def _synced(at: str | None) -> str:
    if at is None:
        return "not synced yet"
    minutes = int((datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds() // 60)
    return f"synced {minutes} min ago" if minutes < 120 else f"synced {minutes // 60} h ago"  # noqa: PLR2004
