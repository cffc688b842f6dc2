"""Secrets at rest open only with their key, and only for what they were sealed for."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tokometer.host.secrets import KEY_FILE, SecretLost, Vault


def test_what_was_sealed_opens_again(tmp_path: Path) -> None:
    """Also with another vault of the same folder; the text holds nothing of the secret."""
    sealed = Vault(tmp_path).seal("päss:word", "of this")
    assert "word" not in sealed
    assert Vault(tmp_path).unseal(sealed, "of this") == "päss:word"


def test_the_key_is_for_its_user_alone(tmp_path: Path) -> None:
    """Nobody else may read it."""
    Vault(tmp_path).seal("x", "y")
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_the_same_secret_is_sealed_differently_each_time(tmp_path: Path) -> None:
    """Nobody sees that two are the same."""
    vault = Vault(tmp_path)
    assert vault.seal("x", "y") != vault.seal("x", "y")


def test_what_was_sealed_for_something_else_does_not_open(tmp_path: Path) -> None:
    """Whoever changes where a secret goes does not get it."""
    sealed = Vault(tmp_path).seal("x", "here")
    with pytest.raises(SecretLost):
        Vault(tmp_path).unseal(sealed, "there")


@pytest.mark.parametrize("key", [None, b"", b"x" * 32])
def test_without_its_key_a_secret_is_lost(tmp_path: Path, key: bytes | None) -> None:
    """A copy without the key is worth nothing, and it is told that it has to be typed again."""
    sealed = Vault(tmp_path).seal("x", "y")
    (tmp_path / KEY_FILE).unlink()
    if key is not None:
        (tmp_path / KEY_FILE).write_bytes(key)
    with pytest.raises(SecretLost, match="type it again"):
        Vault(tmp_path).unseal(sealed, "y")


@pytest.mark.parametrize("sealed", ["", "v1:", "v1:???", "v1:AAAA", "plain"])
def test_what_is_none_does_not_open(tmp_path: Path, sealed: str) -> None:
    """A file that somebody has changed is no way in, and no crash."""
    Vault(tmp_path).seal("x", "y")
    with pytest.raises(SecretLost):
        Vault(tmp_path).unseal(sealed, "y")
