"""What comes of asking a target once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tokometer.collect.asking import ask
from tokometer.collect.fetching import Fetcher
from tokometer.collect.targets import Listed
from tokometer.sources.protocol import Fetch, Reading, Target


class Mended:
    """A source of which one answer can be read again."""

    every = 60.0

    def local(self, home: Path, env: Mapping[str, str]) -> list[Target]:
        """None."""
        return []

    def read(self, target: Target, state: bytes, fetch: Fetch, now: int) -> Reading:
        """Nothing but that."""
        return Reading(healed=[f"{target.name}: /report"])


def test_a_part_that_can_be_read_again_takes_its_refusal_back() -> None:
    """In the commit of the reading that could."""
    listed = Listed("tool", Target("mine", "http://127.0.0.1:9", 60.0))
    outcome = ask(listed, Mended(), b"", Fetcher(listed.target))
    assert outcome.batch.healed == [("tool", "mine: /report")]
    assert not outcome.empty
