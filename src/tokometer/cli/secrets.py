"""`tokometer secrets`: the key that keys of providers, addresses of channels and secrets of targets are sealed with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import Problem
from tokometer.cli.shown import say
from tokometer.records.plural import counted


@click.group(short_help="Change the key that secrets are sealed with.")
def secrets() -> None:
    """Look after the key that secrets are sealed with: secrets.key in the data folder, or $TOKOMETER_SECRETS_KEY."""


@secrets.command(short_help="Make another key, and seal everything with it.")
@data_option
def rotate(data: Path) -> None:
    """Make another key and seal everything with it: keys of accounts, addresses of channels, secrets of targets.

    The key before lies beside the new one until that is done, so everything works meanwhile, and a change that was
    broken off goes on when this is run again. Where $TOKOMETER_SECRETS_KEY holds the key, put the new one there and
    the one before into $TOKOMETER_SECRETS_KEY_OLD, start the server anew, and run this.
    """
    from tokometer.cli.remote import RemoteDoor, find_server

    server = find_server(data)
    found = RemoteDoor(server).told("POST", "/api/control/secrets") if server else _here(data)
    say(f"{counted(found['sealed'], 'secret')} sealed anew; the key is in {found['where']}.")
    if found["lost"]:
        say(f"{counted(found['lost'], 'secret')} no key opens, left as before: type them again.")


def _here(data: Path) -> dict[str, Any]:
    from dataclasses import asdict

    from tokometer.accounts import AccountsWhenAsked
    from tokometer.collect.resealing import ChangeFailed, change_key
    from tokometer.host.private import private_folder
    from tokometer.settings import FILE_NAME, OwnTargets, read_settings
    from tokometer.settings.hooks import HookSecrets

    env = os.environ
    private_folder(data)
    url = env.get("TOKOMETER_ACCOUNTS", "") or read_settings(data / FILE_NAME).accounts.url
    accounts = AccountsWhenAsked(data, lambda: url)
    try:
        return asdict(change_key(data, env, accounts, OwnTargets(data, env), HookSecrets(data, env)))
    except ChangeFailed as error:
        raise Problem(str(error)) from None
    finally:
        accounts.close()
