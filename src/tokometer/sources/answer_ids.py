"""The id of an answer, where it stands nowhere but in the answer, which is not kept; or what can stand for one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

#: As OpenAI, Anthropic and OpenRouter make them; LiteLLM packs those of responses into longer ones.
_ID: Final = r"(?:chatcmpl|resp|msg|gen)[-_][A-Za-z0-9_=-]{8,400}"
_ITSELF: Final = re.compile(_ID)
_WITHIN: Final = re.compile(rf'"id":\s*"({_ID})"')
#: Other servers that speak like OpenAI have ids of their own: they stand first, in what says that it is an answer.
_OTHER: Final = r"[A-Za-z0-9_.:=-]{8,400}"
_OTHER_ITSELF: Final = re.compile(_OTHER)
_FIRST: Final = re.compile(rf'\s*\{{\s*"id":\s*"({_OTHER})"')
_ANSWERS: Final = ("chat.completion", "text_completion", "response")
_ANSWER: Final = re.compile(rf'"object":\s*"(?:{"|".join(map(re.escape, _ANSWERS))})"')
#: What stands beyond so many characters is not looked at.
_MOST: Final = 256 << 10


def answer_named(answer: object) -> str:
    """The id of an answer, as JSON text or as an object; empty where there is none that a provider gives."""
    if isinstance(answer, dict):
        name = answer.get("id")
        form = _OTHER_ITSELF if answer.get("object") in _ANSWERS else _ITSELF
        return name if isinstance(name, str) and form.fullmatch(name) else ""
    if not isinstance(answer, str):
        return ""
    found = _FIRST.match(answer)
    if found is None or not _ANSWER.search(answer, 0, _MOST):
        found = _WITHIN.search(answer, 0, _MOST)
    return found[1] if found else ""


def timed_name(answer: Mapping[str, object]) -> str:
    """A name for an answer of Ollama's, which gives none; empty for any other.

    It says to the nanosecond how long it took, and all who tell of the answer repeat that.
    """
    took = [answer.get(name) for name in ("total_duration", "eval_duration", "prompt_eval_duration")]
    known = [each for each in took if type(each) is int and each > 0]
    return f"ollama-{'-'.join(map(str, known))}" if known and took[0] in known else ""
