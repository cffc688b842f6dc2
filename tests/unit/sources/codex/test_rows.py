"""Telling the lines that matter from those that do not."""

from __future__ import annotations

import json
import random

import pytest

from generators.codex_tree import play
from tokometer.sources.codex.rows import BadLine, decode, kind_of


def test_the_head_of_a_line_says_the_same_as_all_of_it() -> None:
    """A line is of the same kind however its JSON is spelled."""
    rng = random.Random(5)
    for thread in play(5, threads=8, filler=300).threads:
        for line in thread.lines:
            tight = json.dumps(line, separators=(",", ":")).encode()
            keys = list(line)
            rng.shuffle(keys)
            inner = line["payload"]
            loose = json.dumps({k: dict(reversed(inner.items())) if k == "payload" else line[k] for k in keys}).encode()
            assert kind_of(tight, 0, len(tight)) == kind_of(loose, 0, len(loose))


def test_messages_and_reasoning_are_not_read() -> None:
    """What says nothing of usage is passed over."""
    for inner in ("message", "reasoning", "ghost_snapshot"):
        line = b'{"timestamp":"2026-03-02T09:00:00Z","type":"response_item","payload":{"type":"%s"}}' % inner.encode()
        assert kind_of(line, 0, len(line)) is None
    old = b'{"id":"x","timestamp":"2025-05-01T09:00:00Z","instructions":null}'
    assert kind_of(old, 0, len(old)) is None


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (b"not json", "", "not JSON"),
        (b'{"timestamp":"2026-03-02T09:00:00Z","type":"response_item","payload":{"type":"message","te', "", "not JSON"),
        (b"[1]", "", "Expected `object`"),
        (b'{"type":"event_msg","payload":[]}', "payload", "Expected `object`"),
        (b'{"type":7}', "type", "Expected `str`"),
        (b'{"type":"event_msg"', "", "not JSON"),
        (b'{"type":"\xff\xfe"}', "", "not UTF-8"),
        (b'{"type":"\\ud800"}', "", "not JSON"),
    ],
)
def test_a_line_that_is_none_is_explained(line: bytes, field: str, reason: str) -> None:
    """The field is named as far as there is one, and the reason said."""
    with pytest.raises(BadLine) as caught:
        kind_of(line, 0, len(line))
    assert caught.value.field == field
    assert caught.value.reason.startswith(reason)


def test_whole_numbers_can_be_written_otherwise() -> None:
    """100.0 and "100" are 100, in a count and in a record."""
    usage = '{"input_tokens":100.0,"output_tokens":"12"}'
    count = f'{{"type":"token_count","info":{{"total_token_usage":{usage},"last_token_usage":{usage}}}}}'
    for kind, payload in ((("event_msg", "token_count"), count), (("token_usage_record", ""), f'{{"usage":{usage}}}')):
        line = f'{{"timestamp":"2026-03-02T09:00:00Z","type":"{kind[0]}","payload":{payload}}}'
        found = decode(kind, line.encode()).payload
        used = found.usage if kind[1] == "" else found.info.last_token_usage
        assert (used.input_tokens, used.output_tokens) == (100, 12)


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ('{"input_tokens":-1}', "input_tokens"),
        ('{"input_tokens":9007199254740993}', "input_tokens"),
        ('{"output_tokens":1.5}', "output_tokens"),
        ('{"output_tokens":"12k"}', "output_tokens"),
        ('{"cached_input_tokens":true}', "cached_input_tokens"),
        ("[]", ""),
    ],
)
def test_impossible_numbers_are_refused_by_name(numbers: str, field: str) -> None:
    """Negative, above 2^53, fractions, text: each names the field it stands in."""
    line = '{"timestamp":"2026-03-02T09:00:00Z","type":"event_msg","payload":{"type":"token_count","info":'
    line += f'{{"total_token_usage":{numbers}}}}}}}'
    with pytest.raises(BadLine) as caught:
        decode(("event_msg", "token_count"), line.encode())
    assert caught.value.field == f"payload.info.total_token_usage.{field}".rstrip(".")


def test_not_a_number_is_not_json() -> None:
    """JSON has no NaN."""
    with pytest.raises(BadLine, match="not JSON"):
        decode(("turn_context", ""), b'{"type":"turn_context","payload":{"model":NaN}}')
