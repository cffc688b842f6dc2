"""What environment variables say of the ledger: how much memory it may take, and what is wrong with what they say."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final

from tokometer.ledger.protocol import LedgerError

MEMORY: Final = "TOKOMETER_MEMORY"
#: Enough for twenty million calls; DuckDB spills to disk beyond it.
MEMORY_LIMIT: Final = "384MB"
#: With less no query gets anywhere.
_LEAST_MEMORY: Final = 64 * 10**6
_MOST_MEMORY: Final = 10**15
_MEMORY: Final = re.compile(r"\s*(\d{1,9}(?:\.\d{1,3})?)\s*([KMGT]i?)B\s*", re.IGNORECASE | re.ASCII)
_POWERS: Final = "KMGT"


class VariableError(LedgerError):
    """An environment variable says what cannot be meant: which one, and what would be right.

    `reason` goes on after its name: `is no number`.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}")
        self.name = name


def memory_limit(env: Mapping[str, str] = os.environ) -> str:
    """How much memory the ledger may take, in the engine's words: `384MB`.

    Raises:
        VariableError: The variable says no amount of memory, or one that is too small.
    """
    said = env.get(MEMORY, "").strip() or MEMORY_LIMIT
    found = _MEMORY.fullmatch(said)
    if found is None:
        raise VariableError(MEMORY, f"is no amount of memory ({said[:60]!r}); write 384MB, 2GB or 1.5GiB")
    base = 1024 if len(found[2]) > 1 else 1000
    octets = float(found[1]) * base ** (_POWERS.index(found[2][0].upper()) + 1)
    if not _LEAST_MEMORY <= octets <= _MOST_MEMORY:
        raise VariableError(MEMORY, f"is {said}; it takes 64MB to 1000TB")
    return f"{found[1]}{found[2]}B"
