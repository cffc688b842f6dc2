"""Accounts with providers, as judgements know them: in a word how each stands, and what its provider says is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokometer.settings.owned import OwnAccount
from tokometer.statements import KINDS

if TYPE_CHECKING:
    from tokometer.accounts import AccountState, ProviderAccount
    from tokometer.accounts.accounts import Accounts


def own_accounts(kept: Accounts, workspace: str) -> tuple[OwnAccount, ...]:
    """All of them, by title.

    Raises:
        AccountsError: They cannot be read.
    """
    accounts = kept.provided.all(workspace)
    if not accounts:
        return ()
    states = kept.syncs.states(workspace)
    return tuple(_own(one, states.get(one.id)) for one in sorted(accounts, key=lambda one: one.title))


def _own(one: ProviderAccount, state: AccountState | None) -> OwnAccount:
    kind = KINDS.get(one.type)
    provider = kind.provider if kind is not None else ""
    if state is None:
        return OwnAccount(provider=provider, title=one.title, state="paused" if one.paused else "not synced yet")
    word = "failing" if state.error else "connected" if state.synced else "not synced yet"
    return OwnAccount(
        provider=provider,
        title=one.title,
        state="paused" if one.paused else word,
        error=state.error,
        synced=state.synced,
        balance=state.balance,
        unit=state.balance_unit or ("USD" if state.balance is not None else ""),
    )
