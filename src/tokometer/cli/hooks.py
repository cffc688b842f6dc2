"""`tokometer hook-secret`: the secret with which GitHub or GitLab signs what it sends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import click

from tokometer.cli.options import data_option
from tokometer.cli.problems import Mistake
from tokometer.cli.shown import say

_HOOKS: Final = ("github", "gitlab")


@click.command("hook-secret", short_help="Set the secret that a webhook of GitHub or GitLab is signed with.")
@click.argument("hook", type=click.Choice(_HOOKS))
@click.option("--clear", is_flag=True, help="Take it away: requests are taken unsigned.")
@data_option
def hook_secret(hook: str, data: Path, *, clear: bool) -> None:
    """Keep the secret of a webhook, encrypted; from then on what is not signed with it is refused.

    \b
    tokometer hook-secret github
    tokometer hook-secret gitlab < secret.txt

    It is read from standard input, or asked for where that is a terminal; never from the command line, which others
    can read. A server that is running takes it into use at once.
    """  # noqa: D301 - click's mark for lines that are not to be wrapped
    from tokometer.host.private import private_folder
    from tokometer.settings.errors import SettingsError
    from tokometer.settings.hooks import HookSecrets

    secret = ""
    if not clear:
        asked = sys.stdin.isatty()
        secret = click.prompt("Secret", hide_input=True, err=True) if asked else sys.stdin.readline()
        secret = secret.strip()
        if not secret:
            raise Mistake("there is no secret; --clear takes one away")
    private_folder(data)
    try:
        HookSecrets(data, os.environ).put(hook, secret)
    except SettingsError as error:
        raise Mistake(str(error)) from None
    say(f"Requests to /hooks/{hook} " + ("are taken unsigned." if clear else "have to be signed with this secret."))
