"""Demo data: a made-up company's year with models, the same for the same seed, and always labelled as what it is.

Fills every kind of record that there is. May import `ledger` (for `Batch`), `prices` and `records`; imported by `cli`.
"""

from tokometer.demo.history import generate
from tokometer.demo.stream import live

__all__ = ["generate", "live"]
