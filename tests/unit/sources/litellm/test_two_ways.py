"""A call that LiteLLM tells of by its callback, its spend logs and its spans counts once."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from generators.otlp_spans import as_json, span
from generators.sources.litellm import MORNING, PLAIN, ROWS, body
from tokometer.collect.committing import commit_all
from tokometer.conformance.world import World, world
from tokometer.ledger import Batch
from tokometer.records import now_us
from tokometer.sources import otlp
from tokometer.sources.litellm.callback import Callback
from tokometer.sources.litellm.exports import of_row
from tokometer.sources.litellm.source import SOURCE
from tokometer.sources.noticed import Noticed
from tokometer.sources.protocol import Sent

START = MORNING * 10**9


def call_back(made: World) -> None:
    """By the callback."""
    made.receive(Callback(), body(PLAIN), Sent("application/json", {}, now_us()))


def spend_log(made: World) -> None:
    """By the row of the same call."""
    commit_all(made.ledger, Batch(of_row(ROWS[0], Noticed("litellm", "file"))))


def spans(made: World) -> None:
    """By LiteLLM's own span, which names the answer."""
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.response.id": PLAIN["id"],
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
    }
    told = as_json(
        span("litellm_request", attributes, startTimeUnixNano=str(START), endTimeUnixNano=str(START + 10**9))
    )
    commit_all(made.ledger, Batch(otlp.decode("traces", json.dumps(told).encode(), "json").records))


def named(order: tuple[Any, ...]) -> str:
    """The same in every process, which a function's address is not."""
    return "-".join(way.__name__ for way in order)


@pytest.mark.parametrize("order", list(permutations((call_back, spend_log, spans))), ids=named)
def test_three_ways(tmp_path: Path, order: tuple[object, ...]) -> None:
    """In whatever order they come, with LiteLLM's cost."""
    with world(tmp_path, SOURCE) as made:
        for way in order:
            way(made)  # type: ignore[operator]
        totals = made.totals()
        assert (totals["calls"], totals["input_tokens"], totals["output_tokens"]) == (1, 100, 20)
        assert totals["cost_reported"] == 500_000
        assert not made.ledger.audit()
