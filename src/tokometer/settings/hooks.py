"""Secrets of hooks: a file of ours, `hooks.json`, in which they stand encrypted (docs/decisions/016-secrets.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tokometer.host.private import write_private
from tokometer.host.regular import read_bytes
from tokometer.host.secrets import SecretLost, Vault
from tokometer.settings.errors import SettingsError

FILE: Final = "hooks.json"
#: Shorter ones could be tried out.
LEAST: Final = 12
_MOST: Final = 1_000


class HookSecrets:
    """The file of a data folder. What the environment says (`TOKOMETER_HOOK_GITHUB`) goes before."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._path = folder / FILE
        self._vault = Vault(folder, env)
        self._env = env

    def of(self, source: str) -> str:
        """The secret of a source's hook; empty where there is none.

        Raises:
            SettingsError: There is one, and it cannot be read: nothing may be taken as if there were none.
            SecretLost: It was encrypted with another key.
        """
        told = self._env.get(f"TOKOMETER_HOOK_{source.upper()}", "")
        sealed = "" if told else self._read().get(source, "")
        return told or (self._vault.unseal(sealed, _of(source)) if sealed else "")

    def put(self, source: str, secret: str) -> None:
        """Keep a secret, or none any more where it is empty.

        Raises:
            SettingsError: It is too short or too long, or the file cannot be read or written.
        """
        if secret and not LEAST <= len(secret) <= _MOST:
            raise SettingsError(self._path, source, f"a secret has {LEAST} to {_MOST:,} characters")
        kept = dict(self._read())
        kept.pop(source, None)
        try:
            if secret:
                kept[source] = self._vault.seal(secret, _of(source))
            write_private(self._path, json.dumps(kept, indent=1).encode())
        except OSError as error:
            raise SettingsError(self._path, "", f"cannot be written ({error.strerror})") from error

    def seal_again(self) -> tuple[int, int]:
        """Seal anew what was sealed with the key before; how many were, and how many nothing opens any more.

        Raises:
            SettingsError: The file cannot be read or written: the key before is still needed.
            OSError, ValueError: The key cannot be read.
        """
        kept, done, lost = dict(self._read()), 0, 0
        for source, sealed in kept.items():
            if self._vault.is_current(sealed):
                continue
            try:
                kept[source] = self._vault.seal(self._vault.unseal(sealed, _of(source)), _of(source))
                done += 1
            except SecretLost:
                lost += 1
        if done:
            write_private(self._path, json.dumps(kept, indent=1).encode())
        return done, lost

    def _read(self) -> Mapping[str, str]:
        try:
            found = json.loads(read_bytes(self._path))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SettingsError(self._path, "", f"cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise SettingsError(self._path, "", "is not the JSON that was written; set the secrets anew") from error
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise SettingsError(self._path, "", "is not the JSON that was written; set the secrets anew")
        return found


def _of(source: str) -> str:
    """What a secret is sealed for."""
    return f"hook:{source}"
