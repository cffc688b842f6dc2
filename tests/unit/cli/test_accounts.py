"""`tokometer accounts`: with a server, against a made-up provider, and without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from providers.openai import OpenAI
from providers.serving import serving
from servers import forked
from servers.whole import running
from unit.cli.conftest import COMMAND, Shell

_YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


class Holder(Shell):
    """A user whose server runs and who has an account with a provider."""

    def __init__(self, home: Path, provider: OpenAI, address: str) -> None:
        super().__init__(home)
        self.provider = provider
        self.address = f"{address}/v1"

    def accounts(self, *arguments: str, given: str = "", code: int = 0, **env: str) -> str:
        """Run `tokometer accounts …` with something on its standard input; what it says, errors last."""
        done = forked.run(
            [COMMAND, "accounts", *arguments],
            env={**self.env, **env},
            input=given,
            text=True,
            timeout=120,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, (done.returncode, said)
        assert self.provider.key not in said
        return said

    def add(self, title: str, *more: str, **named: Any) -> str:
        """Connect an account of that title."""
        given = named.pop("given", f"{self.provider.key}\n")
        return self.accounts("add", "openai", "--title", title, "--address", self.address, *more, given=given, **named)

    def one(self, title: str) -> dict[str, Any]:
        """An account as `list --json` has it."""
        found = json.loads(self.accounts("list", "--json"))
        return next(one for one in found if one["title"] == title)


@pytest.fixture(scope="module")
def holder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holder]:
    """One for all tests; each has accounts of its own."""
    home = tmp_path_factory.mktemp("holder")
    provider = OpenAI()
    provider.charge(_YESTERDAY, "1.25", line_item="gpt-5, input", project_id="proj_a")
    with ExitStack() as stack:
        made = Holder(home, provider, stack.enter_context(serving(provider)))
        stack.enter_context(running(made.data, home))
        yield made


def test_an_account_is_added_tested_synced_paused_and_removed(holder: Holder) -> None:
    """Each says in a line what came of it; the key is read from standard input and is shown nowhere."""
    assert holder.add("Main") == "Main is connected, and answers; its first sync begins.\n"
    assert holder.accounts("test", "Main") == "Main answers.\n"
    said = holder.accounts("sync", "Main")
    assert said.startswith("Main: Done; lines: ")
    assert "0 refused; " in said
    assert "Main (OpenAI): Connected; balance not known; " in holder.accounts("list")
    assert holder.accounts("pause", "Main") == "Main is paused.\n"
    assert (holder.one("Main")["state"], holder.one("Main")["due"]) == ("Paused", None)
    assert holder.accounts("sync", "Main", "--no-wait") == "Main is being synced.\n"
    assert holder.accounts("resume", "Main") == "Main is synced by itself again.\n"
    assert not holder.one("Main")["paused"]
    # Nobody is there to say yes.
    assert "with its key? What it has stated stays" in holder.accounts("remove", "Main", code=130)
    assert holder.one("Main")["title"] == "Main"
    assert holder.accounts("remove", holder.one("Main")["id"], "--yes") == (
        "Main is removed; what it has stated stays.\n"
    )
    assert "there is no account 'Main'" in holder.accounts("test", "Main", code=2)


def test_a_key_is_replaced_once_another_is_taken(holder: Holder) -> None:
    """One that is refused changes nothing; a key may stand in a variable of this shell or of the server's."""
    holder.add("Kept")
    before = holder.one("Kept")
    refused = holder.accounts("key", "Kept", given="sk-" + "admin-" + "wrong-" * 4, code=2)
    assert "401" in refused
    assert "is not set" in holder.accounts("key", "Kept", "--key-env", "NOT_THERE", code=2)
    assert "no key was given" in holder.accounts("key", "Kept", code=2)
    assert holder.one("Kept")["revision"] == before["revision"]
    said = holder.accounts("key", "Kept", "--key-env", "OURS", OURS=holder.provider.key)
    assert said == "Kept has another key, which it answers to.\n"
    assert holder.one("Kept")["revision"] == before["revision"] + 1
    # It may be kept untested, and then the sync says what is wrong with it and ends with 1.
    holder.accounts("key", "Kept", "--untested", given="sk-" + "admin-" + "wrong-" * 4)
    failed = holder.accounts("sync", "Kept", code=1)
    assert "Kept: Failed" in failed
    assert "wants a key" in failed
    assert "Replace the key" in holder.accounts("list")


def test_what_cannot_be_added_is_said(holder: Holder) -> None:
    """A kind that there is not, an option without a value, a key that is refused: nothing of it is kept."""
    before = len(json.loads(holder.accounts("list", "--json")))
    assert "there is no kind 'opnai'; there are anthropic, " in holder.accounts("add", "opnai", code=2)
    assert "--option takes NAME=VALUE" in holder.add("Not", "--option", "organisation", code=2)
    assert "401" in holder.add("Not", given="sk-" + "admin-" + "wrong-" * 4, code=2)
    assert len(json.loads(holder.accounts("list", "--json"))) == before
    assert "openai: " in holder.accounts("kinds")
    assert {one["type"] for one in json.loads(holder.accounts("kinds", "--json"))} > {"openai", "anthropic", "focus"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("kinds",),
        ("add", "openai"),
        ("test", "Main"),
        ("sync", "Main"),
        ("key", "Main"),
        ("pause", "Main"),
        ("resume", "Main"),
        ("remove", "Main", "--yes"),
    ],
)
def test_without_a_server_it_is_said_what_to_do(shell: Shell, arguments: tuple[str, ...]) -> None:
    """In a line, and nothing is made or asked for."""
    done = shell.run("accounts", *arguments, code=3)
    assert done.stdout == ""
    assert done.stderr == (
        f"Error: no server runs on {shell.data}: accounts are synced by one. Start it with tokometer serve\n"
    )
    assert not shell.data.exists()
