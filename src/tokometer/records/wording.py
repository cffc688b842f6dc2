"""What messages have in common that differ only in what varies from one time to the next."""

from __future__ import annotations

import re
from typing import Final

#: What varies: an address, an id, a number, a name in quotes.
VARYING: Final = re.compile(
    r"https?://\S+|\b(?=[\w-]*\d)[\w-]{8,}\b|\b0x[0-9a-f]+\b|\d+(?:[.,:]\d+)*|'[^']{1,80}'|\"[^\"]{1,80}\"|`[^`]{1,80}`",
    re.IGNORECASE,
)


def pattern(message: str) -> str:
    """A message without what varies from one time to the next: `…` stands for an id, a number, a name in quotes."""
    return " ".join(VARYING.sub("…", message).split())
