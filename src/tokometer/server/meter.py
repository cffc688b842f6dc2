"""What `/metrics` has to remember: counters that never go back, and which names have series of their own."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Final

#: Pairs of provider and model with series of their own; later ones share one named `other`.
MOST_PAIRS: Final = 200
#: Providers with histograms of their own.
MOST_PROVIDERS: Final = 40
OTHER: Final = "other"
UNKNOWN: Final = "unknown"
Number = int | float | Decimal


class Meter:
    """Counters by series. Whoever scrapes at the same time is told the same or more.

    What the ledger says of the past can become less (a record is corrected, a price changes). A counter that went back
    would be a restart to Prometheus, which then counts all of it again: so it stays until the ledger has caught up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._highest: dict[tuple[str, str], Number] = {}
        self._named: dict[str, dict[tuple[str, ...], None]] = {}

    def raised(self, metric: str, labels: str, value: Number) -> Number:
        """The highest value that the series ever had, this one included."""
        with self._lock:
            found = max(self._highest.get((metric, labels), value), value)
            self._highest[metric, labels] = found
        return found

    def place(self, kind: str, key: tuple[str, ...], most: int) -> tuple[str, ...]:
        """The series of a key: its own as long as there is room, and then for good; else that of all others."""
        with self._lock:
            named = self._named.setdefault(kind, {})
            if key not in named and len(named) >= most:
                return (OTHER,) * len(key)
            named[key] = None
        return tuple(part or UNKNOWN for part in key)
