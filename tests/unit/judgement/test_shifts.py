"""Tests of tokometer.judgement.shifts and of the changes of caching that are told by them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.told_answers import judged
from tokometer.judgement.shifts import shifts

MODELS = [{"provider": "p", "model": "m", "requests": 3}]
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def by_15(before: float, after: float) -> bool:
    """Changes of shares that matter."""
    return abs(after - before) >= 0.15


def noisy(levels: list[tuple[int, float]], seed: int = 1) -> list[float]:
    """Days at levels, with noise and a day in nine far out."""
    rng = Random(seed)
    return [
        (rng.random() if day % 9 == 4 else level + rng.gauss(0, 0.03)) for days, level in levels for day in range(days)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_a_change_is_found_on_its_day(seed: int) -> None:
    """Among noise and days far out, within two days."""
    [found] = shifts(noisy([(40, 0.8), (30, 0.3)], seed), by_15)
    assert abs(found.at - 40) <= 2
    assert found.before == pytest.approx(0.8, abs=0.05)
    assert found.after == pytest.approx(0.3, abs=0.05)
    assert found.likely <= 0.01


def test_two_changes() -> None:
    """Both sides of a change are looked at; levels are compared with those beside them."""
    first, second = shifts(noisy([(25, 0.2), (25, 0.8), (25, 0.4)]), by_15)
    assert abs(first.at - 25) <= 2
    assert abs(second.at - 50) <= 2
    assert second.before == pytest.approx(0.8, abs=0.05)


def test_nothing_to_tell() -> None:
    """No change in noise, in one that is too small, in a fortnight less a day, in nothing."""
    assert shifts(noisy([(80, 0.5)]), by_15) == []
    assert shifts(noisy([(40, 0.5), (40, 0.58)]), by_15) == []
    assert shifts([0.1] * 6 + [0.9] * 7, by_15) == []
    assert shifts([], by_15) == []


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_chance_is_rarely_taken_for_a_change(seed: int) -> None:
    """Days without any order have no change that matters."""
    rng = Random(seed)
    assert shifts([rng.gauss(0.5, 0.05) for _ in range(60)], by_15) == []


def days(count: int, start: int, **tokens: int) -> list[dict[str, Any]]:
    """Days of one model with so many tokens of each bucket."""
    blank = dict.fromkeys(("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"), 0)
    return [
        {"provider": "p", "model": "m", "time": FIRST + timedelta(days=start + day), **blank, **tokens}
        for day in range(count)
    ]


def test_writes_become_five_minute_writes() -> None:
    """The day, the shares before and after, and how much more a prompt token costs since."""
    rows = [
        *days(30, 0, cache_read_tokens=9_000, cache_write_1h_tokens=1_000),
        *days(30, 30, cache_read_tokens=7_000, cache_write_5m_tokens=3_000),
    ]
    found = {row["of"]: row for row in judged("cache_changes", MODELS, rows)}
    assert set(found) == {"writes", "hits"}
    row = found["writes"]
    assert (row["since"], row["what"]) == ("2026-01-31", "Writes are five-minute writes")
    assert (row["before"], row["after"]) == (1.0, 0.0)
    # 0.9 × 0.3 + 0.1 × 6 = 0.87 before, 0.7 × 0.3 + 0.3 × 3.75 = 1.335 dollars a million since.
    assert (row["price_before"], row["price_after"]) == (Decimal("0.87"), Decimal("1.335"))
    assert row["cache_changes"] == pytest.approx(1.335 / 0.87 - 1)
    assert row["a_month"] == Decimal("0.1395")


def test_a_price_alone() -> None:
    """Where neither writes nor hits tell why, the price itself does; days with next to no tokens say nothing."""
    rows = [
        *days(30, 0, cache_read_tokens=9_000, input_tokens=1_000),
        *days(1, 30, input_tokens=3),
        *days(30, 31, cache_read_tokens=8_700, cache_write_5m_tokens=1_300),
    ]
    [row] = judged("cache_changes", MODELS, rows)
    assert (row["of"], row["what"], row["since"]) == ("price", "A token of a prompt costs more", "2026-02-01")
    assert row["before"] is None
