"""The samplings that one answer of Anthropic's was made of: `usage.iterations`.

The top of the usage leaves out what summing up a long conversation took (`compaction`), which is billed with the
request. Samplings of other models (`advisor_message`, `fallback_message`) are calls of their own, which only who has
the whole answer can make: `sources.claude_code.runs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

_ITERATIONS: Final = "iterations"
_COUNTS: Final = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_LIFETIMES: Final = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
_OWN: Final = "message"
_SUMMARY: Final = "compaction"


def whole(given: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """A usage object with all samplings of its own model, and whether there are others, or some that do not add up."""
    listed = given.get(_ITERATIONS)
    if not isinstance(listed, list) or not listed:
        return given, False
    runs = [run for run in listed if isinstance(run, Mapping)]
    own = [run for run in runs if run.get("type", _OWN) == _OWN]
    summaries = [run for run in runs if run.get("type") == _SUMMARY]
    strange = len(own) + len(summaries) < len(listed)
    top = _sums([given])
    if not summaries or _sums([*own, *summaries]) == top:
        return given, strange
    if own and _sums(own) != top:
        return given, True
    added: dict[str, Any] = {key: value for key, value in given.items() if key != _ITERATIONS}
    for key in _COUNTS:
        added[key] = _count(given, key) + sum(_count(run, key) for run in summaries)
    held = given.get("cache_creation")
    if isinstance(held, Mapping):
        lifetimes = [run.get("cache_creation") for run in summaries]
        added["cache_creation"] = {
            key: _count(held, key) + sum(_count(one, key) for one in lifetimes if isinstance(one, Mapping))
            for key in _LIFETIMES
        }
    return added, strange


def _sums(runs: Iterable[Mapping[str, Any]]) -> list[int]:
    listed = list(runs)
    return [sum(_count(run, key) for run in listed) for key in _COUNTS]


def _count(run: Mapping[str, Any], key: str) -> int:
    value = run.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
