"""Secrets at rest: encrypted with a key that lies beside the data, in a file for its user alone.

A copy of the file that holds them is worth nothing without the key's. Whoever can read both can read everything else of
the folder as well.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from pathlib import Path
from typing import Final

from tokometer.host.private import write_private
from tokometer.host.regular import read_bytes

KEY_FILE: Final = "secrets.key"
#: AES-256-GCM, NIST SP 800-38D: a key of 32 bytes, a nonce of 12 that is never used twice.
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORM: Final = "v1:"


class SecretLost(Exception):
    """A secret that cannot be read: its key is another one, or gone. It has to be typed again."""


class Vault:
    """Encrypts and decrypts with the key of a folder, which is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / KEY_FILE

    def seal(self, secret: str, of: str) -> str:
        """A secret as text that can be stored; `of` is what it is the secret of, and only opens with the same.

        Raises:
            OSError: The key can be neither read nor made.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 30 ms, for few

        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self._key(make=True)).encrypt(nonce, secret.encode(), of.encode())
        return _FORM + base64.b64encode(nonce + sealed).decode()

    def unseal(self, sealed: str, of: str) -> str:
        """What was sealed.

        Raises:
            SecretLost: It cannot be opened.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            data = base64.b64decode(sealed.removeprefix(_FORM), validate=True)
            key = self._key(make=False)
            return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], of.encode()).decode()
        except (InvalidTag, ValueError, binascii.Error, OSError):
            raise SecretLost(f"its key in {self._path.name} is gone or another one; type it again") from None

    def derived(self, purpose: str) -> bytes:
        """A key for something else than sealing, 32 bytes: another one for each purpose, the same each time.

        Raises:
            OSError: The key can be neither read nor made.
            ValueError: What lies there is no key.
        """
        return hmac.digest(self._key(make=True), f"tokometer {purpose}".encode(), "sha256")

    def _key(self, *, make: bool) -> bytes:
        try:
            key = read_bytes(self._path, 1_024)
        except FileNotFoundError:
            if not make:
                raise
            key = os.urandom(_KEY_BYTES)
            write_private(self._path, key)
        if len(key) != _KEY_BYTES:
            raise ValueError(f"{self._path}: is no key of ours")
        return key
