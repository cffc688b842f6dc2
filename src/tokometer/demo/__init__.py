"""Demo data: a made-up company's history with models, the same for the same seed, and always labelled as what it is.

Fills every kind of record that there is, and what people decide (`deciding`). May import `alerting`, `collect`,
`ledger`, `accounts`, `prices`, `settings` and `records`; used by `server` (which plays it on) and `cli`.
"""

from tokometer.demo.history import generate
from tokometer.demo.policy import Spending
from tokometer.demo.stream import live

__all__ = ["Spending", "generate", "live"]
