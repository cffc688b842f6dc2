"""Spans that are no call and say what was used: they count as far as nothing below them does, and never on top."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from generators.otlp_spans import protobuf, span
from tokometer.ledger import Batch, Ledger, Statement
from tokometer.ledger.duckdb import DuckDBLedger
from tokometer.records import ModelCall
from tokometer.sources.otlp import decode_traces

TRACE = "ab" * 16
TEXT = {"ai.operationId": "ai.generateText", "ai.model.id": "gpt-4o", "ai.model.provider": "openai.chat"}
USED = {"ai.usage.inputTokens": 1000, "ai.usage.outputTokens": 200}
EMBEDDED = {"ai.model.id": "text-embedding-3-small", "ai.usage.tokens": 50}
COUNTS = {"llm.token_count.prompt": 1000, "llm.token_count.completion": 200}

#: name → (spans as (id, parent, attributes), what counts as (model, input, output))
CASES: dict[str, tuple[list[tuple[int, int, dict[str, Any]]], list[tuple[str, int, int | None]]]] = {
    "Vercel's wrapper alone": ([(1, 0, TEXT | USED)], [("gpt-4o", 1000, 200)]),
    "Vercel's wrapper over its call": (
        [(1, 0, TEXT | USED), (2, 1, TEXT | USED | {"ai.operationId": "ai.generateText.doGenerate"})],
        [("gpt-4o", 1000, 200)],
    ),
    "Vercel's wrapper over two calls of which one was lost": (
        [
            (1, 0, TEXT | {"ai.usage.inputTokens": 2500, "ai.usage.outputTokens": 300}),
            (2, 1, TEXT | USED | {"ai.operationId": "ai.generateText.doGenerate"}),
        ],
        [("gpt-4o", 1000, 200), ("gpt-4o", 1500, 100)],
    ),
    "an embedding's wrapper over its call": (
        [
            (1, 0, EMBEDDED | {"ai.operationId": "ai.embedMany"}),
            (2, 1, EMBEDDED | {"ai.operationId": "ai.embedMany.doEmbed"}),
        ],
        [("text-embedding-3-small", 50, None)],
    ),
    "an embedding's wrapper alone": (
        [(1, 0, EMBEDDED | {"ai.operationId": "ai.embed"})],
        [("text-embedding-3-small", 50, None)],
    ),
    "a chain alone": ([(1, 0, {"openinference.span.kind": "CHAIN"} | COUNTS)], [("", 1000, 200)]),
    "a chain in a chain over a call": (
        [
            (1, 0, {"openinference.span.kind": "CHAIN"} | COUNTS),
            (2, 1, {"openinference.span.kind": "CHAIN"} | COUNTS),
            (3, 2, {"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o"} | COUNTS),
        ],
        [("gpt-4o", 1000, 200)],
    ),
    "a task alone": (
        [(1, 0, {"traceloop.span.kind": "task", "gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 2})],
        [("", 7, 2)],
    ),
    "a response that is fetched again": (
        [(1, 0, {"gen_ai.operation.name": "fetch_response", "gen_ai.usage.input_tokens": 7})],
        [],
    ),
    "a chain that states zeros": ([(1, 0, {"openinference.span.kind": "CHAIN", "llm.token_count.prompt": 0})], []),
}


@pytest.fixture
def ledgers(tmp_path: Path) -> Iterator[list[Ledger]]:
    """As many ledgers as a case has orders, at most."""
    made: list[Ledger] = [DuckDBLedger(tmp_path / f"{at}.duckdb") for at in range(6)]
    yield made
    for ledger in made:
        ledger.close()


@pytest.mark.parametrize("case", CASES)
def test_a_sum_counts_as_far_as_nothing_explains_it(ledgers: list[Ledger], case: str) -> None:
    """Whichever of its spans comes first, each in a request of its own."""
    spans, expected = CASES[case]
    told = [
        protobuf(
            span(
                attributes=attributes,
                traceId=TRACE,
                spanId=f"{id_:016x}",
                **({"parentSpanId": f"{parent:016x}"} if parent else {}),
            )
        )
        for id_, parent, attributes in spans
    ]
    for ledger, order in zip(ledgers, permutations(told), strict=False):
        for body in order:
            ledger.commit(Batch(list(decode_traces(body, "protobuf").records)))
        rows = ledger.fetch(Statement("SELECT model, input_tokens, output_tokens FROM calls ORDER BY input_tokens"))
        assert [tuple(row) for row in rows] == expected
        assert ledger.audit() == []


def test_a_word_that_no_rule_knows_is_told_beside_the_sum() -> None:
    """A new kind of span that says what was used counts as a sum, and is noticed."""
    told = decode_traces(protobuf(span(attributes={"openinference.span.kind": "NEW"} | COUNTS)), "protobuf")
    assert [record.shadow for record in told.records if isinstance(record, ModelCall)] == [True]
    assert [(notice.topic, notice.name) for notice in told.notices] == [("event", "openinference.span.kind NEW")]


def test_what_looks_like_tokens_of_nobody_is_told() -> None:
    """A span that says nothing else can be of anything: it counts as nothing, and is noticed."""
    told = decode_traces(protobuf(span(attributes={"usage.total": 7, "disk": "sda"})), "protobuf")
    assert told.records == []
    assert [(notice.topic, notice.name) for notice in told.notices] == [("usage", "tokens of a span that is no call")]
