"""The id that a provider gave its answer, where it stands nowhere but in the answer, which is not kept."""

from __future__ import annotations

import re
from typing import Final

_ID: Final = r"(?:chatcmpl|resp|msg|gen)[-_][A-Za-z0-9_-]{8,80}"
_ITSELF: Final = re.compile(_ID)
_WITHIN: Final = re.compile(rf'"id":\s*"({_ID})"')
#: What stands beyond so many characters is not looked at.
_MOST: Final = 256 << 10


def answer_named(answer: object) -> str:
    """The id of an answer, as JSON text or as an object; empty where there is none that a provider gives."""
    if isinstance(answer, dict):
        name = answer.get("id")
        return name if isinstance(name, str) and _ITSELF.fullmatch(name) else ""
    found = _WITHIN.search(answer, 0, _MOST) if isinstance(answer, str) else None
    return found[1] if found else ""
