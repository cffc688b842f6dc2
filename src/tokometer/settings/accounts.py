"""Where what people make is kept."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlsplit

from msgspec import Struct

from tokometer.settings.keys import Key
from tokometer.settings.reader import Reader

_ADDRESS: Final = "has to be an address of PostgreSQL's: postgresql://USER@HOST/DATABASE"


class AccountsSettings(Struct, frozen=True, kw_only=True):
    """`[accounts]`: where saved views, notes, own dashboards and signed links are kept."""

    url: Annotated[
        str,
        Key(
            "the PostgreSQL database, `postgresql://USER@HOST/DATABASE`, instead of `accounts.db` in the data folder; "
            "its password stands in PGPASSWORD or in `~/.pgpass`, or the whole address in TOKOMETER_ACCOUNTS"
        ),
    ] = ""


def read_accounts(reader: Reader, given: object) -> AccountsSettings:
    """`[accounts]`. The address has no password in it: this file is shown on a page."""
    found = reader.section(AccountsSettings, "accounts", given)
    if not found.url:
        return found
    try:
        parts = urlsplit(found.url)
        password = parts.password
    except ValueError:
        raise reader.error("accounts.url", _ADDRESS) from None
    if parts.scheme not in ("postgresql", "postgres") or not parts.netloc:
        raise reader.error("accounts.url", _ADDRESS)
    if password or "password=" in parts.query:
        raise reader.error("accounts.url", "holds a password; it belongs into PGPASSWORD or ~/.pgpass")
    return found
