"""What secrets of people's things are sealed for, and the key that an account with a provider is asked with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine, select

from tokometer.accounts.connected import ProviderAccount
from tokometer.accounts.database import reading, writing
from tokometer.accounts.decided import SEALED_AS
from tokometer.accounts.tables_connected import PROVIDER_ACCOUNTS
from tokometer.accounts.tables_decided import CHANNELS
from tokometer.host.secrets import SecretLost, Vault


class NoKey(Exception):
    """The key of an account cannot be had; the message says what to do, and nothing of the key."""


def sealed_for(type_: str, address: str, options: Mapping[str, str] | None = None) -> str:
    """What the key of an account is sealed for: where it is sent. Nobody makes it go elsewhere by changing the row."""
    beside = sorted(one for one in (options or {}).values() if one.startswith(("http://", "https://")))
    return " ".join(["account", type_, address, *beside])


def key_of(account: ProviderAccount, vault: Vault, env: Mapping[str, str]) -> str:
    """The key that an account is asked with, for whoever is about to ask; to be kept nowhere. '' where it has none.

    Raises:
        NoKey: It cannot be had.
    """
    if account.variable:
        found = env.get(account.variable, "").strip()
        if not found:
            raise NoKey(f"the variable {account.variable} is not set: start Tokometer with it")
        return found
    if not account.sealed:
        return ""
    try:
        return vault.unseal(account.sealed, sealed_for(account.type, account.address, account.options))
    except SecretLost as error:
        raise NoKey(f"the key cannot be read: {error}") from None


def seal_again(engine: Engine, vault: Vault) -> tuple[int, int]:
    """Seal with the key as it is now whatever was sealed with the one before; how many were, and how many cannot be.

    Each is a transaction of its own that changes a secret only if it is still the one that was read. It is no change
    that anybody made, so revisions and the record of changes stay. What nothing opens is left as it is.

    Raises:
        AccountsError: The database cannot be asked.
        OSError, ValueError: The key cannot be read.
    """
    done = lost = 0
    purposes: tuple[tuple[Any, Callable[[Any], str]], ...] = (
        (PROVIDER_ACCOUNTS, lambda row: sealed_for(row.type, row.address, row.options)),
        (CHANNELS, lambda _: SEALED_AS),
    )
    for table, of in purposes:
        with reading(engine) as connection:
            rows = connection.execute(select(table).where(table.c.sealed != "")).all()
        for row in rows:
            if vault.is_current(row.sealed):
                continue
            try:
                sealed = vault.seal(vault.unseal(row.sealed, of(row)), of(row))
            except SecretLost:
                lost += 1
                continue
            same = table.c.id == row.id, table.c.sealed == row.sealed
            with writing(engine) as connection:
                done += connection.execute(table.update().where(*same).values(sealed=sealed)).rowcount
    return done, lost
