"""What the people of the made-up company have decided: each kind in a module of its own.

Made once, when the demo starts, of the records that are there. Each module has a function that takes the accounts, the
ledger, the settings and the moment.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from tokometer.accounts import open_accounts
from tokometer.demo.deciding import alerts, budgets, charging, connected, owning, plans
from tokometer.judgement.budgets import merged
from tokometer.ledger import Readable
from tokometer.settings import FILE_NAME
from tokometer.settings.file import read_settings

__all__ = ["decide"]
_WORKSPACE: Final = "default"


def decide(data: Path, ledger: Readable, now: datetime) -> None:
    """Have something be decided of all kinds that there are, in the accounts of a demo's folder."""
    accounts = open_accounts(data)
    try:
        settings = read_settings(data / FILE_NAME)
        budgets.decide(accounts, ledger, settings, now)
        settings = merged(settings, accounts.budgets.all(_WORKSPACE), accounts.objectives.all(_WORKSPACE))
        for module in (alerts, owning, plans, charging, connected):
            module.decide(accounts, ledger, settings, now)
    finally:
        accounts.close()
