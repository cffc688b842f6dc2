"""Contracts and invoices that the company's own machines read from end to end: few calls, long prompts, no bill."""

from __future__ import annotations

from typing import Any, Final

from tokometer.demo.journal import SECOND, Journal, Prompt
from tokometer.demo.models import VLLM_OSS, VLLM_QWEN

#: Share of the documents that the smaller model reads.
_SMALL: Final = 0.3
#: How much of a model's window a document fills at most.
_FILLED: Final = 0.9


def document(journal: Journal, at: int, moment: float) -> None:  # noqa: ARG001 - every kind of traffic is started alike
    """Write how a few documents are read, from `at` on."""
    rng = journal.rng
    model = VLLM_OSS if rng.random() < _SMALL else VLLM_QWEN
    labels: dict[str, Any] = {
        "workspace": journal.workspace,
        "source": "api",
        "session_id": journal.session_id(),
        "trace_id": journal.trace_id(),
        "project": rng.choice(("contract-review", "invoice-matching")),
        "user": "reader",
        "team": "operations",
        "api_key": "…4ead",
        "endpoint": "/v1/extractions",
        "environment": "production",
    }
    for _ in range(1 + int(rng.expovariate(0.6))):
        size = min(int(journal.heavy(96_000, 0.5)), int(model.window * _FILLED))
        answer = journal.ask(model, at, Prompt(size, estimated=True), labels, length=1.4, stop="stop")
        at = answer.ended_at + int(rng.random() * SECOND)
