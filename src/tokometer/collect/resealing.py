"""Changing the key that secrets are sealed with: all that is sealed is sealed anew, and then the key before goes.

The key before lies beside the new one until nothing is sealed with it any more, and opens what it sealed meanwhile. So
everything works all along, and a change that was broken off at any moment goes on when it is asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tokometer.host.lock import FolderLock, Held
from tokometer.host.secrets import KeyInvalid, Vault

if TYPE_CHECKING:
    from tokometer.accounts import AccountsWhenAsked
    from tokometer.settings import OwnTargets
    from tokometer.settings.hooks import HookSecrets

_LOCK: Final = "secrets.lock"
#: Keys that are derived for something else than sealing: signed links go on working.
_PURPOSES: Final = ("links",)


class ChangeFailed(Exception):
    """The key could not be changed, or not to the end; the message says why. Nothing is lost; it can be asked again."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What changing the key came to."""

    #: Secrets that were sealed anew.
    sealed: int
    #: Secrets that neither key opens; they are as they were, and have to be typed again.
    lost: int
    #: Where the key is.
    where: str


def change_key(
    folder: Path, env: Mapping[str, str], accounts: AccountsWhenAsked, targets: OwnTargets, hooks: HookSecrets
) -> Changed:
    """Make another key and seal everything with it; or, where the environment holds the key, with that.

    Raises:
        ChangeFailed: It cannot be done now.
    """
    from tokometer.accounts import AccountsError
    from tokometer.settings import SettingsError

    vault = Vault(folder, env)
    try:
        with FolderLock(folder / _LOCK):
            return _change(vault, accounts, targets, hooks)
    except Held:
        raise ChangeFailed("the key is being changed by another process just now") from None
    except (AccountsError, SettingsError, KeyInvalid) as error:
        raise ChangeFailed(str(error)) from error
    except OSError as error:
        raise ChangeFailed(f"{error.filename or folder}: {error.strerror or error}") from error
    except ValueError as error:
        raise ChangeFailed(str(error)) from error


def _change(vault: Vault, accounts: AccountsWhenAsked, targets: OwnTargets, hooks: HookSecrets) -> Changed:
    for purpose in _PURPOSES:
        vault.keep_derived(purpose)
    vault.change()
    again: list[Callable[[], tuple[int, int]]] = [targets.seal_again, hooks.seal_again]
    if accounts.is_there:
        from tokometer.accounts.sealing import seal_again

        again.append(lambda: seal_again(accounts.get().engine, vault))
    for purpose in _PURPOSES:
        vault.keep_derived(purpose)
    done, lost = _all(again)
    # What was sealed with the key before, while that was going on.
    while (more := _all(again))[0]:
        done, lost = done + more[0], more[1]
    vault.forget_before()
    return Changed(sealed=done, lost=lost, where="the environment" if vault.from_env else "secrets.key")


def _all(again: list[Callable[[], tuple[int, int]]]) -> tuple[int, int]:
    found = [one() for one in again]
    return sum(done for done, _ in found), sum(lost for _, lost in found)
