"""Under what a call ran, as far as it was said: model, provider and service tier."""

from __future__ import annotations

import re
from typing import Any, Final

from tokometer.records.redaction import masked
from tokometer.sources.codex.state import State

#: What ran in the first releases, which counted tokens and did not say of which model.
FIRST_MODEL: Final = "gpt-5"
FALLBACK_PROVIDER: Final = "openai"
#: Codex counts tokens in rollouts since 6 Sep 2025 (openai/codex commit 0269096) and names the model in a
#: `turn_context` since openai/codex#3444 (opened 10 Sep 2025, released with 0.36); until the end of that month some
#: builds left it out (ccusage, docs/guide/codex: "early September 2025 logs"). So a thread of a release before this
#: one, or that began before this time, ran what was Codex's default then; of any other the model is not known.
_NAMING: Final = (0, 36)
_FIRST_UNTIL: Final = 1_759_276_800_000_000  # 2025-10-01T00:00Z in µs since the epoch
#: What a build from source calls its release.
_UNRELEASED: Final = (0, 0)

#: What Codex calls a tier → what it asks the API for, which is what price lists know; empty is the standard one.
_TIERS: Final = {
    "": "",
    "auto": "",
    "default": "",
    "standard": "",
    "fast": "priority",
    "priority": "priority",
    "flex": "flex",
    "batch": "batch",
}


def tier_of(setting: str) -> str:
    """The API's name of a service tier; empty for the standard one. A word that nobody knows stays as it is."""
    word = masked(setting.strip()).lower()
    return _TIERS.get(word, word)


def is_known_tier(setting: str) -> bool:
    """Whether a word for a tier means something to us."""
    return setting.strip().lower() in _TIERS


def said(*values: Any) -> str:  # noqa: ANN401 - whatever JSON value stood there
    """The first of some values that says anything in words; empty where none does."""
    return next((value for value in values if isinstance(value, str) and value.strip()), "")


def model_of(state: State, at: int) -> str:
    """The model of a call made at `at` (µs since the epoch); empty where nobody said and nobody can know."""
    if state.model or not _is_codex(state.client):
        return state.model
    release = release_of(state.release)
    early = _UNRELEASED < release < _NAMING
    return FIRST_MODEL if early or (state.began or at) < _FIRST_UNTIL else ""


def provider_of_call(state: State) -> str:
    """Who answered; Codex asks OpenAI where it says nothing else, of other programs it is not known."""
    return state.provider or (FALLBACK_PROVIDER if _is_codex(state.client) else "")


def writer_of(state: State) -> str:
    """Which program wrote a rollout, for people: `codex_cli_rs 0.155.0`."""
    return f"{state.client or 'codex'} {state.release}".strip()


def release_of(text: str) -> tuple[int, ...]:
    """The first two numbers of a version, or nothing."""
    found = re.match(r"(\d{1,9})\.(\d{1,9})", text)
    return (int(found[1]), int(found[2])) if found else ()


def _is_codex(client: str) -> bool:
    """Whether a rollout was written by one of Codex's own programs (`codex_cli_rs`, `codex_exec`, `Codex Desktop`)."""
    return not client or client.lower().startswith("codex")
