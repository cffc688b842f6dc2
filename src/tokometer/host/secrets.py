"""Secrets at rest: encrypted with a key that lies beside the data, in a file for its user alone, or in the environment.

A copy of the file that holds them is worth nothing without the key's. Whoever can read both can read everything else
of the folder as well; where that is too much, the key comes in the variable `TOKOMETER_SECRETS_KEY` and is nowhere on
disk. Decision 037 says how the key is changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tokometer.host.private import write_private
from tokometer.host.regular import read_bytes

KEY_FILE: Final = "secrets.key"
#: The key before, kept until nothing is sealed with it any more.
OLD_KEY_FILE: Final = "secrets.key.old"
#: Keys for something else than sealing, once the key from which they were derived is another one; sealed themselves.
DERIVED_FILE: Final = "secrets.derived.json"
#: Variables that hold the key instead, and the one before it while it is changed.
VARIABLE: Final = "TOKOMETER_SECRETS_KEY"
OLD_VARIABLE: Final = "TOKOMETER_SECRETS_KEY_OLD"
#: AES-256-GCM, NIST SP 800-38D: a key of 32 bytes, a nonce of 12 that is never used twice.
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
#: `v1:KEYID:BASE64`; before keys could be changed it was `v1:BASE64`.
_FORM: Final = "v1:"
_ID_BYTES: Final = 4
_HEX: Final = re.compile(r"[0-9a-fA-F]{64}")


class SecretLost(Exception):
    """A secret that cannot be read: its key is another one, or gone. It has to be typed again."""


class KeyInvalid(ValueError):
    """What should be a key is none; the message says where it stands and what one looks like, never what it is."""


class Vault:
    """Encrypts and decrypts with the key of a folder, which is made when it is first needed, or with the environment's.

    The key is read each time: another process may have changed it.
    """

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._path = folder / KEY_FILE
        self._env = os.environ if env is None else env

    def seal(self, secret: str, of: str) -> str:
        """A secret as text that can be stored; `of` is what it is the secret of, and only opens with the same.

        Raises:
            OSError: The key can be neither read nor made.
            KeyInvalid: What should be the key is none.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 30 ms, for few

        key = self.key()
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, secret.encode(), of.encode())
        return f"{_FORM}{id_of(key)}:{base64.b64encode(nonce + sealed).decode()}"

    def unseal(self, sealed: str, of: str) -> str:
        """What was sealed, with the key or with the one before it.

        Raises:
            SecretLost: It cannot be opened.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        named, _, content = sealed.removeprefix(_FORM).rpartition(":")
        try:
            data = base64.b64decode(content, validate=True)
            for key in self._keys():
                if named in ("", id_of(key)):
                    try:
                        return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], of.encode()).decode()
                    except InvalidTag:
                        continue
        except KeyInvalid as error:
            raise SecretLost(f"{error}; put the right one there, or type it again") from None
        except (ValueError, binascii.Error, OSError):
            pass
        where = VARIABLE if self.from_env else self._path.name
        raise SecretLost(f"its key in {where} is gone or another one; type it again")

    def is_current(self, sealed: str) -> bool:
        """Whether something was sealed with the key as it is now.

        Raises:
            OSError: There is no key, or it cannot be read.
            KeyInvalid: What should be the key is none.
        """
        return sealed.startswith(f"{_FORM}{id_of(self.key(make=False))}:")

    def derived(self, purpose: str) -> bytes:
        """A key for something else than sealing, 32 bytes: another one for each purpose, the same each time.

        It stays the same when the key is changed.

        Raises:
            OSError: The key can be neither read nor made.
            ValueError: What lies there is no key.
        """
        sealed = self._derived().get(purpose)
        if sealed is None:
            key = self.key()
            # Nothing was kept yet: it is still what the first key gave.
            return _derived_of((self._before([key]) or [key])[0], purpose)
        try:
            return bytes.fromhex(self.unseal(sealed, _sealed_as(purpose)))
        except SecretLost as error:
            raise ValueError(f"{self._folder / DERIVED_FILE}: {error}") from None

    def keep_derived(self, purpose: str) -> None:
        """Keep a key for something else, sealed with the key as it is now, so that it outlives that.

        Raises:
            OSError: It cannot be read or written.
            ValueError: What lies there is no key.
        """
        kept = self._derived() | {purpose: self.seal(self.derived(purpose).hex(), _sealed_as(purpose))}
        write_private(self._folder / DERIVED_FILE, json.dumps(kept, indent=1).encode())

    @property
    def from_env(self) -> bool:
        """Whether the environment holds the key."""
        return bool(self._env.get(VARIABLE, "").strip())

    def key(self, *, make: bool = True) -> bytes:
        """The key itself, made where there is none yet.

        Raises:
            OSError: It can be neither read nor made.
            KeyInvalid: What should be the key is none.
        """
        told = self._env.get(VARIABLE, "").strip()
        if told:
            return read_key(told, VARIABLE)
        try:
            return _checked(read_bytes(self._path, 1_024), self._path)
        except FileNotFoundError:
            if not make:
                raise
        write_private(self._path, key := os.urandom(_KEY_BYTES))
        return key

    # -- changing it ---------------------------------------------------------------------------------------------------

    def change(self) -> None:
        """Put another key in place of the file's; the one before lies beside it. Goes on where it was broken off.

        Where the environment holds the key, whoever set it there has changed it: nothing is done.

        Raises:
            OSError: A key cannot be read or written.
            KeyInvalid: What should be a key is none.
        """
        if self.from_env:
            return
        now, old = self.key(), self._folder / OLD_KEY_FILE
        if not old.exists():
            write_private(old, now)
        if _checked(read_bytes(old, 1_024), old) == now:
            write_private(self._path, os.urandom(_KEY_BYTES))

    def forget_before(self) -> None:
        """Let go of the key before: nothing is sealed with it any more. One in the environment is left to its owner.

        Raises:
            OSError: A file cannot be removed.
        """
        (self._folder / OLD_KEY_FILE).unlink(missing_ok=True)
        if self.from_env:
            self._path.unlink(missing_ok=True)

    # -- keys ----------------------------------------------------------------------------------------------------------

    def _keys(self) -> list[bytes]:
        """The key, where there is one, and those before it."""
        try:
            now = [self.key(make=False)]
        except FileNotFoundError:
            now = []
        return [*now, *self._before(now)]

    def _before(self, now: Sequence[bytes]) -> list[bytes]:
        told = self._env.get(OLD_VARIABLE, "").strip()
        found = [read_key(told, OLD_VARIABLE)] if told else []
        # Who moves the key into the environment has sealed with the file's until then.
        for name in (OLD_KEY_FILE, *((KEY_FILE,) if self.from_env else ())):
            try:
                found.append(_checked(read_bytes(self._folder / name, 1_024), self._folder / name))
            except FileNotFoundError:
                continue
        return [key for key in found if key not in now]

    def _derived(self) -> dict[str, str]:
        try:
            kept = json.loads(read_bytes(self._folder / DERIVED_FILE, 64 << 10))
        except FileNotFoundError:
            return {}
        if not isinstance(kept, dict):
            raise KeyInvalid(f"{self._folder / DERIVED_FILE}: is not what we wrote")
        return {str(purpose): str(sealed) for purpose, sealed in kept.items()}


def check_variables(env: Mapping[str, str]) -> None:
    """See that variables which hold keys do.

    Raises:
        KeyInvalid: One does not.
    """
    for name in (VARIABLE, OLD_VARIABLE):
        if told := env.get(name, "").strip():
            read_key(told, name)


def read_key(told: str, name: str) -> bytes:
    """A key of 32 bytes, written as 64 hexadecimal digits or as base64.

    Raises:
        KeyInvalid: It is none; `name` is where it stands.
    """
    if _HEX.fullmatch(told):
        return bytes.fromhex(told)
    try:
        key = base64.b64decode(told.replace("-", "+").replace("_", "/") + "=" * (-len(told) % 4), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != _KEY_BYTES:
        raise KeyInvalid(f"{name} has to be 32 bytes as base64 or as 64 hexadecimal digits: openssl rand -base64 32")
    return key


def id_of(key: bytes) -> str:
    """What tells a key from others and nothing else of it."""
    return hashlib.blake2b(key, digest_size=_ID_BYTES, person=b"tokometer key id").hexdigest()


def _checked(key: bytes, path: Path) -> bytes:
    if len(key) != _KEY_BYTES:
        raise KeyInvalid(f"{path}: is no key of ours")
    return key


def _derived_of(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, f"tokometer {purpose}".encode(), "sha256")


def _sealed_as(purpose: str) -> str:
    return f"derived:{purpose}"
