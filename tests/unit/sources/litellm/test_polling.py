"""Spend logs by their API, while our clock is not what it should be."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tokometer.sources.litellm.polling import SpendLogsPoll
from tokometer.sources.protocol import Fetched, Target

NOW = 1_772_442_000_000_000
DAY = 86_400_000_000


def test_a_clock_that_was_ahead_hides_nothing() -> None:
    """Put right, it asks for what was written since it was wrong, and not from a time that is to come."""
    asked: list[Mapping[str, str]] = []

    def fetch(path: str = "", query: Mapping[str, str] | None = None, **_: object) -> Fetched:
        asked.append(query or {})
        return Fetched(200, msgspec.json.encode({"data": [], "total_pages": 1}), "application/json")

    target = Target("gateway", "http://127.0.0.1:4000", 60.0)
    ahead = SpendLogsPoll().read(target, b"", fetch, NOW + 7 * DAY)
    SpendLogsPoll().read(target, ahead.state, fetch, NOW)
    assert asked[-1]["start_date"] == "2026-03-02 08:00:00"
    assert asked[-1]["start_date"] < asked[-1]["end_date"]
