"""Days that are over: only their calls are counted into histograms, so that no commit of today has to count them again.

The day up to which that is done stands in the table `meta`. Every day before it has its histograms, or a quarter hour
that is marked as dirty; later days have none, and are counted in the query.
"""

from __future__ import annotations

from typing import Final

from tokometer.records.time import QUARTER_US

#: The key in `meta`; the value is the first quarter hour of the first day that is not counted.
COUNTED_UNTIL: Final = "histograms_until"
COUNTED_UNTIL_SQL: Final = f"SELECT value FROM meta WHERE key = '{COUNTED_UNTIL}'"
QUARTERS_PER_DAY: Final = 96
#: So long after midnight (UTC) the day before is taken to be complete. What comes later has it counted again.
_LATE_US: Final = 3600 * 1_000_000


def closed_until(now: int) -> int:
    """The first quarter hour of the first day that is not over, at a time in microseconds since the epoch."""
    quarter = (now - _LATE_US) // QUARTER_US
    return quarter - quarter % QUARTERS_PER_DAY
