"""What failed is tried again ever more rarely, and at once after it has gone well."""

from __future__ import annotations

import pytest

from tokometer.collect.patience import Backoff


class Clock:
    """A clock that stands until it is put on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Its time."""
        return self.now


def test_waits_double_up_to_the_most() -> None:
    """However often it fails, no wait is longer than was said."""
    backoff = Backoff(0.5, 3.0, clock=Clock())
    assert [backoff.failed() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    for _ in range(3_000):
        assert backoff.failed() == 3.0


def test_what_is_left_goes_by_the_clock_and_ends_with_success() -> None:
    """Nothing is to be waited for before a failure, after the wait, or once it went well."""
    clock = Clock()
    backoff = Backoff(4.0, 8.0, clock=clock)
    assert backoff.left == 0
    backoff.failed()
    clock.now += 1
    assert backoff.left == 3.0
    clock.now += 5
    assert backoff.left == 0
    backoff.failed()
    assert backoff.went_well()
    assert backoff.left == 0
    assert not backoff.went_well()
    assert backoff.failed() == 4.0


def test_who_failed_may_ask_for_longer() -> None:
    """A wait that the other side asks for (Retry-After) is kept to."""
    assert Backoff(0.5, 2.0).failed(at_least=5.0) == 5.0


def test_jitter_only_shortens() -> None:
    """Many who failed together come back apart, none of them later than the most."""
    waits = {Backoff(1.0, 1.0, jitter=0.5).failed() for _ in range(50)}
    assert len(waits) > 10
    assert min(waits) >= 0.5
    assert max(waits) <= 1.0


def test_only_the_first_failure_of_a_row_is_worth_a_trace() -> None:
    """A log says it at length once, and again after it went well in between."""
    backoff = Backoff()
    said = []
    for _ in range(3):
        backoff.failed()
        said.append(backoff.worth_a_trace)
    backoff.went_well()
    backoff.failed()
    assert [*said, backoff.worth_a_trace] == [True, False, False, True]


@pytest.mark.parametrize("most", [0.5, 60.0])
def test_nothing_is_tried_in_a_hot_loop(most: float) -> None:
    """Every wait is some time."""
    backoff = Backoff(0.5, most)
    assert all(backoff.failed() >= 0.5 for _ in range(100))
