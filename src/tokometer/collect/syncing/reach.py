"""Where an account is asked, and with which key: opened only for as long as it is asked with."""

from __future__ import annotations

from collections.abc import Mapping

from tokometer.accounts import ProviderAccount
from tokometer.accounts.sealing import NoKey, key_of
from tokometer.host.secrets import KeyInvalid, Vault
from tokometer.sources.protocol import PollError, Target
from tokometer.statements import AccountKind


def secret_of(account: ProviderAccount, vault: Vault, env: Mapping[str, str]) -> str:
    """The key of an account; '' where it has none.

    Raises:
        PollError: It cannot be had.
    """
    try:
        return key_of(account, vault, env)
    except (NoKey, KeyInvalid) as error:
        raise PollError(str(error), secret=True, final=True) from None


def target_of(account: ProviderAccount, kind: AccountKind, secret: str, *, needs_key: bool = True) -> Target:
    """What is asked over HTTP; nothing is asked, and no key needed, where a file is read that somebody uploaded.

    Raises:
        PollError: It wants a key, and has none.
    """
    if needs_key and kind.key is not None and kind.key.needed and not secret:
        raise PollError("it wants a key", secret=True, final=True)
    options = options_of(account, kind)
    options["auth"] = kind.key.auth if kind.key is not None else "none"
    return Target(account.title, account.address or kind.address, 0.0, options=options, secret=secret)


def options_of(account: ProviderAccount, kind: AccountKind) -> dict[str, str]:
    """What an account says of its kind's options; what it does not say is as usual."""
    return {one.name: account.options.get(one.name) or one.default for one in kind.options}
