"""How far back an import has come."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tokometer.collect.changes import Job
from tokometer.collect.horizon import Horizon, newest_first
from tokometer.collect.pool import HEAVY_BYTES, bundles_of


def jobs_of(*times: int, size: int = 10) -> list[Job]:
    """A job per time."""
    return [Job("s", f"/{number}", b"", size, at) for number, at in enumerate(times)]


def test_it_reaches_back_to_the_newest_that_is_left() -> None:
    """Whatever order files get done in: what was written after that time is in."""
    old, new, middle = jobs = jobs_of(10, 30, 20)
    horizon = Horizon(jobs)
    assert (horizon.reach().files, horizon.reach().all_files, horizon.back_to) == (0, 3, 30)
    horizon.done([old])
    assert horizon.back_to == 30
    horizon.done([new])
    assert horizon.back_to == 20
    horizon.done([middle])
    assert horizon.back_to is None
    assert horizon.reach().to_json() == {
        "files": 3,
        "all_files": 3,
        "bytes": 30,
        "all_bytes": 30,
        "back_to": None,
    }


@given(st.lists(st.integers(0, 50), max_size=30), st.randoms(use_true_random=False))
def test_nothing_younger_is_ever_left(times: list[int], rng: random.Random) -> None:
    """In any order of getting done."""
    jobs = jobs_of(*times)
    horizon = Horizon(jobs)
    left = list(jobs)
    rng.shuffle(left)
    while left:
        horizon.done([left.pop()])
        assert horizon.back_to == max((job.modified_at for job in left), default=None)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 60 << 20)), max_size=60))
def test_bundles_hold_every_file_once_the_newest_first(files: list[tuple[int, int]]) -> None:
    """But for large files among the older, which come before others of theirs."""
    jobs = [Job("s", f"/{number}", b"", size, at) for number, (at, size) in enumerate(files)]
    order = [pair for bundle in bundles_of(jobs) for pair in bundle]
    assert sorted(number for number, _ in order) == list(range(len(jobs)))
    assert all(jobs[number] is job for number, job in order)
    light = [job.modified_at for _, job in order if job.size < HEAVY_BYTES]
    assert light == sorted(light, reverse=True)
    if order:
        assert order[0][1].modified_at == max(job.modified_at for job in jobs)


def test_the_first_bundles_are_small() -> None:
    """So that what is newest is there soon."""
    bundles = bundles_of(jobs_of(*range(100), size=1 << 20))
    assert [len(bundle) for bundle in bundles][:4] == [1, 2, 3, 4]
    assert newest_first(jobs_of(1, 3, 2))[0].modified_at == 3
