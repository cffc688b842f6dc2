"""What is not kept for good: which records go when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tokometer.ledger.environment import VariableError
from tokometer.ledger.protocol import Ledger
from tokometer.records.time import QUARTER_US

#: What may be dropped, and after how many days it is. Calls are never: rollups and totals rest on them.
KEPT_DAYS: Final[dict[str, int]] = {"logs": 14, "error_details": 7, "notices": 90}
_VARIABLES: Final = {"logs": "TOKOMETER_KEEP_LOGS", "error_details": "TOKOMETER_KEEP_ERROR_DETAILS"}
_BODIES: Final = "TOKOMETER_KEEP_BODIES"
_FOREVER: Final = "forever"
_DAY_US: Final = 96 * QUARTER_US
_MOST_DAYS: Final = 36_500

#: Table → days for which its rows are kept; what is not named is kept for good.
Kept = Mapping[str, int]


def kept_days(env: Mapping[str, str]) -> dict[str, int]:
    """How long what is not kept for good is kept, as the environment says.

    Raises:
        VariableError: A variable is no number of days.
    """
    kept = dict(KEPT_DAYS)
    for table, variable in _VARIABLES.items():
        said = env.get(variable, "").strip().lower()
        if said == _FOREVER:
            del kept[table]
        elif said:
            if not (said.isascii() and said.isdigit() and 1 <= int(said) <= _MOST_DAYS):
                raise VariableError(variable, f"is not a number of days: write 1 to {_MOST_DAYS:,}, or {_FOREVER}")
            kept[table] = int(said)
    return kept


def bodies_kept(env: Mapping[str, str]) -> bool:
    """Whether requests and responses that come with details of errors are kept. They hold prompts, so not unless asked.

    Raises:
        VariableError: The variable says neither yes nor no.
    """
    said = env.get(_BODIES, "").strip().lower()
    if said in ("on", "yes", "true", "1"):
        return True
    if said in ("", "off", "no", "false", "0"):
        return False
    raise VariableError(_BODIES, "is neither on nor off")


def drop_old(ledger: Ledger, kept: Kept, now: int) -> dict[str, int]:
    """Drop what has been kept long enough at `now` (microseconds); how many rows that were, by table."""
    return {table: ledger.prune(table, now - days * _DAY_US) for table, days in kept.items()}
