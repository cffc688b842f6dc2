"""`[accounts]` is read, and no password stands in the file that a page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokometer.settings import SettingsError
from tokometer.settings.file import settings_of


def url(text: str) -> str:
    """The address that a file settles."""
    return settings_of(Path("tokometer.toml"), {"accounts": {"url": text}}).accounts.url


def test_an_address_of_postgresql() -> None:
    """It is kept as it is; without one, what people make stands in the data folder."""
    assert url("postgresql://meter@db.internal:5432/tokometer") == "postgresql://meter@db.internal:5432/tokometer"
    assert settings_of(Path("tokometer.toml"), {}).accounts.url == ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("postgresql://meter:" + "secret@db/tokometer", "holds a password"),
        ("postgresql://db/tokometer?password=" + "secret", "holds a password"),
        ("mysql://meter@db/tokometer", "an address of PostgreSQL"),
        ("tokometer", "an address of PostgreSQL"),
        ("postgresql://[db/tokometer", "an address of PostgreSQL"),
    ],
)
def test_what_is_none(text: str, reason: str) -> None:
    """It is refused, and a password is not repeated."""
    with pytest.raises(SettingsError, match=reason) as told:
        url(text)
    assert told.value.key == "accounts.url"
    assert "secret" not in str(told.value)
