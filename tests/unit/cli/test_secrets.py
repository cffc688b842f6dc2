"""`tokometer secrets rotate` of several servers that share the accounts of a PostgreSQL: no key is lost, ever."""

from __future__ import annotations

import base64
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from servers.postgres import PASSWORD, PROGRAMS, Server, postgres
from servers.whole import environment, running
from tokometer.accounts import AccountsWhenAsked, ProviderAccount
from tokometer.accounts.accounts import Accounts
from tokometer.accounts.sealing import key_of, sealed_for
from tokometer.host.secrets import OLD_VARIABLE, VARIABLE, Vault
from unit.cli.conftest import COMMAND, Shell

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="there is no PostgreSQL: sh tools/debian.sh postgresql")
_ADDRESS = "https://api.example.com"
_BEFORE = {VARIABLE: base64.b64encode(b"1" * 32).decode()}
_AFTER = {VARIABLE: base64.b64encode(b"2" * 32).decode()}
_MEANWHILE = {**_AFTER, OLD_VARIABLE: _BEFORE[VARIABLE]}
_ACCOUNTS = 6
#: Rotates as the command does, and is killed at the so-manieth secret, before that is written.
_KILLED = """
import os, signal, sys
from tokometer.accounts import sealing
from tokometer.cli.app import run
left = int(sys.argv[1])
seal = sealing.Vault.seal
def counted(self, secret, of):
    global left
    if of.startswith("account"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return seal(self, secret, of)
sealing.Vault.seal = counted
sys.exit(run(["secrets", "rotate", "--data", sys.argv[2]]))
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    """The database."""
    with postgres() as one:
        yield one


class Sharing:
    """Those who share it: a folder each, and what was sealed by any of them."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.folder = folder
        self.url = server.url.replace("meter@", f"meter:{PASSWORD}@")
        self.keys: dict[str, str] = {}
        self.lock = threading.Lock()

    def env(self, **more: str) -> dict[str, str]:
        """What one of them is started with."""
        return {"TOKOMETER_ACCOUNTS": self.url, "TOKOMETER_GRPC_PORT": "off", **more}

    def add(self, kept: Accounts, vault: Vault, title: str) -> None:
        """Have one of them seal a key."""
        key = f"sk-{'admin'}-{title}-{'q' * 24}"
        sealed = vault.seal(key, sealed_for("openai", _ADDRESS))
        made = kept.provided.add(ProviderAccount(type="openai", title=title, address=_ADDRESS, sealed=sealed))
        with self.lock:
            self.keys[made.id] = key

    def opened(self, keys: dict[str, str]) -> dict[str, str]:
        """All keys as somebody reads them who has these of ours."""
        with closing(AccountsWhenAsked(self.folder, lambda: self.url)) as accounts:
            kept, vault = accounts.get().provided, Vault(self.folder / "nobody", keys)
            return {one.id: key_of(one, vault, {}) for one in kept.all("default")}


def test_servers_that_share_accounts_lose_no_key(shared: Server, tmp_path: Path) -> None:
    """Killed at any secret, two at once, one of them a running server, while a third still seals with the key before.

    Whoever has both keys opens everything at each moment; in the end the new one opens all by itself.
    """
    sharing = Sharing(shared, tmp_path)
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    for folder in (first, second, third):
        folder.mkdir(0o700)
    with closing(AccountsWhenAsked(third, lambda: sharing.url)) as accounts:
        kept, late = accounts.get(), Vault(third, _BEFORE)
        for number in range(_ACCOUNTS):
            sharing.add(kept, late, f"early-{number}")
        for left in (0, 1, 2):
            killed = [sys.executable, "-c", _KILLED, str(left), str(first)]
            env = environment(tmp_path) | sharing.env(**_MEANWHILE)
            done = subprocess.run(killed, env=env, capture_output=True, timeout=60, check=False)
            assert done.returncode == -9, done.stderr
            assert sharing.opened(_MEANWHILE) == sharing.keys
        with running(second, tmp_path / "home", env=sharing.env(**_MEANWHILE)):
            both = [
                subprocess.Popen(
                    [COMMAND, "secrets", "rotate", "--data", str(folder)],
                    env=environment(tmp_path) | sharing.env(**_MEANWHILE),
                    stdout=subprocess.PIPE,
                    text=True,
                )
                for folder in (first, second)
            ]
            for number in range(_ACCOUNTS):
                sharing.add(kept, late, f"late-{number}")
                assert sharing.opened(_MEANWHILE) == sharing.keys
            for process in both:
                said, _ = process.communicate(timeout=60)
                assert process.returncode == 0
                assert "sealed anew; the key is in the environment" in said
                assert "no key opens" not in said
        # The third has been started anew with both keys: what it sealed until then is sealed anew by whoever is asked.
        shell = Shell(tmp_path)
        for _ in range(2):
            assert "no key opens" not in shell.run("secrets", "rotate", **sharing.env(**_MEANWHILE)).stdout
    assert len(sharing.keys) == 2 * _ACCOUNTS
    assert sharing.opened(_AFTER) == sharing.keys


def test_who_has_only_the_key_before_harms_nothing(shared: Server, tmp_path: Path) -> None:
    """A server that was not started anew counts what it cannot open, and leaves it as it is."""
    sharing = Sharing(shared, tmp_path)
    with closing(AccountsWhenAsked(tmp_path, lambda: sharing.url)) as accounts:
        for one in accounts.get().provided.all("default"):
            accounts.get().provided.remove("default", one.id)
        sharing.add(accounts.get(), Vault(tmp_path, _AFTER), "new")
    done = Shell(tmp_path).run("secrets", "rotate", **sharing.env(**_BEFORE))
    assert "1 secret no key opens, left as before" in done.stdout
    assert sharing.opened(_AFTER) == sharing.keys


def test_alone_and_with_a_server(tmp_path: Path) -> None:
    """In a folder without secrets there is nothing to seal anew, and the key is made; a server does the same itself."""
    shell = Shell(tmp_path)
    assert shell.run("secrets", "rotate").stdout == "0 secrets sealed anew; the key is in secrets.key.\n"
    with running(shell.data, tmp_path / "home"):
        assert shell.run("secrets", "rotate").stdout == "0 secrets sealed anew; the key is in secrets.key.\n"
    assert not (shell.data / "secrets.key.old").exists()
