"""What providers say of the use of them: their usage reports, bills and balances, as records.

One package for each kind of account, which declares an :class:`AccountKind`; :data:`KINDS` finds them all. May import
`sources` (what reads answers) and `records`; imported by `collect`, which asks, and by whatever shows accounts. Knows
nothing of storage, keys or clocks.
"""

from tokometer.statements.protocol import AccountKind, Asked, Balance, Key, Of, Option, Portion, Report, Stated
from tokometer.statements.registry import KINDS, kind_named

__all__ = [
    "KINDS",
    "AccountKind",
    "Asked",
    "Balance",
    "Key",
    "Of",
    "Option",
    "Portion",
    "Report",
    "Stated",
    "kind_named",
]
