"""What people decide, over the settings of the file."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from msgspec.structs import replace

from tokometer.accounts import AccountsWhenAsked
from tokometer.server.decided import Decided
from tokometer.settings import Settings


def test_what_changes_while_it_is_read_is_read_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget that is made while another request reads those before it does not stay unknown."""
    accounts = SimpleNamespace(version=(1, ""), trouble="")
    decided = Decided(cast("AccountsWhenAsked", accounts), "default", lambda: None)
    file = Settings()
    late = replace(file, own_accounts=())
    told = [file, late]

    def read(_: Settings) -> Settings:
        found = told.pop(0)
        if told:
            accounts.version = (2, "")  # somebody changes something just after it was read
        return found

    monkeypatch.setattr(decided, "_read", read)
    decided.over(file)
    assert decided.known(file) is None
    decided.over(file)
    assert told == []
    assert decided.known(file) is not None
