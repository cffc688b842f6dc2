"""Targets that were added on the page: a file of ours, `targets.json`, beside the user's own `tokometer.toml`.

What people write is left as they wrote it, comments and all; what a page adds has a place of its own. Secrets stand
there encrypted.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import asdict, replace

from tokometer.host.private import write_private
from tokometer.host.regular import read_bytes
from tokometer.host.secrets import SecretLost, Vault
from tokometer.settings.errors import SettingsError
from tokometer.settings.polling import TargetSettings
from tokometer.settings.reader import MOST_ENTRIES

FILE: Final = "targets.json"
#: (source, name): what tells a target from all others.
Key = tuple[str, str]


class _Stored(msgspec.Struct, omit_defaults=True):
    """A target as it is stored."""

    source: str
    url: str
    name: str = ""
    every: float | None = None
    secret_env: str = ""
    secret_file: str = ""
    #: Encrypted.
    secret: str = ""
    options: dict[str, str] = {}
    labels: dict[str, str] = {}


class _File(msgspec.Struct, omit_defaults=True):
    targets: list[_Stored] = []
    #: Targets that are not asked for now, wherever they are named.
    paused: list[Key] = []


class OwnTargets:
    """The file of a data folder. Thread-safe.

    A file that cannot be read is left as it is: nothing is written over what somebody may want to mend.
    """

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        #: The file.
        self.path = folder / FILE
        self._vault = Vault(folder, env)
        self._lock = threading.Lock()
        self._targets: dict[Key, TargetSettings] = {}
        self._paused: frozenset[Key] = frozenset()
        #: Higher after each change.
        self.version = 0
        #: Why the file cannot be read; empty where it can.
        self.error = ""
        self._read()

    @property
    def targets(self) -> tuple[TargetSettings, ...]:
        """Those that were added here; their secrets are still sealed."""
        return tuple(self._targets.values())

    @property
    def paused(self) -> frozenset[Key]:
        """Those that are not to be asked for now."""
        return self._paused

    def secret(self, target: TargetSettings) -> str:
        """The secret of a target of ours.

        Raises:
            SecretLost: It cannot be read any more.
        """
        return self._vault.unseal(target.secret, _of(target)) if target.secret else ""

    def put(self, target: TargetSettings, instead_of: Key | None = None, *, keep_secret: bool = False) -> None:
        """Add a target, or change one; its secret comes as it was typed. With `keep_secret`, the one before stays.

        Raises:
            SettingsError: There are too many, or it cannot be kept.
        """
        with self._lock:
            targets = dict(self._targets)
            before = targets.pop(instead_of, None) if instead_of is not None else None
            if target.secret:
                target = replace(target, secret=self._sealed(target.secret, target))
            elif keep_secret and before is not None and before.secret:
                # It is sealed for an address: at another one somebody has to type it again.
                target = replace(target, secret=before.secret if _of(before) == _of(target) else "")
            targets[target.source, target.called] = target
            if len(targets) > MOST_ENTRIES:
                raise SettingsError(self.path, "", f"holds {MOST_ENTRIES:,} targets already")
            self._write(targets, self._paused - ({instead_of} if instead_of else set()))

    def remove(self, key: Key) -> bool:
        """Remove a target of ours; False where there is none."""
        with self._lock:
            if key not in self._targets:
                return False
            self._write({at: one for at, one in self._targets.items() if at != key}, self._paused - {key})
            return True

    def pause(self, key: Key, *, paused: bool) -> None:
        """Have a target, wherever it is named, not asked for now; or asked again."""
        with self._lock:
            self._write(self._targets, self._paused | {key} if paused else self._paused - {key})

    def seal_again(self) -> tuple[int, int]:
        """Seal anew what was sealed with the key before; how many were, and how many nothing opens any more.

        Raises:
            SettingsError: The file cannot be read or written: the key before is still needed.
            OSError, ValueError: The key cannot be read.
        """
        with self._lock:
            if self.error:
                raise SettingsError(self.path, "", "cannot be read, and may hold secrets: mend it, or move it away")
            targets, lost = dict(self._targets), 0
            for key, one in self._targets.items():
                if not one.secret or self._vault.is_current(one.secret):
                    continue
                try:
                    targets[key] = replace(one, secret=self._sealed(self._vault.unseal(one.secret, _of(one)), one))
                except SecretLost:
                    lost += 1
            done = sum(targets[key] is not one for key, one in self._targets.items())
            if done:
                self._write(targets, self._paused)
            return done, lost

    # -- the file ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            stored = msgspec.json.decode(read_bytes(self.path), type=_File)
        except FileNotFoundError:
            return
        except (OSError, msgspec.DecodeError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or "is not what we wrote"
            self.error = f"{self.path}: {why}; targets that were added on the page are not asked"
            return
        self._targets = {(one.source, one.name or one.url): _of_stored(one) for one in stored.targets}
        self._paused = frozenset(stored.paused)

    def _write(self, targets: Mapping[Key, TargetSettings], paused: Iterable[Key]) -> None:
        if self.error:
            raise SettingsError(self.path, "", "cannot be read, and is left as it is: mend it, or move it away")
        content = {"targets": [_stored(one) for one in targets.values()], "paused": sorted(paused)}
        try:
            write_private(self.path, json.dumps(content, indent=1, ensure_ascii=False).encode())
        except OSError as error:
            raise SettingsError(self.path, "", f"cannot be written ({error.strerror})") from error
        self._targets, self._paused = dict(targets), frozenset(paused)
        self.version += 1

    def _sealed(self, secret: str, target: TargetSettings) -> str:
        try:
            return self._vault.seal(secret, _of(target))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise SettingsError(self.path, "secret", f"cannot be encrypted: {why}; name it by secret_env") from error


def _of(target: TargetSettings) -> str:
    """What a secret is sealed for: nobody makes it go elsewhere by changing the file."""
    return f"{target.source} {target.url}"


def _of_stored(one: _Stored) -> TargetSettings:
    told: dict[str, Any] = msgspec.structs.asdict(one)
    told |= {"options": tuple(one.options.items()), "labels": tuple(one.labels.items())}
    return TargetSettings(**told)


def _stored(target: TargetSettings) -> dict[str, Any]:
    told = asdict(target)
    told.pop("paused")
    told |= {"options": dict(target.options), "labels": dict(target.labels)}
    return {name: value for name, value in told.items() if value not in ("", None, {})}
