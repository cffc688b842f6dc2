"""Counts and usage records of one rollout tell of each response once."""

from __future__ import annotations

from collections.abc import Callable

from generators.codex_lines import count, meta, of_kind, usage, usage_record
from tokometer.sources.protocol import Reading

FIRST, SECOND = usage(1_000, 100, 200), usage(2_000, 200, 500)
BOTH = {name: FIRST[name] + SECOND[name] for name in FIRST}


def test_a_count_before_its_usage_record_is_the_same_call(read: Callable[..., Reading]) -> None:
    """Where a rollout writes both, in whatever order, the record counts, and what a count told of gives way to it."""
    rows = (
        (count(FIRST, FIRST, 2), usage_record("resp_1", FIRST | {"cache_write_input_tokens": 100}, 2)),
        (count(BOTH, SECOND, 4), usage_record("resp_2", SECOND, 4)),
    )
    for order in (1, -1):
        calls = of_kind(read(meta(), *(row for pair in rows for row in pair[::order])), "calls")
        last = {call.native_id: call for call in sorted(calls, key=lambda call: call.revision)}
        assert [name for name, call in last.items() if not call.shadow] == ["resp_1", "resp_2"]
        assert {call.group for call in last.values() if call.shadow} <= {"resp_1"}
        assert last["resp_1"].cache_write_unknown_tokens == 100


def test_a_usage_record_of_another_response_leaves_counts_alone(read: Callable[..., Reading]) -> None:
    """A thread that an older release began goes on in one that writes records: both parts count."""
    calls = of_kind(read(meta(), count(FIRST, FIRST, 2), usage_record("resp_2", SECOND, 4)), "calls")
    assert [(call.input_tokens, call.shadow) for call in calls] == [(800, False), (1_500, False)]
