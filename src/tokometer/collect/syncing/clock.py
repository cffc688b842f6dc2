"""Time, as syncing sees it: tests let years pass at once."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


class Clock:
    """The real one."""

    def now(self) -> datetime:
        """The time, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def wait(self, seconds: float, until: threading.Event) -> bool:
        """Let so many seconds pass, fewer where an event is set; whether it is."""
        return until.wait(max(0.0, seconds))
