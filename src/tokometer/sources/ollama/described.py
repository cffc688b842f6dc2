"""What `/api/show` says a model is: its size, its context, what it can do, under which licence."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import msgspec

#: What a model can do, in Ollama's words.
CAPABILITIES: Final = ("completion", "tools", "vision", "insert", "thinking", "embedding", "image", "audio")
_MOST: Final = 2**53
_LONGEST: Final = 80
#: Licences by how their texts begin, where nothing names them.
_LICENCES: Final = (
    (re.compile(r"apache license", re.IGNORECASE), "apache-2.0"),
    (re.compile(r"mit license", re.IGNORECASE), "mit"),
    (re.compile(r"llama ([\d.]+) community license", re.IGNORECASE), "llama{}"),
    (re.compile(r"gemma terms of use", re.IGNORECASE), "gemma"),
)
#: Of the text of a licence that is looked at (characters).
_HEAD: Final = 400


class Described(msgspec.Struct, array_like=True):
    """A model, as far as it says."""

    title: str = ""
    family: str = ""
    parameters: int | None = None
    context_window: int | None = None
    capabilities: list[str] = msgspec.field(default_factory=list)
    #: What it can do that no rule knows.
    unknown: list[str] = msgspec.field(default_factory=list)
    licence: str = ""
    #: How it is set up by itself: `temperature 0.7, num_ctx 8192`.
    settings: str = ""


def described(answer: Any) -> Described:  # noqa: ANN401 - any JSON
    """What an answer of `/api/show` says; what is not as it should be is not known."""
    answer = answer if isinstance(answer, dict) else {}
    info = answer.get("model_info")
    info = info if isinstance(info, dict) else {}
    family = info.get("general.architecture")
    family = family if isinstance(family, str) else ""
    told = answer.get("capabilities")
    can = [word[:_LONGEST] for word in told if isinstance(word, str)] if isinstance(told, list) else []
    return Described(
        title=_text(info.get("general.name")) or _text(info.get("general.basename")),
        family=family,
        parameters=_count(info.get("general.parameter_count")),
        context_window=_count(info.get(f"{family}.context_length")),
        capabilities=can,
        unknown=[word for word in can if word not in CAPABILITIES],
        licence=_licence(info.get("general.license"), answer.get("license")),
        settings=_settings(answer.get("parameters")),
    )


def yes_no(model: Described, word: str) -> Literal["yes", "no", ""]:
    """Whether a model can do something; empty where it does not say what it can do (before Ollama 0.6.4)."""
    if not model.capabilities:
        return ""
    return "yes" if word in model.capabilities else "no"


def _text(value: object) -> str:
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST else None


def _licence(named: object, text: object) -> str:
    if _text(named):
        return _text(named)
    text = text[0] if isinstance(text, list) and text else text
    if not isinstance(text, str):
        return ""
    head = text[:_HEAD]
    for pattern, name in _LICENCES:
        found = pattern.search(head)
        if found:
            return name.format(*found.groups())
    # The first line that says anything; the text itself is nobody's label.
    return next((line.strip()[:_LONGEST] for line in head.splitlines() if line.strip()), "")


def _settings(told: object) -> str:
    """Numbers that a model is set up with; what it stops at is text of prompts."""
    if not isinstance(told, str):
        return ""
    pairs = (line.split(maxsplit=1) for line in told.splitlines())
    return ", ".join(
        f"{pair[0]} {pair[1].strip()}" for pair in pairs if len(pair) > 1 and re.fullmatch(r"-?[\d.]+", pair[1].strip())
    )[: 2 * _LONGEST]
