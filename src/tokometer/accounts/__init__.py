"""What people make and decide: views, notes, dashboards, links, budgets, alert rules and more, in an own database.

SQLite in the data folder (`accounts.db`), or PostgreSQL where the settings name one. Opened when something of it is
asked for, which is when SQLAlchemy is loaded. Knows nothing of the ledger, dashboards or HTTP. May import `settings`,
`records` and `host`; imported by `reports`, `server` and `cli`.
"""

from tokometer.accounts.charged import (
    Closing,
    ExchangeRate,
    PriceOverride,
    RateCard,
    Recosting,
    Subscription,
)
from tokometer.accounts.connected import AccountState, ProviderAccount, SyncRun, TopUp, Version
from tokometer.accounts.decided import (
    DENIED,
    Alert,
    Answer,
    Budget,
    Channel,
    Delivery,
    Digest,
    Hardware,
    Objective,
    Rule,
    Series,
)
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
    "DENIED",
    "AccountState",
    "AccountsDamaged",
    "AccountsError",
    "AccountsNewer",
    "AccountsUnavailable",
    "AccountsWhenAsked",
    "Alert",
    "Answer",
    "Board",
    "Budget",
    "Change",
    "Channel",
    "Closing",
    "Delivery",
    "Digest",
    "ExchangeRate",
    "Hardware",
    "Invalid",
    "Link",
    "NotThere",
    "Note",
    "Objective",
    "Outdated",
    "PriceOverride",
    "ProviderAccount",
    "RateCard",
    "Recosting",
    "Rule",
    "SavedView",
    "Series",
    "Subscription",
    "SyncRun",
    "Taken",
    "TopUp",
    "Version",
    "open_accounts",
]
