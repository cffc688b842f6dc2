"""What comes of asking a target once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from tokometer.collect.asking import Outcome, ask
from tokometer.collect.fetching import Fetcher
from tokometer.collect.standing import Asked
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


def test_a_question_that_never_ends_is_no_target_that_is_up() -> None:
    """Nobody can end what waits for a driver that is stuck; that it does is said."""
    asked = Asked(Listed("tool", Target("mine", "nvml://local", 15.0)), Mended(), b"")
    asked.begin(time.monotonic())
    asked.said(Outcome())
    asked.asking = False
    assert asked.standing().state == "up"
    asked.begin(time.monotonic() - 1_300)
    found = asked.standing()
    assert (found.state, found.problem) == ("down", "has not answered for 21 minutes")
    asked.asking = False
    assert asked.standing().state == "up"
