"""Conversations with the company's assistant, often about a knowledge base, and what fills those bases."""

from __future__ import annotations

from typing import Any, Final

from tokometer.demo.company import KNOWLEDGE_BASES, Person
from tokometer.demo.journal import MINUTE, SECOND, Journal, Prompt
from tokometer.demo.models import ASSISTANT, EMBEDDERS

#: Share of conversations about a knowledge base.
_INFORMED: Final = 0.62
_MOST_TURNS: Final = 14
_BASES: Final = [name for name, _, _ in KNOWLEDGE_BASES]
_CHUNKS: Final = [chunks for _, _, chunks in KNOWLEDGE_BASES]


def conversation(journal: Journal, at: int, moment: float, person: Person) -> None:
    """Write one conversation that starts at `at`."""
    rng = journal.rng
    model = ASSISTANT.pick(rng.random(), moment)
    base = rng.choice(person.team.knowledge) if rng.random() < _INFORMED else ""
    labels: dict[str, Any] = {
        "workspace": journal.workspace,
        "source": "otlp",
        "session_id": journal.session_id(),
        "project": "assistant",
        "user": person.name,
        "team": person.team.name,
        "api_key": person.api_key,
        "endpoint": "/api/assistant/messages",
        "environment": "production",
        "knowledge_base": base,
    }
    size = 900 + int(journal.heavy(400, 0.6))
    embedder = EMBEDDERS.pick(rng.random(), moment)
    for _ in range(1 + min(int(rng.expovariate(0.32)), _MOST_TURNS)):
        labels["trace_id"] = journal.trace_id()
        question = int(journal.heavy(70, 0.9)) + 4
        if base:
            found = journal.ask(
                embedder,
                at,
                Prompt(question),
                {**labels, "operation": "embeddings", "endpoint": "/api/assistant/search"},
            )
            at = found.ended_at
            question += int(journal.heavy(2_400, 0.4))
        # What was said before is cached in whole blocks, where the provider caches at all.
        cached = size // 1_024 * 1_024 if size > question else 0
        prompt = Prompt(size + question - cached, cached, kept=question, estimated=True)
        answer = journal.ask(model, at, prompt, labels, length=1.25, stop="stop", user_messages=1)
        size = min(size + question + answer.output, int(model.window * 0.8))
        at = answer.ended_at + journal.wait(MINUTE) + 4 * SECOND


def embedding(journal: Journal, at: int, moment: float) -> None:
    """Write one run of documents through an embedding model, into a knowledge base."""
    rng = journal.rng
    model = EMBEDDERS.pick(rng.random(), moment)
    labels: dict[str, Any] = {
        "workspace": journal.workspace,
        "source": "api",
        "operation": "embeddings",
        "project": "retrieval",
        "user": "indexer",
        "team": "research",
        "api_key": "…1dx0",
        "endpoint": "/v1/embeddings",
        "environment": "production",
        "knowledge_base": rng.choices(_BASES, _CHUNKS)[0],
        "trace_id": journal.trace_id(),
    }
    for _ in range(1 + int(rng.expovariate(0.2))):
        size = min(int(journal.heavy(3_800, 0.6)), model.window)
        at = journal.ask(model, at, Prompt(size, estimated=True), labels).ended_at + int(rng.random() * SECOND)
