"""A database of each kind that people's things are kept in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from servers.postgres import PROGRAMS, answering
from tokometer.accounts import open_accounts
from tokometer.accounts.accounts import Accounts


@pytest.fixture(
    scope="module",
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.skipif(not PROGRAMS, reason="there is no PostgreSQL here")),
    ],
)
def accounts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    """One for all tests of a module, each of which has a workspace or names of its own."""
    folder: Path = tmp_path_factory.mktemp("accounts")
    if request.param == "sqlite":
        one = open_accounts(folder)
        yield one
        one.close()
        return
    with answering() as server:
        one = open_accounts(folder, server.url)
        yield one
        one.close()
