"""The key of secrets is changed, and everything that was sealed still opens; whenever that is broken off."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tokometer.accounts import AccountsWhenAsked, Channel, ProviderAccount
from tokometer.accounts.decided import SEALED_AS
from tokometer.accounts.sealing import NoKey, key_of, sealed_for
from tokometer.collect.resealing import ChangeFailed, change_key
from tokometer.host import secrets
from tokometer.host.secrets import KEY_FILE, OLD_KEY_FILE, OLD_VARIABLE, VARIABLE, Vault
from tokometer.settings import OwnTargets, TargetSettings
from tokometer.settings.hooks import HookSecrets

KEY = "sk-" + "admin-" + "q" * 30
ADDRESS = "https://api.example.com"


class Folder:
    """A data folder with a secret of each kind that is sealed."""

    def __init__(self, path: Path, env: dict[str, str]) -> None:
        self.path, self.env = path, env
        self.accounts = AccountsWhenAsked(path)
        vault = Vault(path, env)
        kept = self.accounts.get()
        self.account = kept.provided.add(
            ProviderAccount(
                type="openai", title="A", address=ADDRESS, sealed=vault.seal(KEY, sealed_for("openai", ADDRESS))
            )
        ).id
        self.channel = kept.channels.add(Channel(title="C", sealed=vault.seal(KEY, SEALED_AS))).id
        OwnTargets(path, env).put(TargetSettings(source="openmetrics", url=ADDRESS, secret=KEY))
        HookSecrets(path, env).put("github", KEY)
        self.links = vault.derived("links")

    def change(self) -> int:
        """Change the key."""
        targets, hooks = OwnTargets(self.path, self.env), HookSecrets(self.path, self.env)
        return change_key(self.path, self.env, self.accounts, targets, hooks).sealed

    def check(self) -> None:
        """See that everything opens, and links are signed as they were."""
        vault, kept, own = Vault(self.path, self.env), self.accounts.get(), OwnTargets(self.path, self.env)
        assert key_of(kept.provided.get("default", self.account), vault, {}) == KEY
        assert vault.unseal(kept.channels.get("default", self.channel).sealed, SEALED_AS) == KEY
        assert own.secret(own.targets[0]) == KEY
        assert HookSecrets(self.path, self.env).of("github") == KEY
        assert vault.derived("links") == self.links


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """A folder with secrets, which holds the same after each test."""
    made = Folder(tmp_path_factory.mktemp("data"), {})
    yield made
    made.accounts.close()


def test_everything_is_sealed_with_the_new_key(folder: Folder) -> None:
    """Keys of accounts, channels, targets and hooks open with the new one alone; revisions and changes stay."""
    before = (folder.path / KEY_FILE).read_bytes()
    changes = folder.accounts.get().changes("default")
    assert folder.change() == 4
    assert (folder.path / KEY_FILE).read_bytes() != before
    assert not (folder.path / OLD_KEY_FILE).exists()
    folder.check()
    assert folder.accounts.get().provided.get("default", folder.account).revision == 1
    assert folder.accounts.get().changes("default") == changes
    folder.change()
    folder.check()


def test_a_change_that_is_broken_off_goes_on(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each write on the way everything opens, and the next change ends what was begun."""
    seal, write, left = Vault.seal, secrets.write_private, 0

    def maybe() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt

    def sealing(self: Vault, secret: str, of: str) -> str:
        maybe()
        return seal(self, secret, of)

    def writing(path: Path, content: bytes) -> None:
        maybe()
        write(path, content)

    for step in range(14):
        left = step
        with monkeypatch.context() as patched:
            patched.setattr(Vault, "seal", sealing)
            patched.setattr(secrets, "write_private", writing)
            with suppress(KeyboardInterrupt):
                folder.change()
        folder.check()
        folder.change()
        folder.check()
        assert not (folder.path / OLD_KEY_FILE).exists()


def test_a_secret_that_nothing_opens_stays_and_is_counted(folder: Folder) -> None:
    """Somebody has to type it again; all others are sealed anew."""
    kept = folder.accounts.get()
    (folder.path / "other").mkdir()
    lost = kept.channels.add(Channel(title="lost", sealed=Vault(folder.path / "other", {}).seal(KEY, SEALED_AS)))
    own, hooks = OwnTargets(folder.path, {}), HookSecrets(folder.path, {})
    found = change_key(folder.path, {}, folder.accounts, own, hooks)
    kept.channels.remove("default", lost.id)
    assert (found.sealed, found.lost) == (4, 1)
    folder.check()


def test_the_key_moves_into_the_environment(folder: Folder) -> None:
    """What the file's key sealed opens meanwhile; afterwards the file is gone."""
    folder.env[VARIABLE] = base64.b64encode(os.urandom(32)).decode()
    folder.check()
    assert folder.change() == 4
    assert not (folder.path / KEY_FILE).exists()
    folder.check()
    folder.env |= {VARIABLE: os.urandom(32).hex(), OLD_VARIABLE: folder.env[VARIABLE]}
    assert folder.change() == 4
    del folder.env[OLD_VARIABLE]
    folder.check()
    # And back into a file.
    folder.env |= {OLD_VARIABLE: folder.env[VARIABLE]}
    del folder.env[VARIABLE]
    assert folder.change() == 4
    del folder.env[OLD_VARIABLE]
    folder.check()


def test_a_variable_that_is_no_key_is_refused_in_words(folder: Folder) -> None:
    """Nothing is sealed with less than 32 bytes; what it says is not quoted."""
    folder.env[VARIABLE] = "hunter2"
    with pytest.raises(ChangeFailed, match=r"TOKOMETER_SECRETS_KEY has to be 32 bytes") as told:
        folder.change()
    del folder.env[VARIABLE]
    assert "hunter2" not in str(told.value)


def test_a_key_does_not_open_at_another_address(folder: Folder) -> None:
    """Whoever changes the row has it sent nowhere else."""
    account = folder.accounts.get().provided.get("default", folder.account)
    with pytest.raises(NoKey):
        key_of(replace(account, address="https://evil.example.com"), Vault(folder.path, {}), {})
