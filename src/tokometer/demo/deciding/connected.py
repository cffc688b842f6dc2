"""Accounts with providers of the made-up company: without keys, paused, and with what their statements came to."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tokometer.accounts import ProviderAccount
from tokometer.accounts.accounts import Accounts
from tokometer.accounts.connected import SyncRun
from tokometer.demo.statements import ACCOUNTS, LATE_DAYS
from tokometer.ledger import Readable
from tokometer.measures import Filter, Query, answer
from tokometer.settings import Settings
from tokometer.statements import KINDS

_WORKSPACE: Final = "default"
_WHO: Final = "Ada"
#: Which kind of account it is, by provider.
_TYPES: Final = {"bedrock": "focus"}
_DAY: Final = timedelta(days=1)
_RUNS: Final = 6
_WEEK: Final = 7


def decide(accounts: Accounts, ledger: Readable, _settings: Settings, now: datetime) -> None:
    """An account of each provider that the demo has statements of, as far as there is such a kind."""
    for number, (provider, title) in enumerate(ACCOUNTS.items()):
        type_ = _TYPES.get(provider, provider)
        if type_ not in KINDS:
            continue
        account = accounts.provided.add(ProviderAccount(type=type_, title=title, paused=True), _WHO)
        lines = _lines(ledger, provider, now)
        asked = now - timedelta(minutes=17 + 11 * number)
        until = now.replace(hour=0, minute=0, second=0, microsecond=0) - LATE_DAYS.get(provider, 0) * _DAY
        reports = [report.name for report in KINDS[type_].reports]
        values: dict[str, Any] = {
            "synced": asked,
            "known": dict.fromkeys(reports, until.isoformat()),
            "facts": {"demo": "generated: there is no key, and nothing is asked"},
        }
        if provider == "openrouter":
            values |= {"balance": Decimal("41.27"), "balance_unit": "USD", "balance_at": asked}
        accounts.syncs.note(_WORKSPACE, account.id, **values)
        for ago in range(_RUNS, -1, -1):
            _run(accounts, account.id, asked - ago * _DAY, lines, first=ago == _RUNS)


def _run(accounts: Accounts, account: str, began: datetime, lines: int, *, first: bool) -> None:
    """A run that took a few seconds: the first one reads all that there was."""
    new = max(1, lines if first else lines // 60)
    portions = _WEEK if first else 1
    number = accounts.syncs.begin(SyncRun(account=account, began=began, trigger="request" if first else "schedule"))
    accounts.syncs.update(
        number,
        state="done",
        ended=began + timedelta(seconds=41 if first else 3),
        portions=portions,
        done=portions,
        new=new,
        changed=0 if first else new // 9,
        requests=2 * portions,
        retries=1 if first else 0,
    )


def _lines(ledger: Readable, provider: str, now: datetime) -> int:
    query = Query(measures=("bills.lines",), where=(Filter("bills.provider", "=", (provider,)),), since="all")
    rows = answer(ledger, query, now=now).rows
    return int(rows[0]["lines"] or 0) if rows else 0
