"""What came in by two ways at once, in words."""

from __future__ import annotations

import pytest

from tokometer.collect.overlapping import overlap_json, overlap_words
from tokometer.ledger.overlaps import Overlap
from tokometer.records.ways import Way

TRANSCRIPTS, EVENTS, SPANS = Way("claude_code", "transcript"), Way("otlp", "event"), Way("otlp", "span")
GATEWAY, OWN = Way("litellm", "gateway"), Way("api", "api")


@pytest.mark.parametrize(
    ("overlap", "words"),
    [
        (
            Overlap("calls", TRANSCRIPTS, EVENTS, 1204, {"latency": 1204}),
            "Claude Code transcripts and telemetry events: 1,204 calls told by both, counted once; tokens from "
            "Claude Code transcripts, latency from telemetry events",
        ),
        (
            Overlap("calls", SPANS, GATEWAY, 10, {"cost": 9, "tokens": 10, "whose": 1}),
            "telemetry spans and LiteLLM: 10 calls told by both, counted once; the rest from telemetry spans, tokens, "
            "cost (9), team, user and labels (1) from LiteLLM",
        ),
        (
            Overlap("calls", SPANS, OWN, 1, {}),
            "telemetry spans and Own API: 1 call told by both, counted once; tokens from telemetry spans",
        ),
        (
            Overlap("tools", TRANSCRIPTS, EVENTS, 2, {"latency": 2}),
            "Claude Code transcripts and telemetry events: 2 uses of tools told by both, counted once; names and "
            "outcomes from Claude Code transcripts, latency from telemetry events",
        ),
    ],
)
def test_one_sentence(overlap: Overlap, words: str) -> None:
    """Who told of how many, that they count once, and whose word was taken for what."""
    assert overlap_words(overlap) == words
    assert overlap_json(overlap)["words"] == words
