"""What can go wrong with what people make."""

from __future__ import annotations


class AccountsError(Exception):
    """What people make cannot be read or written; the message says why, and what to do."""


class AccountsUnavailable(AccountsError):
    """The database cannot be reached, or somebody else holds it for too long: to be tried again."""


class AccountsDamaged(AccountsError):
    """The file is not a database, or not a whole one any more."""


class AccountsNewer(AccountsError):
    """A newer Tokometer wrote the database."""


class Invalid(AccountsError):
    """A value cannot be kept: which field, and what would be right."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field
        self.reason = reason


class NotThere(AccountsError):
    """There is no such thing in this workspace."""


class Taken(AccountsError):
    """There is another one of that name."""


class Outdated(AccountsError):
    """Somebody else has changed it since it was read."""
