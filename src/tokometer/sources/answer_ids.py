"""The id of an answer, where it stands nowhere but in the answer, which is not kept; or what can stand for one."""

from __future__ import annotations

import re
from collections.abc import Mapping
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


def timed_name(answer: Mapping[str, object]) -> str:
    """A name for an answer of Ollama's, which gives none; empty for any other.

    It says to the nanosecond how long it took, and all who tell of the answer repeat that.
    """
    took = [answer.get(name) for name in ("total_duration", "eval_duration", "prompt_eval_duration")]
    known = [each for each in took if type(each) is int and each > 0]
    return f"ollama-{'-'.join(map(str, known))}" if known and took[0] in known else ""
