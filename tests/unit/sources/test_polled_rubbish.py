"""Whatever a server answers, reading it gives records that can be kept, or says why it cannot be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generators.sources import lm_studio, ollama
from generators.sources.proxy import ITEMS
from tokometer.records.gate import admit
from tokometer.sources.lm_studio.asked import LmStudioPoll
from tokometer.sources.ollama.asked import OllamaPoll
from tokometer.sources.protocol import Fetched, Poll, PollError, Sent
from tokometer.sources.proxy.told import PUSH

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def changed(value: Any, draw: Any) -> Any:
    """The same JSON with something else in one or a few places."""
    if draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    if isinstance(value, dict):
        return {key: changed(one, draw) for key, one in value.items()}
    if isinstance(value, list):
        return [changed(one, draw) for one in value]
    return value


@pytest.mark.parametrize(
    ("poll", "example"), [(OllamaPoll(), ollama.EXAMPLES[0])] + [(LmStudioPoll(), one) for one in lm_studio.EXAMPLES]
)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_server_may_answer_anything(poll: Poll, example: Any, data: st.DataObject) -> None:
    """Fields of other types are unknown, and the state can be gone on from."""
    state = b""
    for polled in example.polls[:2]:
        answers = {
            path: Fetched(200, json.dumps(changed(json.loads(one.body), data.draw)).encode(), "application/json")
            for path, one in polled.items()
        }

        def fetch(path: str = "", *_: Any, told: Mapping[str, Fetched] = answers, **__: Any) -> Fetched:
            return told.get(path, Fetched(404, b""))

        try:
            reading = poll.read(example.target, state, fetch, ollama.START)
        except PollError:
            continue
        state = reading.state
        admitted = admit(reading.records, example.target.url, now=ollama.START)
        assert not any("mistake" in refusal.reason for refusal in admitted.refusals)
        assert len(admitted.records) + len(admitted.refusals) == len(reading.records)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_an_item_of_the_proxy_may_say_anything(data: st.DataObject) -> None:
    """It is refused alone, with a field; a sound one beside it counts."""
    odd = changed(ITEMS[0], data.draw)
    body = b"\n".join(msgspec.json.encode(one) for one in (odd, ITEMS[2]) if isinstance(one, dict))
    received = PUSH.read(body + b"\n", Sent("application/x-ndjson", {}, ollama.START))
    assert not any("mistake" in refusal.reason for refusal in received.refusals)
    assert any(record.native_id == ITEMS[2]["id"] for record in received.records)
