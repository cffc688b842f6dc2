"""What the accounts of a server tell of providers' statements, for reconciliation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from tokometer.accounts import AccountsError, ProviderAccount
from tokometer.accounts.connected import AccountState
from tokometer.judgement.reconciliation.stated import LATE, Stated, told_by
from tokometer.server.runtime import WORKSPACES, Runtime
from tokometer.statements import KINDS

#: Reports that say what was used and what it costs; others tell names and members.
_REPORTS: Final = ("cost", "usage", "activity", "bill", "focus", "charges", "spend")


def statements_of(runtime: Runtime) -> Mapping[str, Stated]:
    """How far each provider's statements are known, by provider; nothing where there are no accounts."""
    if not runtime.accounts.is_there:
        return {}
    try:
        accounts = runtime.accounts.get()
        listed = accounts.provided.all(WORKSPACES[0])
        states = accounts.syncs.states(WORKSPACES[0]) if listed else {}
    except AccountsError as error:
        # Numbers go on without.
        runtime.accounts.trouble = str(error)
        return {}
    return told_by({one.id: told for one in listed if (told := _told(one, states.get(one.id)))})


def _told(account: ProviderAccount, state: AccountState | None) -> Stated | None:
    kind = KINDS.get(account.type)
    if kind is None or not kind.provider:
        return None
    if state is None:
        return Stated(kind.provider, account=account.title)
    late = max((report.late for report in kind.reports), default=LATE)
    days = [day for name, at in state.known.items() if name.startswith(_REPORTS) and (day := _day(at))]
    until = min(days, default=None)
    return Stated(
        kind.provider,
        until,
        until - _within(late) if until else None,
        account.title,
        state.synced,
        state.error,
    )


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC).date()
    except ValueError:
        return None


def _within(late: timedelta) -> timedelta:
    """Whole days: a day is final when all of it is."""
    return timedelta(days=-(-late // timedelta(days=1)))
