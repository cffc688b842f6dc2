"""When things go wrong in the demo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.demo_history import NOW
from tokometer.demo.incidents import FLAP_CALLS, flap_at, flaps, incidents
from tokometer.demo.rhythm import DAY

HOUR = 3_600_000_000


@given(at=st.integers(0, 30 * DAY))
def test_a_trouble_holds_at_the_time_for_which_it_is_told(at: int) -> None:
    """It has begun and has not ended."""
    trouble = flap_at(NOW, NOW + at)

    assert trouble is None or trouble.start <= NOW + at < trouble.end


def test_the_provider_is_gone_twice_an_hour_and_works_most_of_the_time() -> None:
    """So its circuit is seen to open, and the hour is not ruined."""
    seconds = [flap_at(NOW, NOW + HOUR + second * 1_000_000) for second in range(3_600)]
    gone = {trouble.start for trouble in seconds if trouble is not None and trouble.least == FLAP_CALLS}

    assert len(gone) in (2, 3)
    assert sum(trouble is None for trouble in seconds) > 2_400


def test_its_circuit_is_not_closed_at_the_end_of_a_history() -> None:
    """It limps past the window's end, and when the demo is played on from there it does so still."""
    assert any(trouble.start < NOW < trouble.end for trouble in flaps(NOW))
    assert flap_at(NOW, NOW + 60_000_000) is not None


@pytest.mark.parametrize("day", range(7))
def test_the_outage_is_on_a_working_day_of_the_last_week(day: int) -> None:
    """Whatever day it is, and before the storm of the last night."""
    now = NOW + day * DAY
    outage, storm = incidents(now - 35 * DAY, now)

    assert now - 6 * DAY < outage.start < outage.end < storm.start < storm.end < now
    assert (outage.start // DAY + 3) % 7 < 5
    assert now - storm.start < 30 * HOUR
