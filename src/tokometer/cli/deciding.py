"""The settings as they are in force where no server is: the file's, with what people have decided."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tokometer.accounts import AccountsError, AccountsWhenAsked
from tokometer.cli.shown import say
from tokometer.judgement.budgets import merged
from tokometer.judgement.owned import with_owned
from tokometer.measures import exchange
from tokometer.settings import FILE_NAME, Settings, read_settings

_WORKSPACE: Final = "default"


def settled(data: Path) -> Settings:
    """What is settled for a data folder; what people have made is left out, and that said, where it cannot be read."""
    settings = read_settings(data / FILE_NAME)
    accounts = AccountsWhenAsked(data, lambda: os.environ.get("TOKOMETER_ACCOUNTS", "") or settings.accounts.url)
    if not accounts.is_there:
        return settings
    try:
        kept = accounts.get()
        found = merged(settings, kept.budgets.all(_WORKSPACE), kept.objectives.all(_WORKSPACE))
        found = with_owned(found, kept, _WORKSPACE)
    except AccountsError as error:
        say(f"Budgets and objectives that were made on the page are left out: {error}", err=True)
        return settings
    finally:
        accounts.close()
    exchange.use(found.own_rates)
    return found
