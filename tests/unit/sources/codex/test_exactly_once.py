"""Totals equal the truth, whatever is replayed, reordered, split, duplicated or damaged."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from generators.codex_tree import Tree, fold, found, garbage, play
from generators.examples import examples
from tokometer.records import Record
from tokometer.sources.codex import FOUND as SOURCE

seeds = st.integers(0, 10**6)


def _read_all(tree: Tree) -> list[Record]:
    return [record for path in tree.files() for record in SOURCE.read(path, b"").records]


def _is_true(tree: Tree, records: list[Record]) -> None:
    seen, truth = found(fold(records).values()), tree.truth
    assert seen.totals() == truth.totals()
    assert seen.by_thread() == truth.by_thread()
    assert seen.by_model() == truth.by_model()
    assert (seen.tools, seen.turns, seen.messages) == (truth.tools, truth.turns, truth.messages)


@settings(max_examples=examples(40), deadline=None)
@given(seed=seeds, threads=st.integers(1, 9))
def test_totals_are_the_truth_in_any_order(seed: int, threads: int) -> None:
    """Forks of forks, subagents, compactions, upgrades and archived copies, read in any order, some of them twice."""
    with tempfile.TemporaryDirectory() as folder:
        tree = play(seed, threads=threads).write(Path(folder), archive=0.3, twice=0.3, loose=0.1, compressed=0.3)
        files = tree.files()
        order = random.Random(seed)
        order.shuffle(files)
        files += order.choices(files, k=2)
        readings = [SOURCE.read(path, b"") for path in files]
        assert not any(reading.refusals or reading.notices for reading in readings)
        _is_true(tree, [record for reading in readings for record in reading.records])


@settings(max_examples=examples(25), deadline=None)
@given(seed=seeds, cuts=st.lists(st.floats(0, 1), max_size=12))
def test_any_number_of_steps_give_what_one_gives(seed: int, cuts: list[float]) -> None:
    """A rollout is cut at any byte and read as it grows: the records are the same, field by field."""
    with tempfile.TemporaryDirectory() as folder:
        tree = play(seed, threads=4).write(Path(folder), loose=0.05)
        whole = fold(_read_all(tree))
        steps: list[Record] = []
        for path in tree.files():
            data = path.read_bytes()
            path.write_bytes(b"")
            state = b""
            for cut in sorted({*(int(share * len(data)) for share in cuts), len(data)}):
                with path.open("ab") as file:
                    file.write(data[path.stat().st_size : cut])
                reading = SOURCE.read(path, state)
                assert not reading.refusals
                state = reading.state
                steps += reading.records
        assert fold(steps) == whole


@settings(max_examples=examples(25), deadline=None)
@given(seed=seeds, share=st.floats(0, 0.3))
def test_damage_stops_nothing_around_it(seed: int, share: float) -> None:
    """Every damaged line is refused, no other; the totals are those without them."""
    with tempfile.TemporaryDirectory() as folder:
        tree = play(seed, threads=4).write(Path(folder))
        rng = random.Random(seed)
        rubbish = garbage(rng)
        records: list[Record] = []
        for path in tree.files():
            lines, damaged = [], 0
            for text in path.read_bytes().splitlines(keepends=True):
                if rng.random() < share:
                    lines.append(next(rubbish))
                    damaged += 1
                lines.append(text)
            path.write_bytes(b"".join(lines))
            reading = SOURCE.read(path, b"")
            assert len(reading.refusals) == damaged
            records += reading.records
        _is_true(tree, records)


@settings(max_examples=examples(25), deadline=None)
@given(seed=seeds)
def test_lines_written_twice_are_counted_once(seed: int) -> None:
    """A count, record, tool call or turn that is repeated right away adds nothing."""
    with tempfile.TemporaryDirectory() as folder:
        tree = play(seed, threads=4).write(Path(folder))
        rng = random.Random(seed)
        for path in tree.files():
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(text * (1 + (rng.random() < 0.2 and b"essage" not in text)) for text in lines))
        _is_true(tree, _read_all(tree))
