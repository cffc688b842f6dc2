"""The demo's schedule."""

from __future__ import annotations

import pytest

from generators.demo_history import NOW
from tokometer.demo.jobs import SCHEDULE, Job, due, next_run
from tokometer.demo.rhythm import DAY, HOUR


@pytest.mark.parametrize("job", SCHEDULE, ids=lambda job: job.id)
def test_the_next_run_is_the_next_time_that_a_job_is_due(job: Job) -> None:
    """Two ways to read one schedule agree."""
    after = NOW + 17 * HOUR + 1

    assert next_run(job, after) == min(at for at, other in due(after + 1, after + 8 * DAY) if other is job)


def test_a_week_has_more_than_two_hundred_runs() -> None:
    """Enough for a reliability figure, few enough to list."""
    assert 200 < sum(1 for _ in due(NOW, NOW + 7 * DAY)) < 300


def test_windows_side_by_side_hold_every_run_once() -> None:
    """No run is lost or doubled at a border."""
    whole = [(at, job.id) for at, job in due(NOW, NOW + 2 * DAY)]
    parts = [(at, job.id) for hour in range(48) for at, job in due(NOW + hour * HOUR, NOW + (hour + 1) * HOUR)]

    assert whole == parts
