"""What people make: saved views, notes, dashboards of their own and signed links, in a database of its own.

SQLite in the data folder (`accounts.db`), or PostgreSQL where the settings name one. Opened when something of it is
asked for, which is when SQLAlchemy is loaded. Knows nothing of the ledger, dashboards or HTTP. May import `settings`,
`records` and `host`; imported by `reports`, `server` and `cli`.
"""

from tokometer.accounts.errors import (
    AccountsDamaged,
    AccountsError,
    AccountsNewer,
    AccountsUnavailable,
    Invalid,
    NotThere,
    Outdated,
    Taken,
)
from tokometer.accounts.opening import AccountsWhenAsked, open_accounts
from tokometer.accounts.values import Board, Change, Link, Note, SavedView

__all__ = [
    "AccountsDamaged",
    "AccountsError",
    "AccountsNewer",
    "AccountsUnavailable",
    "AccountsWhenAsked",
    "Board",
    "Change",
    "Invalid",
    "Link",
    "NotThere",
    "Note",
    "Outdated",
    "SavedView",
    "Taken",
    "open_accounts",
]
