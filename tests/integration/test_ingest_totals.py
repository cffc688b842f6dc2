"""Totals of OTLP traces equal the truth, however their spans are split, ordered and repeated."""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generators.examples import examples
from generators.otlp_spans import protobuf
from tokometer.ledger import Batch, Statement
from tokometer.ledger.opening import open_ledger
from tokometer.sources.otlp import decode_traces

TOTALS = Statement(
    "SELECT count(*), coalesce(sum(input_tokens), 0)::BIGINT, coalesce(sum(cache_read_tokens), 0)::BIGINT, "
    "coalesce(sum(output_tokens), 0)::BIGINT FROM calls"
)
NOW_S = int(time.time())


@dataclass
class History:
    """Spans, and what they add up to: calls, uncached input, cache read, output."""

    spans: list[dict[str, Any]]
    truth: tuple[int, int, int, int]


def usage(prompt: int, cached: int, output: int) -> dict[str, int]:
    """Usage as the conventions have it: the prompt includes the cache."""
    return {
        "gen_ai.usage.input_tokens": prompt,
        "gen_ai.usage.cache_read.input_tokens": cached,
        "gen_ai.usage.output_tokens": output,
    }


def history(seed: int) -> History:
    """A few traces of an agent with chats, embeddings and tools below it; some have chats that nobody reports."""
    rng = random.Random(seed)
    spans: list[dict[str, Any]] = []
    calls, input_, cache, output = 0, 0, 0, 0

    def add(trace: str, parent: str, name: str, attributes: dict[str, Any], start: float, seconds: float) -> str:
        own = f"{rng.getrandbits(64) | 1:016x}"
        start_ns = int(start * 1e9)
        spans.append(
            {
                "traceId": trace,
                "spanId": own,
                "parentSpanId": parent,
                "name": name,
                "startTimeUnixNano": start_ns,
                "endTimeUnixNano": start_ns + int(seconds * 1e9),
                "attributes": {"gen_ai.operation.name": name, "gen_ai.request.model": "gpt-4o", **attributes},
            }
        )
        return own

    for _ in range(rng.randint(1, 4)):
        trace = f"{rng.getrandbits(128) | 1:032x}"
        # Long enough to begin in one quarter of an hour and go on in others.
        start = NOW_S - 40_000 + rng.random() * 30_000
        chats = [(rng.randint(10, 1000), rng.randint(0, 10), rng.randint(1, 100)) for _ in range(rng.randint(1, 4))]
        stated = usage(*(sum(chat[place] for chat in chats) for place in range(3))) if rng.random() < 0.8 else {}
        reported = rng.random() < 0.6
        root = add(trace, "", "invoke_agent", stated, start, 4000)
        if reported:
            for chat in chats:
                add(trace, root, "chat", usage(*chat), start + rng.random() * 3500, 10)
        if rng.random() < 0.5:
            add(trace, root, "embeddings", {"gen_ai.usage.input_tokens": 7}, start + 1, 1)
            calls, input_ = calls + 1, input_ + 7
        add(trace, root, "execute_tool", {"gen_ai.tool.name": "search"}, start + 2, 1)
        if reported or stated:
            calls += len(chats) if reported else 1
            input_ += sum(prompt - cached for prompt, cached, _ in chats)
            cache += sum(cached for _, cached, _ in chats)
            output += sum(answer for _, _, answer in chats)
    return History(spans, (calls, input_, cache, output))


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(0, 10**9), st.randoms(use_true_random=False))
def test_totals_are_the_truth_in_any_order(seed: int, rng: random.Random) -> None:
    """Spans split, shuffled and sent again give the truth: agents' sums count only where nothing else does."""
    given_history = history(seed)
    sent = given_history.spans + rng.choices(given_history.spans, k=rng.randint(0, 6))
    rng.shuffle(sent)
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(Path(folder))
        try:
            while sent:
                size = rng.randint(1, len(sent))
                request, sent = sent[:size], sent[size:]
                traces = decode_traces(protobuf(*request), "protobuf")
                assert traces.refusals == []
                ledger.commit(Batch(traces.records))
                if rng.random() < 0.3:
                    ledger.settle()
            assert ledger.fetch(TOTALS) == [given_history.truth]
            assert ledger.audit() == []
        finally:
            ledger.close()
