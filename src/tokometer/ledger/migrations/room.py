"""Version 2 of the schema: room in the records for labels, places, parts of buckets, and how sure a price is.

A migration names its tables and columns itself: what the code declares today is not what it declared then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tokometer.ledger.migrations import labels
from tokometer.ledger.protocol import Engine
from tokometer.ledger.tables import Column, columns_of

_EVERYWHERE: Final = columns_of("name: machine account region\nint: label_set?")

#: What each table of version 1 gets.
COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "calls": (
        *_EVERYWHERE,
        *columns_of("int: unsplit_tokens?\njson: parts quantities\nname: price_basis\nflag: echo"),
    ),
    **dict.fromkeys(("tools", "runs", "jobs", "samples", "bills"), _EVERYWHERE),
}


def statements(engine: Engine) -> Iterator[str]:
    """The rest of the step; each statement can be run again."""
    yield from labels.statements(engine)
