"""The GenAI semantic conventions' events (open-telemetry/semantic-conventions-genai, in development).

Events with what was said (`gen_ai.user.message`, `gen_ai.choice`) hold prompts and answers; nothing of them is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tokometer.sources.otlp.events.declared import SCORE, Event, EventDialect, failed, nothing

_SAID: Final = frozenset({"input", "output", "total", "response_id"})


def _answered(found: Mapping[str, Any]) -> bool:
    return not found.keys().isdisjoint(_SAID) or failed(found)


GENAI: Final = EventDialect(
    title="conventions",
    prefix="gen_ai.",
    attributes={
        "score_name": "gen_ai.evaluation.name",
        "score_value": "gen_ai.evaluation.score.value",
        "score_label": "gen_ai.evaluation.score.label",
        "score_comment": "gen_ai.evaluation.explanation",
    },
    events={
        "client.inference.operation.details": Event("call", _answered),
        "evaluation.result": SCORE,
        **nothing(
            "user.message system.message assistant.message tool.message choice content.prompt content.completion "
            "client.operation.exception"
        ),
    },
    notes="an event of an operation stands below the span that it was written in, and counts once with it",
)
