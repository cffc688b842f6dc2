"""Counts of tokens that no request stands behind, and those that one does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generators.codex_lines import count, line, meta, of_kind, usage, usage_record
from tokometer.sources.protocol import Reading

Read = Callable[..., Reading]

CONTEXT = line("turn_context", {"model": "gpt-5.2"})
FIRST = count(usage(100, 20, 60), usage(100, 20, 60))
NOTHING = usage(0, 0)


def _spent(reading: Reading) -> list[tuple[int, int, int]]:
    return [(call.input_tokens, call.cache_read_tokens, call.output_tokens) for call in of_kind(reading, "calls")]


@pytest.mark.parametrize(
    ("total", "last"),
    [
        # As openai/codex writes it (`fill_to_context_window`): all buckets emptied, the window in the total.
        ({**NOTHING, "total_tokens": 400}, {**NOTHING, "total_tokens": 280}),
        # The same, with the buckets left as they were.
        ({**usage(100, 20, 60), "total_tokens": 400}, {**NOTHING, "total_tokens": 280}),
        ({**usage(100, 20, 60), "total_tokens": 400}, usage(100, 20, 60)),
        ({**usage(100, 20, 60), "total_tokens": 400}, None),
        ({**usage(100, 20, 60), "total_tokens": 90}, usage(100, 20, 60)),
        # Emptied outright.
        (NOTHING, NOTHING),
        (NOTHING, None),
    ],
)
def test_a_context_that_was_filled_is_no_request(read: Read, total: Any, last: Any) -> None:
    """A new `total_tokens` beside buckets that nothing was added to: the calls around it are right, nothing is said."""
    base = total["input_tokens"], total["output_tokens"], total["cached_input_tokens"]
    after = usage(base[0] + 30, base[1] + 5, base[2] + 10)
    for later in (usage(30, 5, 10), None):
        reading = read(meta(), CONTEXT, FIRST, count(total, last), count(total, last), count(after, later))
        assert _spent(reading) == [(40, 60, 20), (20, 10, 5)]
        assert (reading.notices, reading.refusals) == ([], [])


@pytest.mark.parametrize(
    ("total", "last", "name"),
    [
        (usage(100, 20, 60, reasoning_output_tokens=9), usage(100, 20, 60), "parts moved alone"),
        (usage(100, 20, 70), usage(100, 20, 70), "parts moved alone"),
        (usage(100, 20, 70), None, "parts moved alone"),
        (usage(150, 25, 60), NOTHING, "of nothing beside a total that grew"),
    ],
)
def test_rows_that_contradict_themselves_are_noticed_and_not_counted(
    read: Read, total: Any, last: Any, name: str
) -> None:
    """A request adds to input or output, and its usage says so; what is neither is named."""
    reading = read(meta(), CONTEXT, FIRST, count(total, last))
    assert _spent(reading) == [(40, 60, 20)]
    (notice,) = reading.notices
    assert (notice.topic, notice.count) == ("usage", 1)
    assert name in notice.name
    assert notice.place.endswith(".jsonl:" + notice.place.rpartition(":")[2])


def test_a_part_that_falls_alone_does_not_count_everything_again(read: Read) -> None:
    """Totals without a last usage: only input and output say that the counter started over."""
    reading = read(meta(), CONTEXT, FIRST, count(usage(150, 30, 50), None))
    assert _spent(reading) == [(40, 60, 20), (50, 0, 10)]


@pytest.mark.parametrize("last", [usage(50, 10), {"total_tokens": 60}, {}, None])
def test_a_last_usage_that_says_too_little_gives_way_to_the_totals(read: Read, last: Any) -> None:
    """What went in and out is known from the running totals where the row's own usage is only a sum."""
    reading = read(meta(), CONTEXT, FIRST, count(usage(150, 30, 60), last))
    assert [(call.input_tokens, call.output_tokens) for call in of_kind(reading, "calls")] == [(40, 20), (50, 10)]


def test_tokens_that_nobody_split_are_counted_in_all(read: Read) -> None:
    """Only totals: how many is known, what went in and out is not."""
    counted = read(meta(), CONTEXT, *(count({"total_tokens": total}, None) for total in (70, 70, 100)))
    stated = read(meta(), CONTEXT, count({"total_tokens": 70}, {"total_tokens": 70}), count({"total_tokens": 100}, {}))
    for reading in (counted, stated):
        calls = of_kind(reading, "calls")
        assert [(call.unsplit_tokens, call.input_tokens, call.output_tokens) for call in calls] == [
            (70, None, None),
            (30, None, None),
        ]
    (call,) = of_kind(read(meta(), CONTEXT, usage_record("r", {"total_tokens": 5})), "calls")
    assert (call.unsplit_tokens, call.input_tokens) == (5, None)
